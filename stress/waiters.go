package stress

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/semabench/semabench/impls"
)

// start begins an Acquire of n permits with its own ctx.
func (t *trial) start(sem impls.Semaphore, n int64) *call {
	ctx, cancel := context.WithCancel(context.Background())
	return t.startWith(ctx, cancel, sem, n)
}

// startForever begins an Acquire that cannot be cancelled. The check must ensure that it is
// granted.
func (t *trial) startForever(sem impls.Semaphore, n int64) *call {
	return t.startWith(context.Background(), func() {}, sem, n)
}

// startWith begins an Acquire and returns at once. The call may not have reached the semaphore yet:
// a check that needs the waiter in the line settles first. The deferred functions run in the order
// recover, progress, close: when done is closed, everything else has been written.
func (t *trial) startWith(ctx context.Context, cancel func(), sem impls.Semaphore, n int64) *call {
	t.needsWeight(n)
	c := &call{n: n, ctx: ctx, cancel: cancel, done: make(chan struct{})}
	t.calls = append(t.calls, c)
	go func() {
		defer close(c.done)
		defer t.progress.Add(1)
		returned := false
		defer func() {
			if r := recover(); r != nil {
				c.panicked = fmt.Errorf("Acquire(%d) panicked: %v\n%s", n, r, debug.Stack())
			} else if !returned {
				c.panicked = fmt.Errorf("Acquire(%d): %w", n, goexit)
			}
		}()
		c.err = sem.Acquire(ctx, n)
		returned = true
	}()
	return c
}

// startBlocked begins an Acquire that has to wait, and returns when it waits.
func (t *trial) startBlocked(sem impls.Semaphore, n int64) *call {
	c := t.start(sem, n)
	t.mustWait(c)
	return c
}

// mustWait fails unless c still waits when nothing can move.
//
// It is exact in a bubble. Elsewhere it can miss a return that comes later, and never sees one
// that did not happen.
func (t *trial) mustWait(c *call) {
	t.settle()
	select {
	case <-c.done:
		t.failf("Acquire(%d) returned %v, want it to wait%s", c.n, c.err, because(c.panicked))
	default:
	}
}

// returned fails unless c has returned when nothing can move, and gives its result. It forgets c
// before it waits. Otherwise cleanup would wait a second time, for as long, for a call that never
// returns.
func (t *trial) returned(c *call) error {
	t.calls = without(t.calls, c)
	if !t.settledOn(c.done) {
		why := ""
		if c.ctx.Err() != nil {
			why = " though its ctx is done"
		}
		t.failf("Acquire(%d) still waits%s\n%s", c.n, why, t.stacks())
	}
	if c.panicked != nil {
		panic(failure{message: c.panicked.Error()})
	}
	return c.err
}

// mustBeGranted fails unless c has returned nil when nothing can move.
func (t *trial) mustBeGranted(c *call) {
	if err := t.returned(c); err != nil {
		t.failf("Acquire(%d) = %v, want nil", c.n, err)
	}
}

// mustBeRefused fails unless c has returned the error want when nothing can move. The comparison is
// with == because the contract promises ctx.Err() unchanged.
func (t *trial) mustBeRefused(c *call, want error) {
	if err := t.returned(c); err != want {
		t.failf("Acquire(%d) = %v, want %v", c.n, err, want)
	}
}

// take acquires n free permits, one by one if Impl.UnitWeights is set.
func (t *trial) take(sem impls.Semaphore, n int64) {
	if t.impl.UnitWeights && n > 1 && n <= mostUnits {
		for range n {
			t.mustBeGranted(t.start(sem, 1))
		}
		return
	}
	t.mustBeGranted(t.start(sem, n))
}

// await waits for c on the clock of the clause. A bubble turns its clock forward to the next
// deadline when nothing else can move.
func (t *trial) await(c *call) {
	if t.impl.Waits == impls.Parked {
		<-c.done // if c never returns, the bubble reports a deadlock
		return
	}
	t.settledOn(c.done)
}

func (c *call) hasReturned() bool { return anyClosed(c.done) }

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

func without(calls []*call, c *call) (rest []*call) {
	for _, other := range calls {
		if other != c {
			rest = append(rest, other)
		}
	}
	return rest
}

// A line is a semaphore and the account that a clause keeps beside it: which requests should wait,
// and how many permits should be free. Between two steps free+held is size, and waiting is a
// subsequence of all. The account moves only when a step does; a semaphore that grants on its own
// account makes free negative, which check reports.
//
// The account knows only what was observed: a grant counts when its call has returned, and not
// when the semaphore may have decided it.
type line struct {
	t       *trial
	sem     impls.Semaphore
	size    int64
	free    int64
	held    int64
	all     []*call // in the order in which they began to wait
	waiting []*call // the calls of all that were neither granted nor cancelled
}

