package stress

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// C29: a plain variable that nothing but the semaphore guards. Who holds all permits may write,
// who holds one may read. The race detector is the judge; a lost update is one without it.
func happensBefore(t *trial) {
	const size, workers, rounds = 3, 6, 500
	sem := t.make(size)
	guarded := 0
	t.together(times(workers, func(worker int) {
		for round := range rounds {
			if (round+worker)%3 == 0 {
				if err := sem.Acquire(context.Background(), size); err != nil {
					t.failf("Acquire with a background ctx = %v, want nil", err)
				}
				guarded++
				sem.Release(size)
			} else if sem.TryAcquire(1) {
				runtime.KeepAlive(guarded)
				sem.Release(1)
			}
		}
	})...)
	if want := workers * rounds / 3; guarded != want {
		t.failf("%d of %d updates made under all permits survived", guarded, want)
	}
	t.needsRaceDetector()
}

// C30: all methods at once and no bookkeeping, as that would order what must be ordered by the
// implementation itself.
func noDataRace(t *trial) {
	const workers, rounds = 6, 300
	sem := t.make(2)
	t.together(times(workers, func(worker int) {
		for round := range rounds {
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			n := int64(1 + (worker+round)%3)
			if sem.Acquire(ctx, n) == nil {
				sem.Release(n)
			}
			if sem.TryAcquire(1) {
				sem.Release(1)
			}
		}
	})...)
	t.free(sem, 2)
	t.needsRaceDetector()
}

func (t *trial) needsRaceDetector() {
	if !raceEnabled {
		t.unknownf("built without the race detector: use go test -race")
	}
}

func times(n int, f func(i int)) []func() {
	all := make([]func(), n)
	for i := range all {
		all[i] = func() { f(i) }
	}
	return all
}

// C31: callbacks are counted by the ctx they are registered with; goroutines cannot hide where
// the stage is a bubble, as it does not end while one is blocked; queue entries show on the heap.
func nothingLeftBehind(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	ctx := &countingContext{Context: context.Background()}
	ctx.Context, ctx.cancel = context.WithCancel(ctx.Context)
	granted := t.startWith(ctx, ctx.cancel, sem, 1)
	t.blocked(granted)
	sem.Release(1)
	t.granted(granted)
	if n := ctx.registered.Load(); n != 0 {
		t.failf("%d callback(s) still registered with the ctx after Acquire returned nil", n)
	}
	refused := t.startWith(ctx, ctx.cancel, sem, 1)
	t.blocked(refused)
	ctx.cancel()
	t.refused(refused, context.Canceled)

	if t.impl.Waits != impls.Parked {
		goroutinesLeft(t, sem)
	}
	entriesLeft(t, sem)
	sem.Release(1)
	t.free(sem, 1)
}

const leavers = 100 // far above what the runtime itself may start or keep meanwhile

func goroutinesLeft(t *trial, sem impls.Semaphore) {
	before := runtime.NumGoroutine()
	for range leavers {
		t.refusedWhenDone(sem, 1)
	}
	t.settle()
	if n := runtime.NumGoroutine() - before; n >= leavers {
		t.failf("%d goroutines are left after %d cancelled waits\n%s", n, leavers, stacks())
	}
}

// entriesLeft lets waiters come and go while the semaphore is held and compares the heap. Other
// tests may allocate in the meantime, so only growth in every one of several tries counts.
func entriesLeft(t *trial, sem impls.Semaphore) {
	const tries = 10
	for range tries {
		before := heapObjects()
		for range leavers {
			t.refusedWhenDone(sem, 1)
		}
		t.settle()
		if heapObjects() < before+leavers {
			return
		}
	}
	t.failf("the heap grew by an object and more for each of %d cancelled waits", leavers)
}

func heapObjects() uint64 {
	runtime.GC()
	runtime.GC() // the first one may only have emptied pools into their victim caches
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapObjects
}

// A countingContext counts the callbacks registered with it and not yet stopped or run. Derived
// contexts register one as well. It hides its values, since package context would
// otherwise look through it and register with the parent.
type countingContext struct {
	context.Context
	cancel     context.CancelFunc
	registered atomic.Int64
}

func (c *countingContext) Value(any) any { return nil }

// AfterFunc is what package context calls on contexts that have it.
func (c *countingContext) AfterFunc(f func()) (stop func() bool) {
	c.registered.Add(1)
	gone := sync.OnceFunc(func() { c.registered.Add(-1) })
	inner := context.AfterFunc(c.Context, func() { gone(); f() })
	return func() bool { gone(); return inner() }
}
