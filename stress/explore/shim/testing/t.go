// Package testing stands for the standard testing.T in the programs that package explore plays.
//
//	func TestX(t *testing.T) { // of this package, in a rewritten suite
//		t.Run("sub", func(t *testing.T) { t.Parallel(); … })
//	}
//
// A test, its subtests and its cleanups are goroutines and calls of one schedule. A call of Error,
// Fatal or the like fails that schedule, and its message becomes the message of the outcome.
//
// # What this does not do
//
// It has no benchmarks. A fuzz test is played with its seeds, and no new inputs are made.
package testing

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
	"github.com/semabench/semabench/stress/explore/shim/os"
)

// A T is the testing.T of one schedule. Fail fails the schedule; the log is only shown if the
// schedule fails. As with the real one, FailNow and SkipNow end the goroutine that calls them.
//
// Its own state is kept under a real mutex and not in steps: an access is a part of the step around
// it, and no step is taken under the mutex, so it never waits. Steps would multiply the schedules
// of every test that logs. The price is that Failed, asked by one goroutine while another one calls
// Error, is only seen in the orders that the steps around the two bring about. The end of a subtest
// and the release of parallel ones, which a program can wait for, go through channels of schedrt.
type T struct {
	testing.TB // the T of go test, for its unexported method: only then a T is a testing.TB

	name   string
	parent *T
	outer  *Outer // the testing.T around the body of a schedule; nil for another T
	shared *shared
	mu     sync.Mutex // a real one, as no step is taken under it; guards the fields below

	failed   bool
	skipped  bool
	left     bool // by FailNow or SkipNow, and not by a panic
	returned bool
	cleanups []func()
	ctx      context.Context
	cancel   context.CancelFunc
	over     bool // the context is cancelled, or will be when it is made

	goroutine  int  // that runs the function of the test
	inBubble   bool // it is the T of a function in a bubble, and not a test
	inParallel bool
	parallel   []*T           // subtests that wait for the end of the function
	names      map[string]int // of subtests so far
	handedOver chan struct{}  // closed when the parent goes on
	released   chan struct{}  // closed when the parent's function has returned
	ended      chan struct{}
}

// newT returns a T for a test or, with a parent, for a subtest. All tests of a schedule share one
// log: its lines are in the order of the schedule, across subtests.
func newT(outer testing.TB, name string, parent *T) *T {
	t := &T{
		TB: outer, name: name, parent: parent, names: map[string]int{},
		handedOver: make(chan struct{}), released: make(chan struct{}), ended: make(chan struct{}),
	}
	if parent == nil {
		t.shared = newShared()
	} else {
		t.shared = parent.shared
	}
	return t
}

// isSubtest reports whether t is of a subtest, or of a bubble in one.
func (t *T) isSubtest() bool { return t.parent != nil && (!t.inBubble || t.parent.isSubtest()) }

// Name returns the name of the test, with the names of the tests around it.
func (t *T) Name() string { return t.name }

// Context returns a context that is cancelled before the functions of Cleanup are called. It is made
// when it is first asked for, so that a test without it has no step for it. A goroutine may ask
// after the end of the test: then the context is cancelled already.
//
// The lock is held while the context is made, so that two goroutines get the same one. The
// cancellation is a step, in which another goroutine may ask for the lock, so it comes after.
func (t *T) Context() context.Context {
	t.mu.Lock()
	if t.ctx == nil {
		t.ctx, t.cancel = shim.WithCancel(context.Background())
	}
	ctx, cancel, over := t.ctx, t.cancel, t.over
	t.mu.Unlock()
	if over {
		cancel()
	}
	return ctx
}

// Cleanup adds a function that is called when the test and its subtests have ended. Functions run
// in the reverse of this order, so each finds what it relies on still there.
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// Setenv sets an environment variable until the end of the test. The environment is the one of the
// schedule, so a test that ends early by a failure leaves no value behind for the next schedule.
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

// TempDir returns a new folder in the folder of the schedule, which is removed at the end of the
// test. The name is only a hint, with the characters replaced that a file system may not allow. The
// number that MkdirTemp appends makes it unique.
func (t *T) TempDir() string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, t.name)
	dir, err := os.MkdirTemp("", name)
	if err != nil {
		t.fail(fmt.Sprintf("TempDir: %v", err))
		t.leave()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.fail(fmt.Sprintf("TempDir RemoveAll cleanup: %v", err))
		}
	})
	return dir
}

// Chdir changes the working folder, and PWD, until the end of the test. PWD follows, as in package
// testing: programs find their folder by it.
func (t *T) Chdir(dir string) {
	old, err := os.Getwd()
	if err == nil {
		err = os.Chdir(dir)
	}
	if err != nil {
		t.fail(fmt.Sprintf("Chdir: %v", err))
		t.leave()
	}
	t.Cleanup(func() {
		if err := os.Chdir(old); err != nil {
			t.fail(fmt.Sprintf("Chdir cleanup: %v", err))
		}
	})
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(old, dir)
	}
	t.Setenv("PWD", dir)
}

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

// leave ends the goroutine on purpose. It marks the test first. The deferred end tells a Goexit of
// FailNow from a Goexit of the program by this mark alone.
func (t *T) leave() {
	t.mu.Lock()
	t.left = true
	t.mu.Unlock()
	runtime.Goexit()
}

// fail marks t and the tests around it as failed. The first message of the schedule becomes its
// outcome, with the log until then. Only the first message counts, because schedrt.Fail keeps the
// first; later failures are often its consequences. A parent has failed as well, so that its Run
// returns false and its Failed true.
func (t *T) fail(message string) {
	for p := t; p != nil; p = p.parent {
		p.mu.Lock()
		p.failed = true
		p.mu.Unlock()
	}
	if t.isSubtest() {
		message = t.name + ": " + message
	}
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	// The log comes along, because the text of the first failure is all that the user sees of it.
	text := strings.TrimRight(message, "\n")
	if log := t.shared.log.String(); log != "" {
		text += "\nlogged before:\n" + strings.TrimRight(log, "\n")
	}
	schedrt.Fail(text)
}

// Error is Log and Fail.
func (t *T) Error(args ...any) { t.fail(t.where() + trimmed(fmt.Sprintln(args...))) }

// Errorf is Logf and Fail.
func (t *T) Errorf(format string, args ...any) {
	t.fail(t.where() + trimmed(fmt.Sprintf(format, args...)))
}

// Fatal is Log and FailNow.
func (t *T) Fatal(args ...any) {
	t.fail(t.where() + trimmed(fmt.Sprintln(args...)))
	t.leave()
}

// Fatalf is Logf and FailNow.
func (t *T) Fatalf(format string, args ...any) {
	t.fail(t.where() + trimmed(fmt.Sprintf(format, args...)))
	t.leave()
}

// Log keeps a line for the report.
func (t *T) Log(args ...any) { t.note(t.where() + fmt.Sprintln(args...)) }

// Logf keeps a line for the report.
func (t *T) Logf(format string, args ...any) {
	t.note(t.where() + fmt.Sprintf(format, args...) + "\n")
}

// note adds to the log of the schedule.
func (t *T) note(line string) {
	t.orderLog(line)
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	t.shared.log.WriteString(line)
}

// Attr does nothing, because attributes are for the output of go test. Without it, a call would
// reach the method of the T of go test that T embeds.
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

// skip marks t as skipped and ends the goroutine.
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
