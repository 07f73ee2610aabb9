package stress

import (
	"context"
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
)

// Liveness and fairness: C17 to C19, C24, and C26 to C28. Which requests must be granted, and in
// which order.

// C17: no wake-up is lost. It tries all lines of three waiters with weights 1 to 3. Each of the
// three, or none, is cancelled at each point, while the permits come back in two portions. After
// every step, each remaining waiter must have a reason to wait.
func noLostWakeup(t *trial) {
	const size = 3
	releaseMeetsWait(t)
	for line := range 27 {
		weights := []int64{int64(line%3 + 1), int64(line/3%3 + 1), int64(line/9 + 1)}
		for leaver := -1; leaver < len(weights); leaver++ {
			for when := range 3 {
				for first := int64(1); first < size; first++ {
					threeWaiters(t, size, weights, leaver, when, first)
				}
			}
		}
	}
}

// releaseMeetsWait releases a permit while a waiter is about to sleep: it has found no free permit,
// and is not yet in the line in which Release would find it.
func releaseMeetsWait(t *trial) {
	const rounds = 400
	for round := range rounds {
		sem := t.make(1)
		t.take(sem, 1)
		waiter := t.startForever(sem, 1)
		yield(round % 4)
		sem.Release(1)
		t.mustBeGranted(waiter)
		t.mustHaveFree(sem, 0)
	}
}

// threeWaiters plays one line of C17. The waiter leaver is cancelled before step when, unless it is
// -1.
func threeWaiters(t *trial, size int64, weights []int64, leaver, when int, first int64) {
	l := t.fullLine(size, weights...)
	steps := []func(){
		func() { l.release(first) },
		func() { l.release(size - first) },
	}
	if leaver >= 0 {
		leave := func() { l.cancel(l.all[leaver]) }
		steps = append(steps[:when], append([]func(){leave}, steps[when:]...)...)
	}
	for _, step := range steps {
		step()
		l.check()
	}
	l.drain()
}

// C18: one Release admits several waiters, of equal and of mixed weights. Then a line is admitted
// step by step that is longer than the initial storage of most implementations.
func releaseAdmitsAll(t *trial) {
	for _, weights := range [][]int64{{1, 1, 1, 1}, {2, 2}, {1, 3}, {1, 1, 2}, {3, 1}} {
		sem := t.make(4)
		t.take(sem, 4)
		var waiters []*call
		for _, n := range weights {
			c := t.startForever(sem, n)
			t.mustWait(c)
			waiters = append(waiters, c)
		}
		sem.Release(4)
		for _, c := range waiters {
			t.mustBeGranted(c)
		}
		sem.Release(4)
		t.mustHaveFree(sem, 4)
	}
	long := 100
	if t.impl.Waits != impls.Parked {
		long = 20 // many waiters that spin or poll are slow
	}
	l := t.fullLine(10, slices.Repeat([]int64{1, 2, 3, 1, 1}, long/5)...)
	for _, n := range []int64{1, 2, 7} {
		l.release(n)
		l.check()
	}
	l.drain()
}

// C19: permits come back one by one to several waiters that each need most of them. Waiters that
// took permits one by one would now wait for each other.
func allAtOnce(t *trial) {
	for _, weights := range [][]int64{{3, 3}, {2, 3}, {3, 2, 3}, {2, 2, 2}} {
		t.fullLine(3, weights...).drain()
	}
	nothingInHand(t)
}

// nothingInHand checks that two permits are free beside a waiter for three. Where the declared
// order allows it, TryAcquire takes them. Then Release(2) must panic, because only one permit is
// held.
func nothingInHand(t *trial) {
	l := t.fullLine(3, 3)
	l.release(2)
	t.mustWait(l.all[0])
	switch impl := t.impl; {
	case impl.Order == impls.Barging:
		t.take(l.sem, 2)
		l.sem.Release(2)
	case impl.Order == impls.FIFO && impl.TryBarges && impl.Waits == impls.Parked:
		if !l.sem.TryAcquire(2) {
			t.failf("TryAcquire(2) = false past a waiter for 3, want true with 2 of 3 permits free")
		}
		l.sem.Release(2)
	}
	if t.impl.Waits == impls.Parked { // other waiters may hold a permit while they try
		t.mustPanic("Release of 2 permits, with 1 held and a waiter for 3,", func() { l.sem.Release(2) })
		if t.impl.OverRelease == impls.OverReleaseUnchanged {
			t.mustWait(l.all[0])
		}
	}
}

// C24: TryAcquire returns without the help of another goroutine, while permits are held, and while
// requests wait or are cancelled.
func tryNeverWaits(t *trial) {
	sem := t.make(2)
	t.triesReturn(sem)
	t.take(sem, 2)
	t.triesReturn(sem)
	waiter := t.startBlocked(sem, 2)
	t.triesReturn(sem)
	leaver := t.startBlocked(sem, 1)
	leaver.cancel()
	t.triesReturn(sem)
	t.mustBeRefused(leaver, context.Canceled)
	sem.Release(1)
	t.triesReturn(sem)
	sem.Release(1)
	t.triesReturn(sem)
	t.mustBeGranted(waiter)
	sem.Release(2)

	const workers, rounds = 4, 200
	t.together(copies(workers, func(worker int) {
		for round := range rounds {
			t.countProgress(round)
			if worker%2 == 0 && sem.Acquire(context.Background(), int64(1+worker/2)) == nil {
				sem.Release(int64(1 + worker/2))
			} else if worker%2 == 1 && sem.TryAcquire(1) {
				sem.Release(1)
			}
		}
	})...)
	t.mustHaveFree(sem, 2)
}

