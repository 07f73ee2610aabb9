package stress

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/contexts"
)

// Cancellation: C20 to C23 and C32. A call that leaves the line must not harm its neighbours.

// C20: a large request at the head of the line holds up a small request. When the large request is
// cancelled, no Release follows. So the cancelled call itself must wake the small request. The
// follower cannot be cancelled: if nothing wakes it, it waits for ever, and the bubble shows that.
//
// The permits were free before the cancellation, so only the leaver can know that they now
// suffice for another.
func cancelledHead(t *trial) {
	leaverMeetsGrant(t)
	leaversMeetGrants(t)
	if t.impl.UnitWeights {
		return // no request is large, so a waiter that leaves holds up nothing
	}
	largeLeaverMeetsGrant(t)
	leaversTogether(t)
	leaverOfShutDoor(t)
	sem := t.make(2)
	t.take(sem, 2)
	head := t.startBlocked(sem, 2)
	follower := t.startForever(sem, 1)
	t.mustWait(follower)
	sem.Release(1)
	t.settle()
	head.cancel()
	t.mustBeRefused(head, context.Canceled)
	t.mustBeGranted(follower)
	sem.Release(2)
	t.mustHaveFree(sem, 2)
}

// leaverMeetsGrant cancels a waiter while a permit, or a wake-up, is on its way to it. The permit
// must reach the next waiter. It is the classic lost wake-up: the implementation has chosen the
// leaver as the receiver, the leaver returns an error, and no further Release will choose again. Two or
// three leavers stand in a row in other rounds: an implementation may hand a wake-up on once, to a waiter
// that is about to leave as well.
func leaverMeetsGrant(t *trial) {
	const rounds = 200
	for round := range rounds {
		sem := t.make(1)
		t.take(sem, 1)
		var leavers []*call
		var cancels []func()
		row := 1 + round/4%3
		if t.impl.Waits != impls.Parked {
			row = 1 // a wait takes long there
		}
		for range row {
			c := t.startBlocked(sem, 1)
			leavers, cancels = append(leavers, c), append(cancels, c.cancel)
		}
		follower := t.startForever(sem, 1)
		t.mustWait(follower)
		t.meetAll(round, []func(){func() { sem.Release(1) }}, cancels)
		t.giveBack(sem, leavers, context.Canceled)
		t.mustBeGranted(follower)
		l := &line{t: t, sem: sem, size: 1, held: 1}
		for range 1 + len(leavers) {
			if t.impl.Waits == impls.Parked { // else it takes long to see that a request waits
				l.join(1) // what the leavers left must not serve another request
			}
		}
		l.drain()
	}
}

// largeLeaverMeetsGrant cancels a waiter for both permits while they are on their way to it. If it leaves,
// each of two waiters behind it must get one of them: a leaver may hand on to one waiter only.
func largeLeaverMeetsGrant(t *trial) {
	const rounds = 100
	for round := range rounds {
		sem := t.make(2)
		t.take(sem, 2)
		leaver := t.startBlocked(sem, 2)
		var followers []*call
		for range 2 {
			c := t.startForever(sem, 1)
			t.mustWait(c)
			followers = append(followers, c)
		}
		t.meet(round, func() { sem.Release(2) }, leaver.cancel)
		t.giveBack(sem, []*call{leaver}, context.Canceled)
		for _, c := range followers {
			t.mustBeGranted(c)
		}
		sem.Release(2)
		t.mustHaveFree(sem, 2)
	}
}

// leaversTogether cancels the first two waiters at the same time, by one ctx or by two. A permit is free that
// fits neither of them, and fits the third. Each leaver may take the other one for the head, and leave the look
// at the line to it.
func leaversTogether(t *trial) {
	if t.impl.Waits != impls.Parked {
		return // a wait takes long there
	}
	const rounds = 200
	for round := range rounds {
		sem := t.make(2)
		t.take(sem, 2)
		parent, cancelBoth := context.WithCancel(context.Background())
		var leavers []*call
		var cancels []func()
		for range 2 {
			ctx, cancel := context.WithCancel(parent)
			c := t.startWith(ctx, cancel, sem, 2)
			t.mustWait(c)
			leavers, cancels = append(leavers, c), append(cancels, cancel)
		}
		follower := t.startForever(sem, 1)
		t.mustWait(follower)
		sem.Release(1)
		t.settle()
		if round%2 == 0 {
			cancelBoth()
		} else {
			t.together(cancels...)
		}
		for _, c := range leavers {
			t.mustBeRefused(c, context.Canceled)
		}
		t.mustBeGranted(follower)
		cancelBoth()
		sem.Release(2)
		t.mustHaveFree(sem, 2)
	}
}

