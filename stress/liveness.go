package stress

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// C14
func moreThanSize(t *trial) {
	for _, size := range []int64{0, 1, 3} {
		sem := t.make(size)
		doomed := t.startBlocked(sem, size+1)
		for range size {
			t.take(sem, 1) // they do not queue behind it
		}
		if size > 0 {
			sem.Release(size)
			t.free(sem, size)
		}
		doomed.cancel()
		t.refused(doomed, context.Canceled)
		t.free(sem, size)
	}
}

// C17: all lines of three waiters with weights 1 to 3, with each of them or none cancelled at
// each point, while the permits come back in two portions. After every step, whoever still
// waits must have a reason to.
func noLostWakeup(t *trial) {
	const size = 3
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

// C18: one Release admits several, of equal weights and of mixed ones. Then a line that is longer
// than what an implementation may have room for at first: it is let in little by little.
func releaseAdmitsAll(t *trial) {
	for _, weights := range [][]int64{{1, 1, 1, 1}, {2, 2}, {1, 3}, {1, 1, 2}, {3, 1}} {
		sem := t.make(4)
		t.take(sem, 4)
		var waiters []*call
		for _, n := range weights {
			c := t.startForever(sem, n)
			t.blocked(c)
			waiters = append(waiters, c)
		}
		sem.Release(4)
		for _, c := range waiters {
			t.granted(c)
		}
		sem.Release(4)
		t.free(sem, 4)
	}
	long := 100
	if t.impl.Waits != impls.Parked {
		long = 20 // so many that spin, or poll, take their time
	}
	l := t.fullLine(10, slices.Repeat([]int64{1, 2, 3, 1, 1}, long/5)...)
	for _, n := range []int64{1, 2, 7} {
		l.release(n)
		l.check()
	}
	l.drain()
}

// C20: a large request at the head holds up a small one, by right or because it sleeps in front
// of it. When the large one leaves, nobody releases anything: the leaver must pass it on.
func cancelledHead(t *trial) {
	sem := t.make(2)
	t.take(sem, 2)
	head := t.startBlocked(sem, 2)
	follower := t.startForever(sem, 1)
	t.blocked(follower)
	sem.Release(1)
	t.settle()
	head.cancel()
	t.refused(head, context.Canceled)
	t.granted(follower)
	sem.Release(2)
	t.free(sem, 2)
}

// C21
func cancelledFollower(t *trial) {
	l := t.fullLine(3, 3, 2, 2)
	head, follower, last := l.all[0], l.all[1], l.all[2]
	l.release(1)
	l.cancel(follower)
	t.blocked(head)
	t.blocked(last)
	l.check()
	l.drain()
}

// C22: each of several waiters by itself, then by a deadline. In a bubble the clock is the
// bubble's own and stands still while anything moves, so the bound is zero.
func cancelReturns(t *trial) {
	sem := t.make(2)
	t.take(sem, 2)
	var waiters []*call
	for _, n := range []int64{1, 2, 1, 3} {
		waiters = append(waiters, t.startBlocked(sem, n))
	}
	for _, c := range waiters {
		c.cancel()
		t.refused(c, context.Canceled)
	}
	const limit = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	began := time.Now()
	waiter := t.startWith(ctx, cancel, sem, 1)
	t.await(waiter)
	t.refused(waiter, context.DeadlineExceeded)
	if took := time.Since(began); t.impl.Waits == impls.Parked && took != limit {
		t.failf("Acquire returned %v after its start, want %v", took, limit)
	}
	sem.Release(2)
	t.free(sem, 2)
}

// unlocked gives C25 its own words, and less patience: nothing in it takes long.
func unlocked(run func(impls.Impl, time.Duration) error) func(impls.Impl, time.Duration) error {
	return func(impl impls.Impl, patience time.Duration) error {
		err := run(impl, patience/3)
		if never := (hung{}); errors.As(err, &never) {
			return failure{message: "a method of ctx that uses the semaphore never returned: " +
				"was it called while a lock was held?\n" + never.stacks}
		}
		return err
	}
}

// C25: a ctx of somebody's own may count its calls, log, or close a connection, and limit that with
// the very same semaphore.
func reentrantContext(t *trial) {
	for _, n := range []int64{1, 2, 3} {
		sem := t.make(2)
		inner, cancel := context.WithCancel(context.Background())
		// A few times only: a waiter that asks its ctx after each Release would otherwise be woken
		// by its own question for ever, and that would be this clause's doing.
		var uses atomic.Int64
		use := func() {
			if uses.Add(1) <= 10 && sem.TryAcquire(1) {
				sem.Release(1)
			}
		}
		ctx := usingContext{inner, use}
		t.take(sem, 1)
		c := t.startWith(ctx, cancel, sem, n)
		t.settle()
		cancel()
		if t.returned(c) == nil {
			sem.Release(n)
		}
		t.refused(t.startWith(ctx, cancel, sem, n), context.Canceled)
		sem.Release(1)
		t.free(sem, 2)
	}
}

// usingContext does something in each of its methods.
type usingContext struct {
	context.Context
	use func()
}

func (c usingContext) Done() <-chan struct{} { c.use(); return c.Context.Done() }
func (c usingContext) Err() error            { c.use(); return c.Context.Err() }
func (c usingContext) Value(key any) any     { c.use(); return c.Context.Value(key) }

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
