package stress

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/contexts"
)

// Contexts beside each other: parts of C9, C22, C25, C26, C27 and C38 in which requests with contexts of
// several kinds, or with one ctx, wait at the same time. A check with one kind at a time passes an
// implementation that treats two kinds rightly, each in a way of its own, and never compares them.

// A kind makes contexts of one kind. The end of each must be called.
type kind struct {
	name string
	make func() (context.Context, context.CancelFunc)
}

// timeKinds are the kinds between which a line may distinguish: a request that can end at any time, a request
// that never ends, and requests whose deadlines are near and far.
func timeKinds() []kind {
	background := context.Background()
	return []kind{
		{"a ctx of WithCancel", func() (context.Context, context.CancelFunc) {
			return context.WithCancel(background)
		}},
		{"context.Background", func() (context.Context, context.CancelFunc) { return background, func() {} }},
		{"a ctx with a deadline", func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(background, time.Hour)
		}},
		{"a ctx with a far deadline", func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(background, 30*24*time.Hour)
		}},
	}
}

// orderOfKinds lines up requests with contexts of every kind, in one order and then in the reverse order. So
// each kind waits before each other one, and behind it. An implementation may keep the requests that cannot be
// cancelled in a line of their own, or serve the request first whose deadline is next.
func orderOfKinds(t *trial) {
	living, ends := contexts.Living(), contexts.Ends()
	defer func() {
		for _, e := range ends {
			e.Cancel()
		}
	}()
	var all []context.Context
	for i, e := range ends {
		all = append(all, e.Ctx)
		if i < len(living) {
			all = append(all, living[i])
		}
	}
	for _, k := range timeKinds() {
		ctx, end := k.make()
		defer end()
		all = append(all, ctx)
	}
	reversed := slices.Clone(all)
	slices.Reverse(reversed)
	l := t.fullLine(1)
	for _, ctx := range slices.Concat(all, reversed) {
		l.joinWith(ctx, 1)
	}
	l.drain() // also checks the order
}

// starvedByKinds is noStarvation for a victim with a ctx of each kind in a stream of requests with contexts of each
// other kind. A guard against starvation may watch some requests only, such as the ones without a deadline.
func starvedByKinds(t *trial) {
	kinds := timeKinds()
	if t.impl.Order == impls.FIFO || t.impl.Waits != impls.Parked {
		return // C27 has the order; elsewhere a step takes long
	}
	for _, victim := range kinds {
		for _, passing := range kinds {
			if victim.name != passing.name {
				s := newStream(t, 1, 1)
				s.of, s.against = victim, passing
				s.starves(1)
			}
		}
	}
}

// errorsTogether ends contexts of every kind while their requests wait in one line, all of them before a waiter
// can run: in the order of the line, in the reverse order, and at once. Each request returns the error of its
// own ctx. An implementation may take all waiters off the line whose ctx is done when the first of them wakes,
// and tell them one error.
func errorsTogether(t *trial) {
	rounds := 6
	if t.impl.Waits != impls.Parked {
		rounds = 1 // a wait takes long there
	}
	for round := range rounds {
		sem := t.make(1)
		t.take(sem, 1)
		ends := contexts.Ends()
		var waiters []*call
		var cancels []func()
		for _, e := range ends {
			c := t.startEnding(e, sem, 1)
			t.mustWait(c)
			waiters, cancels = append(waiters, c), append(cancels, e.Cancel)
		}
		if round%2 == 1 {
			slices.Reverse(cancels)
		}
		if round < 4 {
			for _, cancel := range cancels {
				cancel()
			}
		} else {
			t.together(cancels...)
		}
		for i, e := range ends {
			t.mustFailWith(e, waiters[i])
		}
		sem.Release(1)
		t.mustHaveFree(sem, 1)
	}
}

// sharedByMany lets many requests wait with one ctx on one semaphore, more than a small table has places. Its
// end ends all of them that were not granted before.
func sharedByMany(t *trial, e *contexts.Ending) {
	const sharing, grants = 70, 3
	if t.impl.Waits != impls.Parked {
		e.Cancel()
		return // a wait takes long there
	}
	sem := t.make(1)
	t.take(sem, 1)
	var waiting []*call
	for range sharing {
		waiting = append(waiting, t.startEnding(e, sem, 1))
	}
	t.settle()
	for range grants {
		sem.Release(1)
		t.settle()
		i := slices.IndexFunc(waiting, (*call).hasReturned)
		if i < 0 {
			t.failf("%d requests still wait with a free permit, all with %s\n%s", len(waiting), e.Kind, t.stacks())
		}
		t.mustBeGranted(waiting[i])
		waiting = slices.Delete(waiting, i, i+1)
	}
	e.Cancel()
	for _, c := range waiting {
		t.mustFailWith(e, c)
	}
	sem.Release(1)
	t.mustHaveFree(sem, 1)
}

