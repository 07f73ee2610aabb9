package stress

import (
	"context"
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
)

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
	leaverMeetsGrant(t)
}

// leaverMeetsGrant lets a waiter leave at the moment at which a permit, or the news of one, is on
// its way to it. It must not get lost there.
func leaverMeetsGrant(t *trial) {
	const rounds = 200
	for round := range rounds {
		sem := t.make(1)
		t.take(sem, 1)
		leaver := t.startBlocked(sem, 1)
		follower := t.startForever(sem, 1)
		t.blocked(follower)
		t.meet(round, func() { sem.Release(1) }, leaver.cancel)
		if t.returned(leaver) == nil {
			sem.Release(1)
		}
		t.granted(follower)
		sem.Release(1)
		t.free(sem, 1)
	}
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

// C22: each of several waiters by itself, then while on its way to sleep, then by a deadline. In a
// bubble the clock is the bubble's own and stands still while anything moves, so the bound
// is zero.
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
	const rounds = 400
	for round := range rounds {
		c := t.start(sem, 1)
		stepAside(round % 4)
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

// C23: deadlines that fall on the same instant, which in a bubble is exactly that; in every other
// round all permits come back at this instant too. Out of a bubble the storm is a breeze.
func timeoutStorm(t *trial) {
	waiters, rounds, size := 32, 50, int64(3)
	if t.impl.Waits != impls.Parked {
		waiters, rounds = 6, 10
	}
	sem := t.make(size)
	for round := range rounds {
		t.take(sem, size)
		instant := time.Now().Add(2 * time.Millisecond)
		var storm []*call
		for i := range waiters {
			ctx, cancel := context.WithDeadline(context.Background(), instant)
			storm = append(storm, t.startWith(ctx, cancel, sem, 1+int64(i)%size))
		}
		now, cancel := context.WithDeadline(context.Background(), instant)
		<-now.Done()
		cancel()
		if round%2 == 0 {
			sem.Release(size)
		}
		t.giveBack(sem, storm, context.DeadlineExceeded)
		if round%2 == 1 {
			sem.Release(size)
		}
		t.settle()
		t.free(sem, size)
	}
}

// C32: Release of all, at once or one by one, and cancellations, before, after and during it. Those
// who are not cancelled in the first place are when nothing can move any more.
func noPanic(t *trial) {
	const size = 3
	rounds := 400
	if t.impl.Waits != impls.Parked {
		rounds = 100 // so many that spin take their time
	}
	for round := range rounds {
		sem := t.make(size)
		t.take(sem, size)
		var waiters []*call
		var leave []func()
		for i := range int64(2 * size) {
			c := t.start(sem, 1+i%size)
			waiters, leave = append(waiters, c), append(leave, c.cancel)
		}
		t.settle()
		portions := []func(){func() { sem.Release(size) }}
		if round%2 == 0 {
			portions = times(size, func(int) { sem.Release(1) })
		}
		t.meetAll(round/2, portions, leave[:round%(2*size+1)])
		t.settle()
		for _, cancel := range leave {
			cancel()
		}
		t.giveBack(sem, waiters, context.Canceled)
		t.settle()
		t.free(sem, size)
	}
}

// meetAll is meet for several, which at times are all called at once.
func (t *trial) meetAll(round int, as, bs []func()) {
	one := func(all []func()) func() {
		return func() {
			for _, f := range all {
				f()
			}
		}
	}
	if round%4 == 3 {
		t.together(slices.Concat(as, bs)...)
		return
	}
	t.meet(round, one(as), one(bs))
}

// giveBack releases what calls have got, all of which must return, with permits or with refusal.
func (t *trial) giveBack(sem impls.Semaphore, calls []*call, refusal error) {
	for _, c := range calls {
		switch err := t.returned(c); err {
		case nil:
			sem.Release(c.n)
		case refusal:
		default:
			t.failf("Acquire(%d) = %v, want nil or %v", c.n, err, refusal)
		}
	}
}
