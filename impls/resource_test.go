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

var inTurns = strings.Repeat("Accessing resource...\nDone accessing resource.\n", 10)

// The program of the package example, with every implementation. The builder has no lock of its
// own, so under -race this also shows that each worker sees the writes of the one before.
func TestTenWorkersTakeTurns(t *testing.T) {
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) {
			var out strings.Builder
			r := &Resource{sem: impl.New(1), out: &out, work: runtime.Gosched}
			if err := tenWorkers(r); err != nil {
				t.Fatal(err)
			}
			if out.String() != inTurns {
				t.Errorf("workers did not take turns:\n%s", out.String())
			}
		})
	}
}

// admitAll is not a semaphore: the test above must be able to see that.
type admitAll struct{}

func (admitAll) Acquire(context.Context, int64) error { return nil }
func (admitAll) TryAcquire(int64) bool                { return true }
func (admitAll) Release(int64)                        {}

func TestTenWorkersWithoutSemaphore(t *testing.T) {
	var out lockedBuilder
	var inside sync.WaitGroup
	inside.Add(10)
	meet := func() { inside.Done(); inside.Wait() } // returns when all ten are inside
	if err := tenWorkers(&Resource{sem: admitAll{}, out: &out, work: meet}); err != nil {
		t.Fatal(err)
	}
	if out.String() == inTurns {
		t.Error("ten workers inside at once printed the lines of ten that took turns")
	}
}

// lockedBuilder keeps the lines whole where no semaphore does.
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
