package stress

import (
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
)

// mostPasses is how many requests that came later may be granted before one that waits. A bound
// of an implementation is a handful; its exact value is nobody's business.
const mostPasses = 10_000

// C26: one waits for all permits while others come for one, again and again, each before the one
// before it has released. So not all are ever free, until somebody who fits is made to stand back.
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
		stoodBack := !small.isBack()
		if !stoodBack {
			t.granted(small)
		}
		sem.Release(1)
		if stoodBack && t.servedFirst(sem, large, small) {
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
	if !large.isBack() {
		t.granted(small)
		return false
	}
	t.granted(large)
	sem.Release(2)
	t.granted(small)
	sem.Release(1)
	t.free(sem, 2)
	return true
}

// letTimeGoBy turns the clock of a bubble forward, which else stands still: a waiter may be served
// first when it has waited for long, as with sync.Mutex.
func (t *trial) letTimeGoBy() {
	if t.impl.Waits == impls.Parked {
		time.Sleep(time.Millisecond)
	}
}

// C27: the order of the line is made, not hoped for: each waiter is blocked before the next
// begins. Permits come back one by one, so that the order of grants can be seen too.
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
				t.blocked(c)
			}
		}
		t.free(l.sem, 3)
	}
	fifoAfterLeaving(t)
}

// fifoAfterLeaving lets one leave from each place of a line; the others keep theirs.
func fifoAfterLeaving(t *trial) {
	const waiters = 8
	for place := range waiters {
		l := t.fullLine(1, slices.Repeat([]int64{1}, waiters)...)
		l.cancel(l.all[place])
		for len(l.waiting) > 0 {
			l.release(1)
			l.grant(l.waiting[0])
			for _, c := range l.waiting {
				t.blocked(c)
			}
		}
		l.release(1)
		t.free(l.sem, 1)
	}
}

// C28
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
	t.granted(waiter)
	sem.Release(2)
	t.free(sem, 2)
}

// needsFIFO ends the clause where there is no order to check, or none that can be seen.
func (t *trial) needsFIFO() {
	switch {
	case t.impl.Order != impls.FIFO:
		t.unknownf("not promised: Impl.Order is %v", t.impl.Order)
	case t.impl.Waits != impls.Parked:
		t.unknownf("waiters are %v: the order in which they line up cannot be seen", t.impl.Waits)
	}
}
