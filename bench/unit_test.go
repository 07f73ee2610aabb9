package bench

import (
	"context"
	"testing"

	"github.com/semabench/semabench/impls"
)

type tokens chan struct{}

func (c tokens) Acquire(context.Context) error { c <- struct{}{}; return nil }
func (c tokens) Release()                      { <-c }

func (c tokens) TryAcquire() bool {
	select {
	case c <- struct{}{}:
		return true
	default:
		return false
	}
}

// The permits of an implementation that takes one at a time are counted one by one. A permit that is
// missing is noticed, and the others are given back.
func TestUnitsAreCounted(t *testing.T) {
	impl := impls.Unit("tokens", func(size int64) tokens { return make(tokens, size) })
	sem, err := impl.Make(3)
	if err != nil {
		t.Fatal(err)
	}
	trial, c := &Trial{impl: impl}, createdSemaphore{sem, 3}
	if !sem.TryAcquire(1) || trial.hasAll(c) {
		t.Error("all permits are free, want one to be missing")
	}
	sem.Release(1)
	if !trial.hasAll(c) || sem.TryAcquire(1) {
		t.Error("not all permits are free")
	}
}
