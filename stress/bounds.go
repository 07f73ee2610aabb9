package stress

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// C10
func overReleasePanics(t *trial) {
	for _, held := range []int64{0, 1, 3} {
		for _, extra := range []int64{1, 2, math.MaxInt64 - held} {
			sem := t.make(3)
			if held > 0 {
				t.take(sem, held)
			}
			t.mustPanic("Release of more than is held", func() { sem.Release(held + extra) })
		}
	}
	const rounds = 300
	for range rounds {
		sem := t.make(2)
		t.take(sem, 1)
		var panics atomic.Int64
		releaseOne := func() {
			defer func() {
				if recover() != nil {
					panics.Add(1)
				}
			}()
			sem.Release(1)
		}
		if t.together(releaseOne, releaseOne); panics.Load() != 1 {
			t.failf("%d of two calls Release(1) at once panicked with 1 permit held, want 1", panics.Load())
		}
	}
}

// C11: middleware recovers; the semaphore has to be usable afterwards, or to be declared not to be.
func overReleaseRecovered(t *trial) {
	const size = 3
	corrupt := ""
	for held := range int64(size) {
		for _, extra := range []int64{1, 2, math.MaxInt64 - held} {
			sem := t.make(size)
			if held > 0 {
				t.take(sem, held)
			}
			recovering(func() { sem.Release(held + extra) })
			if got, want := grants(sem, size+2), size-held; got != want {
				corrupt = fmt.Sprintf("with %d of %d permits held, Release(%d) was recovered; "+
					"then %d permits were granted, want %d", held, size, held+extra, got, want)
			}
		}
	}
	switch {
	case corrupt != "" && t.impl.OverRelease == impls.OverReleaseUnchanged:
		t.failf("%s", corrupt)
	case corrupt == "" && t.impl.OverRelease == impls.OverReleaseCorrupts:
		t.unknownf("declared as %v, which was not seen: the state was unchanged each time", t.impl.OverRelease)
	}
}

func recovering(f func()) {
	defer func() { _ = recover() }()
	f()
}

// grants counts how many permits TryAcquire grants, up to a limit.
func grants(sem impls.Semaphore, limit int) (n int64) {
	for range limit {
		if sem.TryAcquire(1) {
			n++
		}
	}
	return n
}

// C12
func negativePanics(t *trial) {
	t.mustPanic("New(-1)", func() { t.impl.New(-1) })
	for _, n := range []int64{-1, -3, math.MinInt64} {
		sem := t.make(3)
		t.take(sem, 1)
		t.mustPanic("Acquire of a negative weight", func() { _ = sem.Acquire(done(), n) })
		t.mustPanic("Acquire of a negative weight", func() { _ = sem.Acquire(context.Background(), n) })
		t.mustPanic("TryAcquire of a negative weight", func() { sem.TryAcquire(n) })
		t.mustPanic("Release of a negative weight", func() { sem.Release(n) })
		t.free(sem, 2)
	}
}

// C13: even where no permit is free; but not past a line that is first come, first served.
func zeroWeight(t *trial) {
	for _, size := range []int64{0, 1} {
		sem := t.make(size)
		if size > 0 {
			t.take(sem, size)
		}
		if t.impl.ZeroWeight == impls.ZeroPanics {
			t.mustPanic("Acquire(0)", func() { _ = sem.Acquire(context.Background(), 0) })
			t.mustPanic("TryAcquire(0)", func() { sem.TryAcquire(0) })
			t.mustPanic("Release(0)", func() { sem.Release(0) })
		} else {
			t.take(sem, 0)
			if !sem.TryAcquire(0) {
				t.failf("TryAcquire(0) = false, want true when nobody waits")
			}
			sem.Release(0)
			if err := sem.Acquire(done(), 0); err != context.Canceled {
				t.failf("Acquire(0) with a done ctx = %v, want %v", err, context.Canceled)
			}
		}
		t.free(sem, 0)
	}
	if t.impl.ZeroWeight == impls.ZeroPanics {
		return
	}
	zeroAmongWaiters(t)
	if t.impl.Order == impls.FIFO && t.impl.Waits == impls.Parked {
		zeroInLine(t)
	}
}

// zeroAmongWaiters begins an Acquire(0) while another waits. It may have to wait as well, but not
// when nobody waits any more; and a cancelled one leaves nothing behind.
func zeroAmongWaiters(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	waiter := t.startBlocked(sem, 1)
	nothing, leaver := t.start(sem, 0), t.start(sem, 0)
	t.settle()
	leaver.cancel()
	if err := t.returned(leaver); err != nil && err != context.Canceled {
		t.failf("Acquire(0) = %v, want nil or %v", err, context.Canceled)
	}
	sem.Release(1)
	t.granted(waiter)
	t.granted(nothing)
	sem.Release(1)
	t.free(sem, 1)
}

func zeroInLine(t *trial) {
	l := t.fullLine(2, 1)
	if got := l.sem.TryAcquire(0); got != t.impl.TryBarges {
		t.failf("TryAcquire(0) = %v behind a waiter, want %v", got, t.impl.TryBarges)
	}
	nothing := t.startBlocked(l.sem, 0)
	l.release(1)
	l.grant(l.all[0])
	t.granted(nothing)
	l.drain()
}

// C15: the sum of two weights may not fit an int64 even if each does.
func extremes(t *trial) {
	most := int64(math.MaxInt64)
	if t.impl.MaxSize > 0 {
		most = t.impl.MaxSize
	}
	none := t.make(0)
	t.free(none, 0)
	t.refusedWhenDone(none, math.MaxInt64)

	sem := t.make(most)
	t.take(sem, most)
	t.free(sem, 0)
	sem.Release(most)
	t.take(sem, most-1)
	if sem.TryAcquire(2) || sem.TryAcquire(most) || sem.TryAcquire(math.MaxInt64) {
		t.failf("TryAcquire succeeded with 1 permit free, want false for more")
	}
	t.free(sem, 1)
	waiter := t.startBlocked(sem, most)
	sem.Release(most - 1)
	t.granted(waiter)
	sem.Release(most)

	small := t.make(3)
	t.take(small, 2)
	if small.TryAcquire(math.MaxInt64) {
		t.failf("TryAcquire(MaxInt64) = true on a semaphore of size 3")
	}
	t.refusedWhenDone(small, math.MaxInt64)
	t.free(small, 1)
}

// refusedWhenDone starts an Acquire that can never be granted and cancels it.
func (t *trial) refusedWhenDone(sem impls.Semaphore, n int64) {
	c := t.startBlocked(sem, n)
	c.cancel()
	t.refused(c, context.Canceled)
}