// leaverOfShutDoor lets requests pass a large one until the guard against starvation makes others wait that fit. Then
// the large request leaves, and nothing comes back: it must let all of them through. Before the guard is in
// force, a leaver holds up no request, so an implementation may forget the door.
func leaverOfShutDoor(t *trial) {
	const size = 3
	if t.impl.Order == impls.FIFO || !t.impl.StarvationFree {
		return // the head alone holds others up under FIFO
	}
	sem := t.make(size)
	t.take(sem, 1)
	large := t.startBlocked(sem, size)
	for range mostPasses {
		small := t.start(sem, 1)
		if t.settle(); !small.hasReturned() {
			line := []*call{small, t.startForever(sem, 1)}
			t.settle()
			large.cancel()
			t.mustBeRefused(large, context.Canceled)
			for _, c := range line {
				t.mustBeGranted(c)
			}
			sem.Release(size)
			t.mustHaveFree(sem, size)
			return
		}
		t.mustBeGranted(small)
		sem.Release(1)
		t.letTimeGoBy()
	}
	// The guard is the matter of C26.
}

// leaversMeetGrants is leaverMeetsGrant with a ctx of each kind. A waiter that finds itself granted may look
// at its ctx once more and hand the permit on; it may do so for some contexts, or for some errors, only.
func leaversMeetGrants(t *trial) {
	rounds := 8
	if t.impl.Waits == impls.Elsewhere {
		rounds = 2 // a call may be a message
	}
	for round := range rounds {
		for _, e := range contexts.Ends() {
			t.leaveAndRelease(e.Ctx, e.Want, e.Cancel, func(release func()) { t.meet(round, release, e.Cancel) })
		}
	}
	if t.impl.Waits != impls.Parked {
		return // it could not be seen that the first request waits
	}
	// The ctx becomes done in one of the calls of its methods, as in doneMeanwhile. A call that comes
	// after the wait finds both the grant and the end of the ctx.
	for _, err := range []error{context.Canceled, context.DeadlineExceeded, contexts.ErrOfCaller} {
		for turn := range int64(4) {
			own := contexts.NewEnding(err)
			var uses atomic.Int64
			ctx := contexts.Using{Context: own, Use: func() {
				if uses.Add(1) == turn+1 {
					own.End()
				}
			}}
			t.leaveAndRelease(ctx, err, own.End, func(release func()) { release() })
		}
	}
}

// leaveAndRelease starts a request with ctx and another one behind it. Then meet releases the permit, and
// may end ctx. The second request gets the permit in the end, whatever the first one returns.
func (t *trial) leaveAndRelease(ctx context.Context, want error, end func(), meet func(release func())) {
	sem := t.make(1)
	t.take(sem, 1)
	leaver := t.startWith(ctx, end, sem, 1)
	t.settle()
	follower := t.startForever(sem, 1)
	t.settle()
	meet(func() { sem.Release(1) })
	t.settle()
	end() // the follower may have been served first
	switch err := t.returned(leaver); err {
	case nil:
		sem.Release(1)
	case want:
	default:
		t.failf("Acquire(1) = %v, want nil or %v", err, want)
	}
	t.mustBeGranted(follower)
	sem.Release(1)
	t.mustHaveFree(sem, 1)
}

// C21: a request that is cancelled behind the head admits no request that does not fit. The line is
// 3, 2, 2 with one permit free, and none of them fits at any time before the drain.
func cancelledFollower(t *trial) {
	l := t.fullLine(3, 3, 2, 2)
	head, follower, last := l.all[0], l.all[1], l.all[2]
	l.release(1)
	l.cancel(follower)
	t.mustWait(head)
	t.mustWait(last)
	l.check()
	l.drain()
}

// C22: a blocked Acquire returns when its ctx is cancelled: each of several waiters, then waiters
// that are about to sleep, then by contexts of all kinds, then by a deadline. The clock of a bubble
// stands still while anything moves, so Acquire must return at the deadline exactly. The rounds
// with yields cancel a waiter before, while and after it joins the line.
func cancelReturns(t *trial) {
	sem := t.make(2)
	t.take(sem, 2)
	var waiters []*call
	for _, n := range t.weights(1, 2, 1, 3) {
		waiters = append(waiters, t.startBlocked(sem, n))
	}
	for _, c := range waiters {
		c.cancel()
		t.mustBeRefused(c, context.Canceled)
	}
	const rounds = 400
	for round := range rounds {
		c := t.start(sem, 1)
		yield(round % 4)
		c.cancel()
		t.mustBeRefused(c, context.Canceled)
	}
	for _, e := range contexts.Ends() {
		waiter := t.startEnding(e, sem, 1)
		t.mustWait(waiter)
		e.Cancel()
		if t.returned(waiter) == nil {
			t.failf("Acquire with %s = nil, want an error: nothing was free", e.Kind)
		}
	}
	for grants := range 3 {
		for _, e := range contexts.Ends() {
			sharedContext(t, e, grants)
		}
	}
	for _, e := range contexts.Ends() {
		holdersContext(t, e)
	}
	for _, e := range contexts.Ends() {
		sharedByMany(t, e)
	}
	const limit = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	began := time.Now()
	waiter := t.startWith(ctx, cancel, sem, 1)
	t.await(waiter)
	t.mustBeRefused(waiter, context.DeadlineExceeded)
	if took := time.Since(began); t.impl.Waits == impls.Parked && took != limit {
		t.failf("Acquire returned %v after its start, want %v", took, limit)
	}
	sem.Release(2)
	t.mustHaveFree(sem, 2)
}