// triesReturn tries for one permit, for both permits and for too many. Each try has its own
// goroutine, so that a try that blocks is seen.
func (t *trial) triesReturn(sem impls.Semaphore) {
	for n := int64(1); n <= 3; n++ {
		returned := make(chan struct{})
		var failed any
		go func() {
			defer close(returned)
			defer t.progress.Add(1)
			defer func() { failed = recover() }()
			if sem.TryAcquire(n) {
				sem.Release(n)
			}
		}()
		if !t.settledOn(returned) {
			t.failf("TryAcquire(%d) still waits\n%s", n, t.stacks())
		}
		if failed != nil {
			panic(failed)
		}
	}
}

// mostPasses is how many later requests may be granted before a waiting request. The bounds of
// implementations are far lower; the contract promises only that there is one.
const mostPasses = 10_000

// C26: a large request waits for all permits while small requests keep coming. Each small request
// begins before the previous one has released, so all permits are never free at once. The large
// request is granted only if the semaphore makes a small request wait that would fit.
func noStarvation(t *trial) {
	if t.impl.Order != impls.FIFO && !t.impl.StarvationFree {
		t.unknownf("not promised: Impl.Order is %v and Impl.StarvationFree is not set", t.impl.Order)
	}
	sem := t.make(2)
	t.take(sem, 1)
	large := t.startBlocked(sem, 2)
	for range mostPasses {
		small := t.start(sem, 1)
		t.settle()
		smallWaits := !small.hasReturned()
		if !smallWaits {
			t.mustBeGranted(small)
		}
		sem.Release(1)
		if smallWaits && t.servedFirst(sem, large, small) {
			return
		}
		t.letTimeGoBy()
	}
	t.failf("Acquire(2) still waits after %d others that came later were granted", mostPasses)
}

// servedFirst reports whether large is granted rather than small when all permits are free.
func (t *trial) servedFirst(sem impls.Semaphore, large, small *call) bool {
	if !t.settledOn(large.done, small.done) {
		t.failf("Acquire(2) and Acquire(1) still wait with all permits free\n%s", t.stacks())
	}
	if !large.hasReturned() {
		t.mustBeGranted(small)
		return false
	}
	t.mustBeGranted(large)
	sem.Release(2)
	t.mustBeGranted(small)
	sem.Release(1)
	t.mustHaveFree(sem, 2)
	return true
}

// letTimeGoBy turns the clock of a bubble forward, which otherwise stands still. An implementation
// may prefer a waiter after it has waited for some time, as sync.Mutex does.
func (t *trial) letTimeGoBy() {
	if t.impl.Waits == impls.Parked {
		time.Sleep(time.Millisecond)
	}
}

// C27: waiters are granted in the order in which they began to wait. The check ensures that order:
// each waiter is blocked before the next begins. Permits come back one by one, so that the order of
// the grants can be seen too.
func fifo(t *trial) {
	t.needsFIFO()
	for _, weights := range [][]int64{{1, 1, 1, 1}, {2, 1, 2, 1}, {3, 1, 1, 3}, {1, 3, 2, 1}} {
		l := t.fullLine(3, weights...)
		for l.held > 0 {
			l.release(1)
			for len(l.waiting) > 0 && l.waiting[0].n <= l.free {
				l.grant(l.waiting[0])
			}
			for _, c := range l.waiting {
				t.mustWait(c)
			}
		}
		t.mustHaveFree(l.sem, 3)
	}
	fifoAfterLeaving(t)
}

// fifoAfterLeaving cancels the waiter at each place of a line. The others keep their order.
func fifoAfterLeaving(t *trial) {
	const waiters = 8
	for place := range waiters {
		l := t.fullLine(1, slices.Repeat([]int64{1}, waiters)...)
		l.cancel(l.all[place])
		for len(l.waiting) > 0 {
			l.release(1)
			l.grant(l.waiting[0])
			for _, c := range l.waiting {
				t.mustWait(c)
			}
		}
		l.release(1)
		t.mustHaveFree(l.sem, 1)
	}
}

// C28: TryAcquire takes a free permit past a waiting request if, and only if, Impl.TryBarges is
// set.
func tryBarges(t *trial) {
	t.needsFIFO()
	sem := t.make(2)
	t.take(sem, 1)
	waiter := t.startBlocked(sem, 2)
	if got := sem.TryAcquire(1); got != t.impl.TryBarges {
		t.failf("TryAcquire(1) = %v with 1 permit free and a waiter in line, want %v",
			got, t.impl.TryBarges)
	} else if got {
		sem.Release(1)
	}
	sem.Release(1)
	t.mustBeGranted(waiter)
	sem.Release(2)
	t.mustHaveFree(sem, 2)
}

// needsFIFO ends the clause where no order is promised, or none can be seen.
func (t *trial) needsFIFO() {
	switch {
	case t.impl.Order != impls.FIFO:
		t.unknownf("not promised: Impl.Order is %v", t.impl.Order)
	case t.impl.Waits != impls.Parked:
		t.unknownf("waiters are %v: the order in which they line up cannot be seen", t.impl.Waits)
	}
}
