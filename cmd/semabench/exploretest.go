package main

import (
	"bytes"
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

	"github.com/semabench/semabench/stress/explore"
)

// A testProgram is a test binary that explores, and what it has told so far.
type testProgram struct {
	path   string
	dir    string // in which tests of the package run
	events string // file
	read   int    // bytes of it
	output bytes.Buffer

	begun []explore.Event // the first event of each exploration
	done  []explore.Event // the last one, if there was one
}

func (e *exploration) start(ctx context.Context) error {
	if e.impls != "" {
		if err := e.writeImplTests(ctx); err != nil {
			return err
		}
	}
	p, err := e.build(ctx)
	if err != nil {
		return err
	}
	if err := e.hasTests(ctx, p); err != nil {
		return err
	}
	failed := e.play(ctx, p)
	return e.judge(ctx, p, failed)
}

// build builds the test of the package, as go test would.
func (e *exploration) build(ctx context.Context) (*testProgram, error) {
	list := e.goCommand(ctx, "list", "-tags="+e.tags, "-f", "{{.Dir}}\t{{len .TestGoFiles}}{{len .XTestGoFiles}}", e.pkg)
	out, err := list.Output()
	if err != nil {
		return nil, complaint(ctx, "looking for package "+e.pkg, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	dir, tests, ok := strings.Cut(lines[0], "\t")
	switch {
	case len(lines) > 1:
		return nil, fmt.Errorf("%s are %d packages: want one", e.pkg, len(lines))
	case !ok || tests == "00":
		return nil, fmt.Errorf("%s has no tests: there is nothing to explore", e.pkg)
	}
	p := &testProgram{path: filepath.Join(e.dir, "explore.test"), dir: dir, events: filepath.Join(e.dir, "events")}
	if runtime.GOOS == "windows" {
		p.path += ".exe"
	}
	build := e.goCommand(ctx, "test", "-c", "-vet=off", "-tags="+e.tags, fmt.Sprintf("-race=%v", e.race), "-o", p.path, e.pkg)
	if _, err := build.Output(); err != nil {
		return nil, complaint(ctx, "building the tests of "+e.pkg, err)
	}
	return p, nil
}

func (e *exploration) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it has files to remove
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = e.where
	apart(cmd)
	return cmd
}

// complaint is what the go command said.
func complaint(ctx context.Context, doing string, err error) error {
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: nothing was explored", errInterrupted)
	case errors.As(err, &exit):
		return fmt.Errorf("%s: %w\n%s", doing, err, strings.TrimSpace(string(exit.Stderr)))
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// hasTests refuses a pattern that no test matches: go test would pass.
func (e *exploration) hasTests(ctx context.Context, p *testProgram) error {
	first, _, _ := strings.Cut(e.run, "/")
	for _, pattern := range []string{first, "."} {
		cmd := exec.CommandContext(ctx, p.path, "-test.list="+pattern)
		cmd.Dir = p.dir
		out, err := cmd.Output()
		if err != nil {
			return complaint(ctx, "listing the tests of "+e.pkg, err)
		}
		var tests []string
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "Test") {
				tests = append(tests, strings.TrimSpace(line))
			}
		}
		switch {
		case pattern == first && (len(tests) > 0 || e.run == ""):
			return nil
		case pattern != first || first == ".":
			return fmt.Errorf("no test in %s matches -run %q; there are %s", e.pkg, e.run, list(tests))
		}
	}
	return nil
}

// play runs the tests. Their process ends, with all that it has started, when its standard input does: at
// Ctrl-C, and if this process dies.
func (e *exploration) play(ctx context.Context, p *testProgram) error {
	cmd := exec.Command(p.path, append([]string{"-test.run=" + e.run, "-test.count=1", "-test.paniconexit0"}, e.flags...)...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), explore.EventsVar+"="+p.events)
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	cmd.WaitDelay = time.Second // if something that the tests started holds on to their output
	apart(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	e.progress = e.newExplorerProgress()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	done, patience := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case err := <-ended:
			p.readEvents(e.progress)
			e.progress.end()
			return err
		case <-tick.C:
			p.readEvents(e.progress)
		case <-done:
			done, patience = nil, time.After(e.progress.patience())
			e.progress.say("interrupted: ending after what is at hand; once more ends at once")
			stdin.Close()
		case <-patience:
			killGroup(cmd)
		}
	}
}

// readEvents reads what was told since the last time.
func (p *testProgram) readEvents(show *explorerProgress) {
	text, err := os.ReadFile(p.events)
	if errors.Is(err, fs.ErrNotExist) || p.read >= len(text) {
		return
	}
	for line := range bytes.Lines(text[p.read:]) {
		var e explore.Event
		if json.Unmarshal(line, &e) != nil || !bytes.HasSuffix(line, []byte("\n")) {
			return // half of a line: the rest is to come
		}
		p.read += len(line)
		if e.Doing == "building" {
			p.begun = append(p.begun, e)
		}
		if e.Result != nil {
			p.done = append(p.done, e)
		}
		show.at(e)
	}
}