// sharedAcross lets requests wait with one ctx on several semaphores, as a function does that needs two
// resources. The waiters of the first one are granted. The end of the ctx then ends the waiters of the others.
// An implementation may register one callback for each ctx, in a table of all semaphores.
func sharedAcross(t *trial) {
	const count, waiters = 3, 2
	ends := contexts.Ends()
	if t.impl.Waits != impls.Parked { // a semaphore may be a file or a process there
		for _, e := range ends[1:] {
			e.Cancel()
		}
		ends = ends[:1]
	}
	for _, e := range ends {
		var sems [count]impls.Semaphore
		var waiting [count][]*call
		for i := range sems {
			sems[i] = t.make(1)
			t.take(sems[i], 1)
			for range waiters {
				waiting[i] = append(waiting[i], t.startEnding(e, sems[i], 1))
			}
		}
		t.settle()
		for range waiters {
			sems[0].Release(1)
			if !t.settledOn(doneChannels(waiting[0])...) {
				t.failf("%d requests still wait with a free permit, all with %s\n%s",
					len(waiting[0]), e.Kind, t.stacks())
			}
			i := slices.IndexFunc(waiting[0], (*call).hasReturned)
			t.mustBeGranted(waiting[0][i])
			waiting[0] = slices.Delete(waiting[0], i, i+1)
		}
		e.Cancel()
		for i, sem := range sems {
			for _, c := range waiting[i] {
				t.mustFailWith(e, c)
			}
			sem.Release(1)
			t.mustHaveFree(sem, 1)
		}
	}
}

// slowMethod gives Acquire a ctx one of whose methods does not return until the check says so. It holds up the
// call that the ctx was given to, and no other one: requests come and go, Release returns, and so does
// TryAcquire. An implementation that holds a lock during the call holds up all that need the lock, even if the
// method itself uses no semaphore. Whether the slow call has its permit, or stands in line already, is not
// known.
func slowMethod(t *trial, turn, held int64, ended bool) {
	const size = 2
	sem := t.make(size)
	if held > 0 {
		t.take(sem, held)
	}
	inner, cancel := context.WithCancel(context.Background())
	var uses atomic.Int64
	var counting atomic.Bool
	counting.Store(!ended)
	goOn := make(chan struct{})
	ctx := contexts.Using{Context: inner, Use: func() {
		if counting.Load() && uses.Add(1) == turn+1 {
			<-goOn
		}
	}}
	slow := t.startWith(ctx, cancel, sem, 1)
	t.settle()
	if ended { // the methods that are called before the wait have passed
		counting.Store(true)
		cancel()
		t.settle()
	}
	if !t.impl.NoTry && sem.TryAcquire(1) {
		sem.Release(1)
	}
	other := t.start(sem, 1)
	t.settle()
	other.cancel()
	t.giveBack(sem, []*call{other}, context.Canceled)
	if held > 0 {
		sem.Release(held)
	}
	close(goOn)
	t.settle()
	t.giveBack(sem, []*call{slow}, context.Canceled)
	cancel()
	t.mustHaveFree(sem, size)
}

// releasedAtEnd gives a permit back in one of the calls of the methods of a ctx that come after its end. A
// caller's own Err may close what the caller holds, and so release. No request but the leaver waits, so
// TryAcquire may answer without a lock that Release needs.
func releasedAtEnd(t *trial, turn int64) {
	const size = 2
	sem := t.make(size)
	t.take(sem, size)
	inner, cancel := context.WithCancel(context.Background())
	var ended, released atomic.Bool
	var uses atomic.Int64
	ctx := contexts.Using{Context: inner, Use: func() {
		if ended.Load() && uses.Add(1) == turn+1 {
			released.Store(true)
			sem.Release(1)
		}
	}}
	c := t.startWith(ctx, cancel, sem, 1)
	t.mustWait(c)
	ended.Store(true)
	cancel()
	t.giveBack(sem, []*call{c}, context.Canceled)
	if !released.Load() { // Acquire has not called so many methods
		sem.Release(1)
	}
	sem.Release(1)
	t.mustHaveFree(sem, size)
}

// leaversInLongLine cancels most waiters of a line of hundreds, in an order that is drawn, while no permit
// comes back. Each seventh waiter stays, as do the first and the last, and they keep their order. Storage that
// is made dense, or smaller, when enough waiters have left is so only in such a line; in a short one, or in one
// that is served at the same time, there are never enough holes.
func leaversInLongLine(t *trial) {
	const waiters, stays = 701, 7
	l := t.fullLine(1, slices.Repeat([]int64{1}, waiters)...)
	for left, place := range rand.New(rand.NewPCG(1, 5)).Perm(waiters) {
		if place%stays > 0 {
			l.cancel(l.all[place])
		}
		t.countProgress(left)
	}
	l.join(1)
	l.drain() // also checks the order
}

// holdersOutlive lets grants outlive the deadlines of their contexts while a crowd waits. A deadline ends a
// wait, and no grant. An implementation may take the permits of such a holder back when many requests wait.
func holdersOutlive(t *trial) {
	const size, crowd = 2, 40
	sem := t.make(size)
	for range size {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		t.mustBeGranted(t.startWith(ctx, cancel, sem, 1))
	}
	l := &line{t: t, sem: sem, size: size, held: size}
	for range crowd {
		l.join(1)
		time.Sleep(time.Minute) // on the clock of the bubble
		l.check()
	}
	l.drain()
}
