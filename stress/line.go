package stress

import (
	"context"
	"slices"

	"github.com/semabench/semabench/impls"
)

// A line is what should wait at a semaphore, and what should be free: the book that clauses
// keep beside the implementation.
type line struct {
	t       *trial
	sem     impls.Semaphore
	size    int64
	free    int64
	held    int64
	all     []*call // in the order in which they began to wait
	waiting []*call // those of them that have neither been granted nor cancelled
}

// fullLine takes all permits of a new semaphore and lets waiters line up for them.
func (t *trial) fullLine(size int64, weights ...int64) *line {
	l := &line{t: t, sem: t.make(size), size: size, held: size}
	t.take(l.sem, size)
	for _, n := range weights {
		c := t.startBlocked(l.sem, n)
		l.all = append(l.all, c)
		l.waiting = append(l.waiting, c)
	}
	return l
}

func (l *line) release(n int64) {
	l.sem.Release(n)
	l.held -= n
	l.free += n
}

// cancel lets c leave, if it still waits. One that is not parked, or that was held up by another who
// did not fit, may have been on its way
// to permits that check saw no duty to grant it; then it is in.
func (l *line) cancel(c *call) {
	c.cancel()
	stay := without(l.waiting, c)
	if len(stay) == len(l.waiting) {
		return
	}
	l.waiting = stay
	err := l.t.returned(c)
	switch {
	case err == nil && (l.t.impl.Waits != impls.Parked || l.t.impl.Order == impls.Unspecified):
		l.book(c)
	case err != context.Canceled:
		l.t.failf("Acquire(%d) = %v, want %v", c.n, err, context.Canceled)
	}
}

// grant expects that c has been admitted.
func (l *line) grant(c *call) {
	l.t.granted(c)
	l.waiting = without(l.waiting, c)
	l.book(c)
}

func (l *line) book(c *call) {
	l.free -= c.n
	l.held += c.n
}

// check books who has been admitted. It fails if there were not permits enough for them, or are
// enough for one who still waits and whom nobody may hold up.
func (l *line) check() {
	l.t.settle()
	ordered := l.t.impl.Order == impls.FIFO && l.t.impl.Waits == impls.Parked
	for {
		for _, c := range l.waiting {
			select {
			case <-c.done:
				if ordered && c != l.waiting[0] {
					l.t.failf("Acquire(%d) was granted before Acquire(%d), which began to wait first",
						c.n, l.waiting[0].n)
				}
				l.grant(c)
			default:
			}
		}
		if l.free < 0 {
			l.t.failf("%d more permits are held than the size of %d", -l.free, l.size)
		}
		c := l.admissible()
		if c == nil {
			return
		}
		// c fits, so c or one who barged past it has to return. Where waiters are parked they
		// would have done so by now.
		if !l.t.settledOn(doneOf(l.waiting)...) {
			l.t.failf("Acquire(%d) still waits with %d permits free; in line: %v\n%s",
				c.n, l.free, weights(l.waiting), l.t.stacks())
		}
	}
}

// admissible returns a waiter that must not be waiting, or nil. Under FIFO nobody may pass the
// head of the line. Who that is, is known only of parked waiters: of others just the order is
// known in which their goroutines were started, so there somebody has to move only if all fit.
// The same goes for an order that is not specified.
func (l *line) admissible() *call {
	fits := func(c *call) bool { return c.n <= l.free }
	if len(l.waiting) == 0 {
		return nil
	}
	head, impl := l.waiting[0], l.t.impl
	switch {
	case impl.Order == impls.Barging:
		if i := slices.IndexFunc(l.waiting, fits); i >= 0 {
			return l.waiting[i]
		}
	case impl.Order == impls.FIFO && impl.Waits == impls.Parked && fits(head), all(l.waiting, fits):
		return head
	}
	return nil
}

func all(calls []*call, ok func(*call) bool) bool {
	return !slices.ContainsFunc(calls, func(c *call) bool { return !ok(c) })
}

// drain releases what is held, permit by permit, until everybody had their turn.
func (l *line) drain() {
	for l.held > 0 {
		l.release(1)
		l.check()
	}
	if len(l.waiting) > 0 {
		l.t.failf("%v still wait though all permits are free", weights(l.waiting))
	}
	l.t.free(l.sem, l.size)
}

func doneOf(calls []*call) []<-chan struct{} {
	var all []<-chan struct{}
	for _, c := range calls {
		all = append(all, c.done)
	}
	return all
}

func weights(calls []*call) []int64 {
	var all []int64
	for _, c := range calls {
		all = append(all, c.n)
	}
	return all
}
