package stress

import (
	"context"
	"time"

	"github.com/semabench/semabench/impls"
)

// C1: permits run out when they should, and a free one goes to one taker only. The second half
// lets a permit come back to a sleeping waiter and be taken by somebody else before that
// waiter runs: a waiter that does not look again holds it too.
func capacity(t *trial) {
	sem := t.make(3)
	for range 3 {
		t.take(sem, 1)
	}
	waiter := t.startBlocked(sem, 1)
	sem.Release(1)
	t.granted(waiter)
	waiter = t.startBlocked(sem, 1)
	if t.impl.Waits == impls.Parked {
		time.Sleep(10 * time.Minute) // of the bubble's clock: no permit and no waiter expires
	}
	t.blocked(waiter)

	const rounds = 200
	for range rounds {
		stolenPermit(t)
	}
}

func stolenPermit(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	waiter := t.startBlocked(sem, 1)
	sem.Release(1)
	if sem.TryAcquire(1) {
		t.blocked(waiter)
		sem.Release(1)
	}
	t.granted(waiter)
}

// C2: permits survive every way of coming and going.
func conservation(t *trial) {
	for _, size := range []int64{0, 1, 2, 7} {
		sem := t.make(size)
		t.free(sem, size)
		for n := int64(1); n <= size; n++ {
			t.take(sem, n)
			waiter := t.startBlocked(sem, size)
			leaver := t.startBlocked(sem, 1+size-n)
			leaver.cancel()
			t.refused(leaver, context.Canceled)
			sem.Release(n)
			t.granted(waiter)
			sem.Release(size)
			t.free(sem, size)
		}
	}
}

// C3
func failedTry(t *trial) {
	sem := t.make(3)
	t.take(sem, 2)
	for _, n := range []int64{2, 3, 4} {
		if sem.TryAcquire(n) {
			t.failf("TryAcquire(%d) = true, want false with 1 of 3 permits free", n)
		}
		t.free(sem, 1)
	}
	sem.Release(2)
	t.free(sem, 3)
}

// C4: every small size, every number held, every weight; then sizes at which storage tends to
// grow. Last, tries at once for just as many permits as there are: none may fail because it met
// another.
func enoughPermits(t *trial) {
	const most = 4
	for size := range int64(most) {
		for held := range size + 1 {
			for n := int64(1); n <= size+1; n++ {
				sem := t.make(size)
				if held > 0 {
					t.take(sem, held)
				}
				if got, want := sem.TryAcquire(n), n <= size-held; got != want {
					t.failf("TryAcquire(%d) = %v, want %v with %d of %d permits free",
						n, got, want, size-held, size)
				}
			}
		}
	}
	for _, size := range []int64{7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000} {
		sem := t.make(size)
		t.free(sem, size)
		t.take(sem, size-1)
		t.free(sem, 1)
	}
	const workers, tries = 4, 1000
	sem := t.make(workers * tries)
	t.together(times(workers, func(int) {
		for try := range tries {
			t.moved(try)
			if !sem.TryAcquire(1) {
				t.failf("TryAcquire(1) = false, want true: there is a permit for each of %d calls",
					workers*tries)
			}
		}
	})...)
	t.free(sem, 0)
}

// C5: both ways to fail, before the call and while waiting.
func errorHoldsNothing(t *trial) {
	sem := t.make(3)
	if err := sem.Acquire(done(), 2); err == nil {
		t.failf("Acquire with a done ctx = nil, want an error")
	}
	t.free(sem, 3)
	t.take(sem, 2)
	waiter := t.startBlocked(sem, 2)
	waiter.cancel()
	t.refused(waiter, context.Canceled)
	t.free(sem, 1)
	sem.Release(2)
	t.free(sem, 3)
}

// C6: without waiting and after waiting, also where part of the permits was free; with every kind
// of ctx, as implementations have paths of their own for some; and until Release, whatever
// becomes of ctx meanwhile.
func nilHoldsN(t *trial) {
	const size = 5
	for n := int64(1); n <= size; n++ {
		sem := t.make(size)
		t.take(sem, n)
		t.free(sem, size-n)

		waiter := t.startBlocked(sem, size-n+1)
		sem.Release(n)
		t.granted(waiter)
		t.free(sem, n-1)
	}
	for _, ctx := range livingContexts() {
		sem := t.make(size)
		t.granted(t.startWith(ctx, func() {}, sem, 2))
		waiter := t.startWith(ctx, func() {}, sem, 4)
		t.blocked(waiter)
		sem.Release(2)
		t.granted(waiter)
		t.free(sem, size-4)
	}
	sem := t.make(size)
	atOnce := t.start(sem, 2)
	t.granted(atOnce)
	afterWaiting := t.startBlocked(sem, size-1)
	sem.Release(1)
	t.granted(afterWaiting)
	atOnce.cancel()
	afterWaiting.cancel()
	t.settle()
	t.free(sem, 0)
}

// C7: Release and cancel follow each other so closely that the waiter finds both when it runs.
// Whatever it returns, the permits must agree with it.
func cancelMeetsGrant(t *trial) {
	const rounds = 400
	for round := range rounds {
		sem := t.make(2)
		t.take(sem, 2)
		waiter := t.startBlocked(sem, 2)
		t.meet(round, func() { sem.Release(2) }, waiter.cancel)
		if err := t.returned(waiter); err == nil {
			sem.Release(2)
		} else if err != context.Canceled {
			t.failf("Acquire = %v, want nil or %v", err, context.Canceled)
		}
		t.settle()
		t.free(sem, 2)
	}
}

// meet calls a and b in one order, in the other, or at once.
func (t *trial) meet(round int, a, b func()) {
	switch round % 4 {
	case 0:
		a()
		b()
	case 1:
		b()
		a()
	default:
		t.together(a, b)
	}
}

// C16
func releaseElsewhere(t *trial) {
	sem := t.make(2)
	t.take(sem, 2) // in a goroutine that is gone by now
	waiter := t.startBlocked(sem, 2)
	t.together(func() { sem.Release(1) }, func() { sem.Release(1) })
	t.granted(waiter)
	sem.Release(2)
	t.free(sem, 2)
}
