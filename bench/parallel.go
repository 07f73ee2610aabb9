package bench

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/impls"
)

// inParallel shares b.N operations among exactly s.Goroutines goroutines. An operation is to take
// a permit, do the work that its goroutine was given by newWork, and give the permit back.
func inParallel(b *testing.B, sem impls.Semaphore, s Shape, newWork func() func() error) error {
	ctx := context.Background()
	var failed atomic.Pointer[error]
	var started atomic.Int64
	// RunParallel starts a multiple of GOMAXPROCS. The surplus returns without taking a share.
	procs := runtime.GOMAXPROCS(0)
	b.SetParallelism((s.Goroutines + procs - 1) / procs)
	b.RunParallel(func(pb *testing.PB) {
		if started.Add(1) > int64(s.Goroutines) {
			return
		}
		work := newWork()
		for pb.Next() {
			if err := underPermit(ctx, sem, work); err != nil {
				keepFirst(&failed, err) // and go on: RunParallel wants all shares taken
			}
		}
	})
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

func underPermit(ctx context.Context, sem impls.Semaphore, work func() error) error {
	if err := sem.Acquire(ctx, 1); err != nil {
		return err
	}
	err := work()
	sem.Release(1)
	return err
}

// keepFirst is a function so that err is moved to the heap here and not in every operation.
func keepFirst(first *atomic.Pointer[error], err error) { first.CompareAndSwap(nil, &err) }

func noWork() error { return nil }
