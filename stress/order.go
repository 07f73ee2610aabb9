package stress

import (
	"github.com/semabench/semabench/impls"
)

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
