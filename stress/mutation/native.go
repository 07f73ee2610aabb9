package mutation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/gotool"
)

// build compiles the tests with an overlay, as go test would, and returns the path of the binary. Vet
// is off: a complaint about the text of a mutant says nothing about the tests.
func (r *run) build(ctx context.Context, overlay map[string]string, flags ...string) (string, error) {
	file := filepath.Join(r.scratch, "overlay.json")
	if err := gotool.Overlay(overlay).WriteFile(file); err != nil {
		return "", err
	}
	binary := filepath.Join(r.scratch, "native.test")
	flags = append(flags, "-c", "-vet=off", "-overlay="+file, "-tags="+r.Tags, "-o", binary)
	if r.Race {
		flags = append(flags, "-race")
	}
	// The go command leaves its temporary folder behind if it is killed; here Run removes it.
	tool := gotool.Tool{Dir: r.Dir, Env: []string{"GOTMPDIR=" + r.scratch}}
	_, err := tool.Run(ctx, "test", append(flags, r.Package)...)
	return binary, err
}

// A nativeRun is how one run of a test binary ended.
type nativeRun struct {
	took    time.Duration
	failed  bool
	late    bool   // it did not end within the limit
	memory  int64  // bytes that it used when it was killed for them; 0 if it was not killed
	output  string // its beginning and its end
	started error  // why the binary could not be run; such a run says nothing about the tests
}

// overtime is for a binary that does not end itself at its -test.timeout, because a goroutine of the
// mutant keeps a thread or a lock of the runtime.
const overtime = 2 * time.Second

// play runs a test binary. -test.timeout comes first: it names the tests that still run, and their
// stacks. The binary has a process group of its own, so processes that the tests start end with it.
//
// -test.paniconexit0 makes os.Exit(0) in a test a failure. Without it a mutant that ends the process
// early would count as passed. One failure is enough, hence -test.failfast. -test.v prints the name of each test
// before it runs: if the process dies, the last name is the only sign of the test that killed it.
//
// PWD is set as package exec does it if Env is nil: os.Getwd in a test then returns the path that the user knows,
// also if a symbolic link is part of it.
func (r *run) play(ctx context.Context, binary string, limit time.Duration, flags ...string) nativeRun {
	within, cancel := context.WithTimeout(ctx, limit+overtime)
	defer cancel()
	flags = append(flags, "-test.v", "-test.failfast", "-test.paniconexit0", "-test.timeout="+limit.String())
	if r.Run != "" {
		flags = append(flags, "-test.run="+r.Run)
	}
	cmd := exec.CommandContext(within, binary, flags...)
	cmd.Dir = r.target.Dir
	cmd.Env = append(os.Environ(), "PWD="+r.target.Dir)
	output := &bounded{}
	cmd.Stdout, cmd.Stderr = output, output
	child.KillOnDone(cmd)
	began := time.Now()
	end := watchMemory(r.Memory)
	err := child.Run(within, cmd)
	n := nativeRun{took: time.Since(began), memory: end(), failed: err != nil, output: output.text()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && within.Err() == nil {
		n.started = err
	}
	// Two ways to be late: the group was killed after overtime, or the binary ended itself at its own limit.
	n.late = within.Err() != nil && ctx.Err() == nil || strings.Contains(n.output, "panic: test timed out after ")
	return n
}

// native has go test judge a mutant. A failure of the build leaves the mutant undecided: the
// type checker has passed the text, and the go command refused it for another reason.
func (r *run) native(ctx context.Context, overlay map[string]string) Outcome {
	binary, err := r.build(ctx, overlay)
	if err != nil {
		return Outcome{Verdict: Undecided, Why: "does not compile: " + excerpt.Lines(err.Error(), 3)}
	}
	n := r.play(ctx, binary, r.limit)
	o := Outcome{Verdict: Passed, Seconds: n.took.Seconds()}
	switch {
	case n.started != nil:
		return Outcome{Verdict: Undecided, Why: n.started.Error()}
	case !n.failed:
		return o
	}
	o.Verdict, o.Test, o.Why = Noticed, failedTest(n.output), n.why(r.limit)
	// Only a plain failure is doubted. A data race, a panic or a fatal error does not come from a busy
	// machine, and the limit on time has room for one.
	if o.Why == plainFailure && r.play(ctx, r.original, r.limit).failed {
		// A test that relies on time fails on a busy machine, and would count every mutant as noticed.
		o.Verdict, o.Why = Undecided, "fails, and the tests of the original now fail as well"
	}
	return o
}

// plainFailure is the reason of a run that has no better one: a test called t.Error.
const plainFailure = "fails"

// why says in one line how a run failed. The order is from the most to the least definite: a process that was
// killed for its memory may also be late, and a data race may end in a panic. The first reason is the cause there.
func (n *nativeRun) why(limit time.Duration) string {
	switch {
	case n.memory > 0:
		return fmt.Sprintf("used %d MB of memory, and was killed", n.memory>>20)
	case strings.Contains(n.output, "WARNING: DATA RACE"):
		return "data race"
	case n.late:
		return fmt.Sprintf("no end within %v", limit)
	}
	for _, begin := range []string{"panic: ", "fatal error: "} {
		if _, rest, found := strings.Cut("\n"+n.output, "\n"+begin); found {
			line, _, _ := strings.Cut(rest, "\n")
			return begin + strings.TrimSuffix(line, " [recovered]")
		}
	}
	return plainFailure
}

var (
	failLine = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)
	runLine  = regexp.MustCompile(`(?m)^=== (?:RUN|CONT|NAME) +(\S+)`)
)

