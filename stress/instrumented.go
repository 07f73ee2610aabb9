package stress

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

// Two clauses, C29 and C30, need the race detector. If this binary has none, Run builds the tests
// of the same package again with -race, and runs these two clauses there.

// instrumentedVar keeps a child from starting children.
const instrumentedVar = "STRESS_INSTRUMENTED"

// instrumented returns the verdict of a build with -race on the clause that t is the subtest of.
// The verdict stays unknown, with the reason, if that build did not reach the subtest. The verdict
// is read from the verbose output of the go command, whose “--- PASS” lines are the one thing that
// a child of any Go version prints. The name ends in a blank there, so no longer name matches.
//
// A verdict of the child is taken only by its own name. Another test that fails there says
// nothing about this clause.
func instrumented(t *testing.T, v Verdict) Verdict {
	out, err := testWithRace(t)
	switch {
	case err != nil:
		v.Detail += fmt.Sprintf("; building with it failed: %v", err)
	case strings.Contains(out, "--- PASS: "+t.Name()+" "):
		v.Outcome, v.Detail = Pass, ""
	case strings.Contains(out, "--- FAIL: "+t.Name()+" "):
		v.Outcome, v.Detail = Fail, "in a build with -race:\n"+firstLines(out, 80)
	default:
		v.Detail += "; a build with it did not reach this test:\n" + firstLines(out, 10)
	}
	return v
}

// testWithRace returns the output of the subtest t in a build with the race detector. A fresh
// binary is needed because the race detector instruments code at compile time. The child runs one
// subtest in the folder of the package, as the parent does. It ends before the deadline of t, so
// that its report arrives before the parent is killed.
//
// The child is the go command and not this binary, so its cost is a build. That is why only the
// two clauses ask for it, and only without -short.
func testWithRace(t *testing.T) (out string, err error) {
	switch {
	// Without this case such a child would start a child in its turn, and so on.
	case os.Getenv(instrumentedVar) != "":
		return "", fmt.Errorf("go test -race made a binary without it")
	case !*instrumentFlag:
		return "", fmt.Errorf("-stress.instrument=false")
	case testing.Short():
		return "", fmt.Errorf("not tried with -short")
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-race", "-count=1", "-v",
		"-run="+exactly(t.Name()))
	cmd.Args = append(cmd.Args, buildTags()...)
	if deadline, ok := t.Deadline(); ok {
		cmd.Args = append(cmd.Args, fmt.Sprintf("-timeout=%v", until(deadline)))
	}
	cmd.Args = append(cmd.Args, ".") // a test runs in the folder of its package
	cmd.Env = append(os.Environ(), instrumentedVar+"=1")
	text, err := cmd.CombinedOutput()
	// A failed test is a result. Everything else, as an error of the compiler, is a reason for
	// unknown.
	if err != nil && !strings.Contains(string(text), "--- FAIL: ") {
		return "", fmt.Errorf("%v: %w\n%s", cmd, err, firstLines(string(text), 10))
	}
	return string(text), nil
}

// buildTags returns the -tags flag that this binary was built with, if any. Without the tags the
// child would test other files than the parent.
func buildTags() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return []string{"-tags=" + s.Value}
		}
	}
	return nil
}

// exactly returns a pattern for -run that matches this test and no other. Package testing splits
// the pattern at slashes, so each part is anchored for itself.
func exactly(test string) string {
	parts := strings.Split(test, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// firstLines returns the first lines of a text, with their ends.
func firstLines(text string, most int) string {
	lines := strings.SplitAfterN(text, "\n", most+1)
	return strings.Join(lines[:min(most, len(lines))], "")
}

// A recorder is a child process that outlives this one. It reads which clause is checked and which
// clauses failed. This process may end before Run does: by os.Exit, by a panic in a goroutine of the
// implementation, or by a fatal error of the runtime. Then the recorder prints these facts.
//
// It costs one process for each Run. Playing the clauses in a child would cost every test twice its
// time, and its coverage.
//
// It is told before each clause, so its last word is the clause that ended the process.
type recorder struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Encoder
}

// recorderVar makes a process the recorder of its parent.
const recorderVar = "STRESS_RECORDER"

// A note is a message to the recorder. One of its fields is set.
type note struct {
	Clause  string // that is checked now
	Verdict string // of a clause that failed
	End     bool   // of Run
}

func init() {
	if os.Getenv(recorderVar) != "" {
		record(os.Stdin, os.Stderr)
		os.Exit(0)
	}
	if testing.Testing() {
		// os.Exit(0) of an implementation must not pass for the success of all tests. The go command
		// sets this flag itself; here it is for a test binary that is run without the go command.
		testing.Init()
		_ = flag.Set("test.paniconexit0", "true") // fails only if a later Go has no such flag
	}
}

// startRecorder returns nil if no process can be started. Then nothing is recorded, and the verdicts
// are the same.
func startRecorder() *recorder {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	r := &recorder{cmd: exec.Command(self)}
	r.cmd.Env = append(os.Environ(), recorderVar+"=1")
	r.cmd.Stderr = os.Stderr
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return nil
	}
	if r.cmd.Start() != nil {
		return nil
	}
	r.out = json.NewEncoder(r.in)
	return r
}

// tell does nothing without a recorder. Its error is dropped: the recorder is a witness for
// crashes, and the verdicts do not depend on it.
func (r *recorder) tell(n note) {
	if r != nil {
		_ = r.out.Encode(n) // a recorder that was killed records nothing
	}
}

// end says that Run came to its end. Without the note the recorder takes the closed pipe for a
// crash.
func (r *recorder) end() {
	if r != nil {
		r.tell(note{End: true})
		_ = r.in.Close()
		_ = r.cmd.Wait()
	}
}

// record reads notes, and writes what it read if they stop before the end. The end of the input
// without a note End means that the parent is gone: the kernel closes its end of the pipe when the
// process ends, however it ends.
func record(in io.Reader, out io.Writer) {
	clause, failed := "", []string(nil)
	for notes := json.NewDecoder(in); ; {
		var n note
		if notes.Decode(&n) != nil {
			break
		}
		switch {
		case n.End:
			return
		case n.Verdict != "":
			failed = append(failed, n.Verdict)
		default:
			clause = n.Clause
		}
	}
	if clause == "" {
		return
	}
	fmt.Fprintf(out, "stress: FAIL: the process ended while this clause was checked: %s\n", clause)
	for _, v := range failed {
		fmt.Fprintf(out, "stress: found before that: %s\n", v)
	}
}