// sharedContext lets four requests wait with one ctx, as the workers of an errgroup do. Some are granted
// one after the other, and the end of the ctx then ends the others, at once. An implementation that finds
// a waiter by its ctx, or by the Done channel of it, mistakes one request for another. A fifth request
// has a ctx that never ends, and must get the permit that the others leave.
func sharedContext(t *trial, e *contexts.Ending, grants int) {
	sem := t.make(1)
	t.take(sem, 1)
	var sharing []*call
	for range 4 {
		sharing = append(sharing, t.startEnding(e, sem, 1))
		t.mustWait(sharing[len(sharing)-1])
	}
	stranger := t.startForever(sem, 1)
	t.mustWait(stranger)
	for range grants {
		sem.Release(1)
		if !t.settledOn(doneChannels(append(slices.Clone(sharing), stranger))...) {
			t.failf("5 requests still wait with a free permit, 4 of them share %s\n%s", e.Kind, t.stacks())
		}
		if stranger.hasReturned() { // no order is promised
			break
		}
		i := slices.IndexFunc(sharing, (*call).hasReturned)
		t.mustBeGranted(sharing[i])
		sharing = slices.Delete(sharing, i, i+1)
	}
	e.Cancel()
	for _, c := range sharing {
		t.mustFailWith(e, c)
	}
	if !stranger.hasReturned() {
		sem.Release(1)
	}
	t.mustBeGranted(stranger)
	sem.Release(1)
	t.mustHaveFree(sem, 1)
}

// holdersContext asks for permits with the ctx of a request that was granted, as a function does that passes its ctx
// to another one. Such a request takes permits like any other: it is not taken for a request that holds them
// already, whether permits are free or not.
func holdersContext(t *trial, e *contexts.Ending) {
	const size = 3
	sem := t.make(size)
	for range size {
		t.mustBeGranted(t.startEnding(e, sem, 1))
	}
	waiter, stays := t.startEnding(e, sem, 1), t.startForever(sem, 1)
	t.mustWait(waiter)
	t.mustWait(stays)
	e.Cancel()
	t.mustFailWith(e, waiter)
	t.mustWait(stays)
	sem.Release(1)
	t.mustBeGranted(stays)
	sem.Release(1)
	sem.Release(1)
	sem.Release(1)
	t.mustHaveFree(sem, size)
}

// C23: many deadlines fall on the same instant; in every other round all permits are released at
// this instant too. In a bubble it is one instant exactly. Elsewhere there are fewer waiters,
// because they may spin. The contexts share an instant and not a timer, so each wakes its own
// waiter and all of them race for the lock of the semaphore. The check waits for a ctx of its own
// with the same deadline, so that its Release falls on that instant too.
//
// All leavers race for one lock at one instant, which a loop of single cancellations never
// shows.
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
			storm = append(storm, t.startWith(ctx, cancel, sem, t.weight(1+int64(i)%size)))
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
		t.mustHaveFree(sem, size)
	}
}

// C32: no legal call panics. All permits are released, at once or one by one, and waiters are
// cancelled before, after and meanwhile. The remaining waiters are cancelled when nothing can move.
// The number of cancellations goes from none to all over the rounds, and each number meets each way
// of releasing.
//
// Panics in the goroutine of a call arrive by the call itself. A panic in a goroutine of the
// implementation ends the process; the recorder then names this clause.
func noPanic(t *trial) {
	const size = 3
	rounds := 400
	if t.impl.Waits != impls.Parked {
		rounds = 100 // many spinning waiters are slow
	}
	for round := range rounds {
		sem := t.make(size)
		t.take(sem, size)
		var waiters []*call
		var cancels []func()
		for i := range int64(2 * size) {
			c := t.start(sem, t.weight(1+i%size))
			waiters, cancels = append(waiters, c), append(cancels, c.cancel)
		}
		t.settle()
		portions := []func(){func() { sem.Release(size) }}
		if round%2 == 0 {
			portions = copies(size, func(int) { sem.Release(1) })
		}
		t.meetAll(round/2, portions, cancels[:round%(2*size+1)])
		t.settle()
		for _, cancel := range cancels {
			cancel()
		}
		t.giveBack(sem, waiters, context.Canceled)
		t.settle()
		t.mustHaveFree(sem, size)
	}
}

// meetAll is meet for two lists of functions. In one round of four all functions are called at
// once. In the other rounds each list runs in its own order within one goroutine, which keeps the
// order of the cancellations, and so the order in which waiters leave.
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

// giveBack awaits all calls, and releases the permits of the granted ones. The others must have
// returned the error refusal. A grant is legal in every case: Release and cancellation overlapped.
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
