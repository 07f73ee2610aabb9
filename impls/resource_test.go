package impls_test

import (
	"context"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls"
)

// inTurns is the output of ten workers that never overlap.
var inTurns = strings.Repeat("Accessing resource...\nDone accessing resource.\n", 10)

// The program of the package example runs with every implementation. The builder has no lock of
// its own, so -race also proves that each worker sees the writes of the previous worker.
func TestTenWorkersTakeTurns(t *testing.T) {
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) {
			var out strings.Builder
			r := &Resource{sem: impl.New(1), out: &out, work: runtime.Gosched}
			if err := tenWorkers(r); err != nil {
				t.Fatal(err)
			}
			if out.String() != inTurns {
				t.Errorf("output:\n%s\nwant ten pairs of lines: the workers overlapped", out.String())
			}
		})
	}
}

// admitAll admits every worker at once: a semaphore that is wrong on purpose.
type admitAll struct{}

func (admitAll) Acquire(context.Context, int64) error { return nil }
func (admitAll) TryAcquire(int64) bool                { return true }
func (admitAll) Release(int64)                        {}

// The check of TestTenWorkersTakeTurns can fail: without mutual exclusion the lines interleave.
func TestTenWorkersWithoutSemaphore(t *testing.T) {
	var out lockedBuilder
	var inside sync.WaitGroup
	inside.Add(10)
	allInside := func() { inside.Done(); inside.Wait() } // returns when all ten are inside
	if err := tenWorkers(&Resource{sem: admitAll{}, out: &out, work: allInside}); err != nil {
		t.Fatal(err)
	}
	if out.String() == inTurns {
		t.Error("ten workers were inside at once, and the output is as if they had taken turns")
	}
}

// lockedBuilder keeps each line whole, because here no semaphore does.
type lockedBuilder struct {
	mu sync.Mutex
	strings.Builder
}

var _ io.Writer = (*lockedBuilder)(nil)

func (b *lockedBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}
