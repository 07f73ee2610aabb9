// Package testing looks like the part of the standard one that a test is given. A test, its subtests
// and their cleanups are goroutines and calls of one schedule, and what fails is that schedule.
package testing

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
)

// A T is the testing.T of one schedule. What it is told to fail is that schedule; what it logs is
// shown with the schedule that fails. As with the real one, FailNow and SkipNow end the
// goroutine that calls them.
type T struct {
	testing.TB // for what is not here, which nothing is that a test may call

	name   string
	parent *T
	tree   *tree
	mu     sync.Mutex // a real one: nothing is awaited under it

	failed   bool
	skipped  bool
	left     bool // by FailNow or SkipNow
	returned bool
	cleanups []func()
	ctx      context.Context
	cancel   context.CancelFunc

	inParallel bool
	parallel   []*T           // subtests that wait for the end of the function
	names      map[string]int // of subtests so far
	handedOver chan struct{}  // closed when the parent goes on
	released   chan struct{}  // closed when the parent's function has returned
	ended      chan struct{}
}

func newT(outer testing.TB, name string, parent *T) *T {
	t := &T{
		TB: outer, name: name, parent: parent, names: map[string]int{},
		handedOver: make(chan struct{}), released: make(chan struct{}), ended: make(chan struct{}),
	}
	if parent == nil {
		t.tree = newTree()
	} else {
		t.tree = parent.tree
	}
	return t
}

// Name returns the name of the test, with those of the tests that it is in.
func (t *T) Name() string { return t.name }

// Context returns a context that is cancelled before the functions of Cleanup are called.
func (t *T) Context() context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx == nil {
		t.ctx, t.cancel = shim.WithCancel(context.Background())
	}
	return t.ctx
}

// Cleanup has f called when the test and its subtests have come to their end.
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// Setenv sets an environment variable until the end of the test.
func (t *T) Setenv(key, value string) {
	old, had := os.LookupEnv(key)
	if err := os.Setenv(key, value); err != nil {
		t.fail(fmt.Sprintf("setting %s: %v", key, err))
		t.leave()
	}
	t.Cleanup(func() {
		if had {
			os.Setenv(key, old)
		} else {
			os.Unsetenv(key)
		}
	})
}

// TempDir refuses: files are not under control.
func (t *T) TempDir() string {
	schedrt.Refuse("testing.(*T).TempDir, which is for files, is not under control")
	return ""
}

// Chdir refuses: files are not under control.
func (t *T) Chdir(string) { schedrt.Refuse("testing.(*T).Chdir is not under control") }

// Failed reports whether the test or one of its subtests has failed.
func (t *T) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// Fail marks the schedule as failed.
func (t *T) Fail() { t.fail(t.where() + "failed") }

// FailNow marks the schedule as failed and ends the goroutine.
func (t *T) FailNow() {
	t.fail(t.where() + "failed")
	t.leave()
}

func (t *T) leave() {
	t.mu.Lock()
	t.left = true
	t.mu.Unlock()
	runtime.Goexit()
}

// fail gives the schedule the message, if it is the first one, and what was logged before.
func (t *T) fail(message string) {
	for p := t; p != nil; p = p.parent {
		p.mu.Lock()
		p.failed = true
		p.mu.Unlock()
	}
	if t.parent != nil {
		message = t.name + ": " + message
	}
	t.tree.mu.Lock()
	defer t.tree.mu.Unlock()
	text := strings.TrimRight(message, "\n")
	if log := t.tree.log.String(); log != "" {
		text += "\nlogged before:\n" + strings.TrimRight(log, "\n")
	}
	schedrt.Fail(text)
}

// Error is Log and Fail.
func (t *T) Error(args ...any) { t.fail(t.where() + said(fmt.Sprintln(args...))) }

// Errorf is Logf and Fail.
func (t *T) Errorf(format string, args ...any) {
	t.fail(t.where() + said(fmt.Sprintf(format, args...)))
}

// Fatal is Log and FailNow.
func (t *T) Fatal(args ...any) {
	t.fail(t.where() + said(fmt.Sprintln(args...)))
	t.leave()
}

// Fatalf is Logf and FailNow.
func (t *T) Fatalf(format string, args ...any) {
	t.fail(t.where() + said(fmt.Sprintf(format, args...)))
	t.leave()
}

// Log keeps a line for the report.
func (t *T) Log(args ...any) { t.note(t.where() + fmt.Sprintln(args...)) }

// Logf keeps a line for the report.
func (t *T) Logf(format string, args ...any) { t.note(t.where() + fmt.Sprintf(format, args...) + "\n") }

func (t *T) note(line string) {
	t.tree.mu.Lock()
	defer t.tree.mu.Unlock()
	t.tree.log.WriteString(line)
}

// Attr does nothing: attributes are for the output of go test.
func (t *T) Attr(key, value string) {}

// Skip is Log and SkipNow.
func (t *T) Skip(args ...any) {
	t.note(t.where() + fmt.Sprintln(args...))
	t.skip()
}

// Skipf is Logf and SkipNow.
func (t *T) Skipf(format string, args ...any) {
	t.note(t.where() + fmt.Sprintf(format, args...) + "\n")
	t.skip()
}

// SkipNow ends the test as skipped.
func (t *T) SkipNow() { t.skip() }

func (t *T) skip() {
	t.mu.Lock()
	t.skipped = true
	t.mu.Unlock()
	t.leave()
}

// Skipped reports whether the test was skipped.
func (t *T) Skipped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.skipped
}
