package historical

import (
	"context"
	"os"
	"strings"
	"testing"

	marusama "github.com/marusama/semaphore"
	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/stress/explore"
)

// The tests of this file show the same bugs in ordinary programs, without any contract: a goroutine
// waits for ever for a permit that is free. No program fixes the order in which its goroutines run.

func TestXSync37852InAProgram(t *testing.T) {
	mustDeadlock(t, func(*explore.T) {
		sem := semaphore.NewWeighted(2)
		_ = sem.Acquire(context.Background(), 1)
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			if sem.Acquire(ctx, 2) == nil {
				sem.Release(2)
			}
		}()
		done := make(chan struct{})
		go func() {
			_ = sem.Acquire(context.Background(), 1)
			sem.Release(1)
			close(done)
		}()
		cancel()
		<-done // one of two permits is free
		sem.Release(1)
	})
}

func TestMarusama3InAProgram(t *testing.T) {
	mustDeadlock(t, func(*explore.T) {
		sem := marusama.New(2)
		_ = sem.Acquire(context.Background(), 1)
		_ = sem.Acquire(context.Background(), 1)
		done := make(chan struct{})
		go func() {
			_ = sem.Acquire(context.Background(), 2)
			close(done)
		}()
		sem.Release(1)
		sem.Release(1)
		<-done
	})
}

// mustDeadlock explores a program with each strategy, which must find the deadlock.
func mustDeadlock(t *testing.T, program func(*explore.T)) {
	t.Helper()
	for _, strategy := range []string{"random", "pct2", "pct3", "pos", "dpor"} {
		r := explore.Check(t, explore.Options{Strategy: strategy, Schedules: 10_000}, program)
		if r.What != "deadlock" {
			t.Errorf("%s: %s after %d schedules: %q, want a deadlock", strategy, r.Verdict,
				r.Schedules, r.What)
		}
		t.Logf("%s: schedule %d", strategy, r.Schedules)
		if strategy == "dpor" {
			mustShowInReadme(t, r)
		}
	}
}

// mustShowInReadme checks that the README shows this failure, line by line.
func mustShowInReadme(t *testing.T, r *explore.Result) {
	t.Helper()
	if r.Text == "explored in another process" {
		return
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(strings.Replace(r.Text, "go test -race", "go test", 1)) {
		if !strings.Contains(string(text), line) {
			t.Errorf("README.md does not show %q; the text of the result is:\n%s", line, r.Text)
		}
	}
}
