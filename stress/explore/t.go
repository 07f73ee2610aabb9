package explore

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore/sched"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
)

// A T is the testing.TB of one schedule. What it is told to fail is that schedule; what it logs is
// shown with the schedule that fails.
type T struct {
	testing.TB
	mu       sync.Mutex // a real one: nothing is awaited under it
	failed   bool
	skipped  bool
	cleanups []func()
	ctx      context.Context
	log      string
}

// play runs body as the program of one schedule.
func (t *T) play(body func(t *T)) {
	defer t.cleanUp()
	body(t)
}

func (t *T) cleanUp() {
	for {
		t.mu.Lock()
		last := len(t.cleanups) - 1
		if last < 0 {
			t.mu.Unlock()
			return
		}
		f := t.cleanups[last]
		t.cleanups = t.cleanups[:last]
		t.mu.Unlock()
		f()
	}
}

// Context returns a context that is cancelled before the functions of Cleanup are called.
func (t *T) Context() context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx == nil {
		ctx, cancel := shim.WithCancel(context.Background())
		t.ctx = ctx
		t.cleanups = append(t.cleanups, cancel)
	}
	return t.ctx
}

// Cleanup has f called at the end of the schedule.
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// Failed reports whether the schedule has failed.
func (t *T) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// Fail marks the schedule as failed.
func (t *T) Fail() { t.fail("failed") }

// FailNow marks the schedule as failed and ends the goroutine.
func (t *T) FailNow() {
	t.Fail()
	runtime.Goexit()
}

func (t *T) fail(message string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = true
	sched.Fail(strings.TrimRight(message, "\n") + "\n" + t.log) // the verdict is the first line
}

// Error is Log and Fail.
func (t *T) Error(args ...any) { t.fail(where() + fmt.Sprintln(args...)) }

// Errorf is Logf and Fail.
func (t *T) Errorf(format string, args ...any) { t.fail(where() + fmt.Sprintf(format, args...)) }

// Fatal is Log and FailNow.
func (t *T) Fatal(args ...any) {
	t.fail(where() + fmt.Sprintln(args...))
	runtime.Goexit()
}

// Fatalf is Logf and FailNow.
func (t *T) Fatalf(format string, args ...any) {
	t.fail(where() + fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// Log keeps a line for the report.
func (t *T) Log(args ...any) { t.note(where() + fmt.Sprintln(args...)) }

// Logf keeps a line for the report.
func (t *T) Logf(format string, args ...any) { t.note(where() + fmt.Sprintf(format, args...) + "\n") }

func (t *T) note(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log += line
}

// Helper does nothing: positions are those of the call.
func (t *T) Helper() {}

// Skip ends the schedule.
func (t *T) Skip(...any) { t.SkipNow() }

// Skipf ends the schedule.
func (t *T) Skipf(string, ...any) { t.SkipNow() }

// SkipNow ends the schedule.
func (t *T) SkipNow() {
	t.mu.Lock()
	t.skipped = true
	t.mu.Unlock()
	runtime.Goexit()
}

// Skipped reports whether the schedule was skipped.
func (t *T) Skipped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.skipped
}

// where returns the position of whoever called a method of T.
func where() string {
	_, file, line, ok := runtime.Caller(2)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", filepath.Base(file), line)
}