// aroundFailure returns the output from shortly before the first failure on. In the output of -test.v the messages of a
// test come before the line that says that it failed, and the lines of all earlier tests before these.
func aroundFailure(output string) string {
	at := failLine.FindStringIndex(output)
	if at == nil {
		return output
	}
	const before = 10
	from := at[0]
	for range before + 1 {
		from = strings.LastIndexByte(output[:max(from, 0)], '\n')
	}
	return output[from+1:]
}

// failedTest returns the test that failed. A process that died names none, and the test that ran last
// stands for it.
func failedTest(output string) string {
	if m := failLine.FindStringSubmatch(output); m != nil {
		return m[1]
	}
	if all := runLine.FindAllStringSubmatch(output, -1); len(all) > 0 {
		return all[len(all)-1][1]
	}
	return ""
}

// judgeOriginal runs the tests of the original natively, with the cover tool, and then explored. A
// test that fails now would count every mutant as noticed.
//
// One binary serves three ends: it shows that the tests pass, which lines they reach, and how long they take. The cover
// tool makes it slower than the mutants, which have no counters. So the limit on time is rather too generous.
func (r *run) judgeOriginal(ctx context.Context) error {
	r.step("running the tests of %s", r.target.ImportPath)
	binary, err := r.build(ctx, nil, "-cover", "-coverpkg="+r.target.ImportPath)
	if err != nil {
		return fmt.Errorf("building the tests of %s: %w", r.Package, err)
	}
	profile := filepath.Join(r.scratch, "cover.out")
	// The limit is the one of go test. A user whose tests take longer knows -run.
	const most = 10 * time.Minute
	n := r.play(ctx, binary, most, "-test.coverprofile="+profile)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case n.started != nil:
		return fmt.Errorf("running the tests of %s: %w", r.Package, n.started)
	case n.failed:
		return fmt.Errorf("the tests of %s fail before any mutant (%s %s): mend them, or leave them out with -run\n%s",
			r.Package, failedTest(n.output), n.why(most), excerpt.Lines(aroundFailure(n.output), 20))
	case !runLine.MatchString(n.output):
		return fmt.Errorf("%w: no test of %s matches -run %q", ErrNothing, r.Package, r.Run)
	}
	r.original = filepath.Join(r.scratch, "original.test")
	if err := os.Rename(binary, r.original); err != nil {
		return err
	}
	if err := r.target.readCover(profile); err != nil {
		return fmt.Errorf("reading which lines the tests reach: %w", err)
	}
	// Twice, because the machine may be busier when a mutant runs. A mutant that is only slow must not count
	// as noticed.
	r.limit = (2*n.took + r.Time).Round(100 * time.Millisecond)
	r.report.NativeSeconds, r.report.LimitSeconds = n.took.Seconds(), r.limit.Seconds()
	return r.exploreOriginal(ctx)
}