// fullLine takes all permits of a new semaphore, and starts one waiter after the other.
func (t *trial) fullLine(size int64, weights ...int64) *line {
	for _, n := range weights {
		t.needsWeight(n) // before anything is held
	}
	l := &line{t: t, sem: t.make(size), size: size, held: size}
	t.take(l.sem, size)
	for _, n := range weights {
		l.join(n)
	}
	return l
}

// join starts one more waiter.
func (l *line) join(n int64) {
	c := l.t.startBlocked(l.sem, n)
	l.all = append(l.all, c)
	l.waiting = append(l.waiting, c)
}

// joinWith is join with a given ctx, which must not end before the line is drained.
func (l *line) joinWith(ctx context.Context, n int64) {
	c := l.t.startWith(ctx, func() {}, l.sem, n)
	l.t.mustWait(c)
	l.all = append(l.all, c)
	l.waiting = append(l.waiting, c)
}

// release gives permits back. They count as free even if the semaphore hands them to a waiter at
// once: check moves them to held when it has seen the grant.
func (l *line) release(n int64) {
	l.sem.Release(n)
	l.held -= n
	l.free += n
}

// cancel cancels c if it still waits.
//
// A grant is accepted in two cases. Where waiters are not parked, c may have been granted since
// check looked. Where the order is unspecified, check demands no grant to c while another request
// that does not fit may hold it up, but a grant is legal.
func (l *line) cancel(c *call) {
	c.cancel()
	rest := without(l.waiting, c)
	if len(rest) == len(l.waiting) {
		return
	}
	l.waiting = rest
	err := l.t.returned(c)
	switch {
	case err == nil && (l.t.impl.Waits != impls.Parked || l.t.impl.Order == impls.Unspecified):
		l.count(c)
	case err != context.Canceled:
		l.t.failf("Acquire(%d) = %v, want %v", c.n, err, context.Canceled)
	}
}

// grant requires that c was granted.
func (l *line) grant(c *call) {
	l.t.mustBeGranted(c)
	l.waiting = without(l.waiting, c)
	l.count(c)
}

// count moves the permits of c from free to held.
func (l *line) count(c *call) {
	l.free -= c.n
	l.held += c.n
}

// check accounts for the waiters that were granted. It fails if there were not enough permits for
// them, or if a waiter is left that must have been granted. It repeats until nothing more is owed.
// A grant changes free, so the question for the next waiter has to be asked anew. Each round grants
// at least one waiter or ends, so there are at most as many rounds as waiters.
//
// It is called after every step of a clause. A wrong grant is so reported at the step that made
// it.
func (l *line) check() {
	l.t.settle()
	ordered := l.t.impl.Order == impls.FIFO && l.t.impl.Waits == impls.Parked
	for {
		// grant replaces l.waiting by a new slice, so this loop still goes over the old one.
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
		// c fits. So c must return, or another request that barged past it. Parked waiters would
		// have done so by now.
		if !l.t.settledOn(doneChannels(l.waiting)...) {
			l.t.failf("Acquire(%d) still waits with %d permits free; in line: %v\n%s",
				c.n, l.free, weights(l.waiting), l.t.stacks())
		}
	}
}

// admissible returns a waiter that must not be waiting, or nil.
//
// Under FIFO no request may pass the head of the line. The head is known only among parked waiters.
// Of other waiters only the order is known in which their goroutines were started, so a grant is
// due only if all waiters fit. The same holds if the order is unspecified.
func (l *line) admissible() *call {
	fits := func(c *call) bool { return c.n <= l.free }
	if len(l.waiting) == 0 {
		return nil
	}
	head, impl := l.waiting[0], l.t.impl
	allFit := !slices.ContainsFunc(l.waiting, func(c *call) bool { return !fits(c) })
	switch {
	case impl.Order == impls.Barging:
		if i := slices.IndexFunc(l.waiting, fits); i >= 0 {
			return l.waiting[i]
		}
	case impl.Order == impls.FIFO && impl.Waits == impls.Parked && fits(head), allFit:
		return head
	}
	return nil
}

// drain releases what is held, permit by permit, until every waiter was granted and has released.
// One permit at a time is the hardest way for the semaphore: a large request at the head fits only
// at the end, and each step before that is a chance to serve the wrong request.
func (l *line) drain() {
	for l.held > 0 {
		l.release(1)
		l.check()
	}
	if len(l.waiting) > 0 {
		l.t.failf("%v still wait though all permits are free", weights(l.waiting))
	}
	l.t.mustHaveFree(l.sem, l.size)
}

func doneChannels(calls []*call) (all []<-chan struct{}) {
	for _, c := range calls {
		all = append(all, c.done)
	}
	return all
}

func weights(calls []*call) (all []int64) {
	for _, c := range calls {
		all = append(all, c.n)
	}
	return all
}

// make returns a fresh semaphore. The trial closes it in the end, whether the clause passed or not.
func (t *trial) make(size int64) impls.Semaphore {
	sem, err := t.impl.Make(size)
	if err != nil {
		t.failf("%v", err)
	}
	t.made = append(t.made, sem)
	if t.impl.UnitWeights {
		return unitSemaphore{sem, t}
	}
	return sem
}
