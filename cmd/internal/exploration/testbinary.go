package exploration

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/stress/explore"
)

// A testBinary is a test binary that explores, with the events that it has reported so far. The
// goroutine of play owns it. output is written by os/exec, and read only after the process has
// ended.
//
// The events go through a file: the standard output of the process belongs to the tests, and
// os/exec cannot pass a further pipe to a child on Windows.
type testBinary struct {
	path   string
	dir    string // of the package: tests expect to run there
	name   string // import path of the package; "" if this command wrote the tests itself
	events string // file
	read   int    // bytes of the file that were read
	output bytes.Buffer

	begun []explore.Event // the first event of each exploration
	done  []explore.Event // the last event of each exploration that came to an end
	of    []string        // the package of each of these, if they are of several
}

// packageOf returns the package of an exploration that came to an end, "" if there is only one. Results of one
// package keep the form that they had before a run could take several: scripts read it.
func (b *testBinary) packageOf(i int) string {
	if i < len(b.of) {
		return b.of[i]
	}
	return ""
}

// build builds the tests of the package, as go test would. Vet is off, as for the binary that is
// rewritten later: its complaints are for go vet.
//
// The package is looked up first: “go test -c” on several packages or on one without tests fails
// with messages about something else.
func (r *run) build(ctx context.Context) (*testBinary, error) {
	tool := gotool.Tool{Dir: r.folder, Env: r.env}
	out, err := tool.Run(ctx, "list", "-tags="+r.Tags, "-f",
		"{{.Dir}}\t{{len .TestGoFiles}}{{len .XTestGoFiles}}\t{{.ImportPath}}", r.Package)
	if err != nil && r.nested != nil {
		return nil, r.aboutConstructors(ctx, err)
	}
	if err != nil && r.Package == "." {
		return nil, nothingExplored(ctx, "looking for a package in this folder (name another one as in "+
			"semabench explore ./pkg)", err)
	}
	if err != nil {
		return nil, nothingExplored(ctx, "looking for package "+r.Package, err)
	}
	lines := strings.Split(out, "\n")
	fields := append(strings.Split(lines[0], "\t"), "", "")
	dir, tests, name := fields[0], fields[1], fields[2]
	switch {
	case len(lines) > 1:
		return nil, fmt.Errorf("%s are %d packages, and none has tests", r.Package, len(lines))
	case tests == "" || tests == "00":
		return nil, fmt.Errorf("%s has no tests: there is nothing to explore", r.Package)
	}
	b := &testBinary{
		path: filepath.Join(r.scratch, "explore.test"), dir: dir, events: filepath.Join(r.scratch,
			"events"),
	}
	if r.nested == nil {
		b.name = name
	}
	if runtime.GOOS == "windows" {
		b.path += ".exe"
	}
	env, err := tool.Variables(ctx, "GOFLAGS")
	if err != nil {
		return nil, nothingExplored(ctx, "reading GOFLAGS", err)
	}
	args := append(gotool.WithoutDebugging(env["GOFLAGS"]), "-c", "-vet=off", "-tags="+r.Tags,
		fmt.Sprintf("-race=%v", r.Race), "-o", b.path, r.Package)
	if _, err = tool.Run(ctx, "test", args...); err != nil {
		if r.nested != nil {
			return nil, r.aboutConstructors(ctx, err)
		}
		return nil, nothingExplored(ctx, "building the tests of "+r.Package, err)
	}
	return b, nil
}

