package stress

import (
	"context"
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