// nothingExplored is the error of a command without which nothing can be explored. ctx is asked first: the command
// was killed by the interrupt then, and its own message would blame the package.
func nothingExplored(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: nothing was explored", exitcode.ErrInterrupted)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// errNoMatch tells a pattern that matches nothing from other refusals: of several packages, those without a match
// are left out.
var errNoMatch = errors.New("no test in")

// aboutConstructors is nothingExplored for a test that does not compile, or that ends before any test
// because a constructor does not fit. The user never sees the test: the constructor is to blame.
func (r *run) aboutConstructors(ctx context.Context, err error) error {
	var failure *child.Failure
	if ctx.Err() == nil && errors.As(err, &failure) && failure.Stderr != "" {
		err = r.nested.Explain(err, failure.Stderr)
	}
	return nothingExplored(ctx, "-impl", err)
}

// checkPattern refuses a pattern that matches no test. go test would pass, and a typing error would
// look like a success. The second round lists all tests, for the message.
//
// An empty pattern is accepted without any test: noExploration then says what is missing.
func (r *run) checkPattern(ctx context.Context, b *testBinary) error {
	if r.Run == "" {
		return nil
	}
	first, _, _ := strings.Cut(r.Run, "/") // -test.list knows no subtests
	first = cmp.Or(first, ".")             // with an empty list, the binary would run its tests
	for _, pattern := range []string{first, "."} {
		out, err := child.Output(ctx, b.dir, r.env, b.path, "-test.list="+pattern)
		if err != nil && r.nested != nil {
			return r.aboutConstructors(ctx, err)
		}
		if err != nil {
			return nothingExplored(ctx, "listing the tests of "+r.Package, err)
		}
		var tests []string
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "Test") {
				tests = append(tests, strings.TrimSpace(line))
			}
		}
		switch {
		case pattern == first && len(tests) > 0:
			return nil
		case pattern != first || first == ".":
			return fmt.Errorf("%w %s matches -run %q; there are %s", errNoMatch, r.Package, r.Run,
				strings.Join(tests, ", "))
		}
	}
	return nil
}

// play runs the tests, and returns the error of their process. Tests that explore end, with every
// process that they have started, when their standard input does. So closing it is how ctx
// interrupts them, and the kernel closes it if this process dies. The test binary is in a group of
// its own, so that Ctrl-C reaches this process alone. A second Ctrl-C ends this process, and with
// it the tests.
//
// The context is not given to the command: exec would kill the tests at once, and the results of
// schedules at hand would be lost.
func (r *run) play(ctx context.Context, b *testBinary) error {
	args := []string{"-test.run=" + r.Run, "-test.count=1", "-test.paniconexit0"}
	cmd := exec.Command(b.path, append(args, r.Flags...)...)
	cmd.Dir = b.dir
	cmd.Env = append(append(os.Environ(), r.env...), explore.EventsVar+"="+b.events)
	cmd.Stdout, cmd.Stderr = &b.output, &b.output
	cmd.WaitDelay = time.Second // if a process that the tests started holds their output open
	child.OwnGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r.progress = newProgressLine(r.Stderr, r.Limit)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(progress.RedrawEvery)
	defer tick.Stop()
	interrupted, patience := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case err := <-ended:
			child.AwaitSignal(ctx, err)
			b.readEvents(r.progress)
			r.progress.line.Clear()
			return err
		case <-tick.C:
			b.readEvents(r.progress)
		// The channel becomes nil, so this case comes once; a closed stdin cannot be closed
		// again with an effect.
		case <-interrupted:
			interrupted, patience = nil, time.After(r.progress.patience())
			r.progress.line.Print("interrupted: ending after the schedules at hand; once more ends at once")
			stdin.Close()
		case <-patience:
			_ = child.Kill(cmd) // fails if the process has ended meanwhile
		}
	}
}

// readEvents reads the events that were appended since the last call. It stops at a line without
// its end: the tests are writing it, and the next call reads it whole. The file is read as a whole
// each time: it has ten short lines for each second.
//
// An error of reading is ignored, since the next tick reads again; a file that does not exist
// yet is the usual one.
func (b *testBinary) readEvents(show *progressLine) {
	text, err := os.ReadFile(b.events)
	if errors.Is(err, fs.ErrNotExist) || b.read >= len(text) {
		return
	}
	for line := range bytes.Lines(text[b.read:]) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			return // the end of this line is still to be written
		}
		b.read += len(line)
		var e explore.Event
		if json.Unmarshal(line, &e) != nil {
			continue // a test may have written to the file, and the events after it still count
		}
		if e.Doing == "building" {
			b.begun = append(b.begun, e)
		}
		if e.Result != nil {
			b.done = append(b.done, e)
		}
		show.update(e)
	}
}

// outputEnd returns the end of the output of the tests: the last 8 KiB, where go test says what
// failed. It must be called after the process has ended, as os/exec writes to the same buffer.
//
// A panic prints every goroutine, which may be megabytes. The verdict of go test comes after it,
// at the end.
func (b *testBinary) outputEnd() string {
	const enough = 8 << 10
	text := b.output.String()
	return strings.TrimSpace(text[max(0, len(text)-enough):])
}
