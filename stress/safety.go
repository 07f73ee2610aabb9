package stress

import (
	"context"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/contexts"
)

// Safety: C1 to C7 and C16. How many permits are held, and by which calls.

// C1: permits run out when they should, and a free permit goes to one caller only.
//
// The clause is about the bound alone. That a permit is not lost either is C2.
func capacity(t *trial) {
	sem := t.make(3)
	for range 3 {
		t.take(sem, 1)
	}
	waiter := t.startBlocked(sem, 1)
	sem.Release(1)
	t.mustBeGranted(waiter)
	waiter = t.startBlocked(sem, 1)
	if t.impl.Waits == impls.Parked {
		time.Sleep(10 * time.Minute) // on the clock of the bubble: no permit and no waiter may expire
	}
	t.mustWait(waiter)

	const rounds = 200
	for range rounds {
		stolenPermit(t)
	}
	firstCalls(t)
}

// firstCalls lets the first two calls of many semaphores meet. What a semaphore makes at its first use, such
// as its line or a shard, it may make twice then, and each call gets its own. Both calls are for the only
// permit. The first to arrive spins until the other one is there, so that they are less than a microsecond
// apart; the bound on the spins is for machines with one processor.
func firstCalls(t *trial) {
	rounds := 2000
	if t.impl.Waits != impls.Parked {
		rounds = 20 // a semaphore may be a file there
	}
	sems := make([]impls.Semaphore, rounds)
	for i := range sems {
		sems[i] = t.make(1)
	}
	arrived, holders := make([]atomic.Int64, rounds), make([]atomic.Int64, rounds)
	t.together(copies(2, func(int) {
		for i, sem := range sems {
			arrived[i].Add(1)
			for spins := 0; arrived[i].Load() < 2; spins++ {
				if t.panicked.Load() != nil {
					return // the other call failed, and its goroutine has ended
				}
				if spins > 1000 {
					runtime.Gosched()
				}
			}
			if err := sem.Acquire(context.Background(), 1); err != nil {
				t.failf("the first Acquire(1) = %v, want nil", err)
			}
			if n := holders[i].Add(1); n != 1 {
				t.failf("%d of 1 permits are held after the first two calls", n)
			}
			runtime.Gosched()
			holders[i].Add(-1)
			sem.Release(1)
		}
	})...)
}

// stolenPermit returns a permit to a sleeping waiter, and lets TryAcquire take it before that
// waiter runs. A waiter that does not check again holds the permit too. On a semaphore under FIFO
// the try may fail, since the permit belongs to the waiter. Then the check only requires the grant.
func stolenPermit(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	waiter := t.startBlocked(sem, 1)
	sem.Release(1)
	if sem.TryAcquire(1) {
		t.mustWait(waiter)
		sem.Release(1)
	}
	t.mustBeGranted(waiter)
}

// C2: permits are conserved however waiters are granted or cancelled. Each round has a waiter for
// all permits and a waiter that leaves. A permit too many or too few, after any of these steps,
// shows in the exact count afterwards.
//
// The size of 0 is included: it has no permits to lose, and a surplus shows there at once.
func conservation(t *trial) {
	for _, size := range []int64{0, 1, 2, 7} {
		if t.impl.UnitWeights && size > 1 {
			break // the waiter needs them all
		}
		sem := t.make(size)
		t.mustHaveFree(sem, size)
		for n := int64(1); n <= size; n++ {
			t.take(sem, n)
			waiter := t.startBlocked(sem, size)
			leaver := t.startBlocked(sem, 1+size-n)
			leaver.cancel()
			t.mustBeRefused(leaver, context.Canceled)
			sem.Release(n)
			t.mustBeGranted(waiter)
			sem.Release(size)
			t.mustHaveFree(sem, size)
		}
	}
	manyHolders(t)
}

// manyHolders lets requests of one weight hold all permits, and gives these back one request after the other: up to
// more requests than a table of usual size has places. An implementation may note the holders, or keep what comes
// back in pieces of the size in which it came. With requests for one permit, or with few at a time, such a
// table is never full. All permits are then taken at once, without waiting and after a wait.
func manyHolders(t *trial) {
	most, weights := int64(70), []int64{2, 3, 64}
	switch {
	case t.impl.UnitWeights:
		return // a permit comes back in one piece only
	case t.impl.Waits != impls.Parked:
		most, weights = 17, []int64{2} // a call may be a message
	}
	for _, n := range weights {
		for count := int64(1); count <= most; count++ {
			if size := n * count; t.impl.MaxSize == 0 || size <= t.impl.MaxSize {
				manyHold(t, n, count)
			}
		}
	}
}

// manyHold is one size of manyHolders.
func manyHold(t *trial, n, count int64) {
	sem := t.make(n * count)
	hold := func() {
		for range count {
			if err := sem.Acquire(context.Background(), n); err != nil {
				t.failf("Acquire(%d) = %v, want nil", n, err)
			}
		}
	}
	hold()
	for range count {
		sem.Release(n)
	}
	t.mustHaveFree(sem, n*count)
	hold()
	all := t.startBlocked(sem, n*count)
	for range count {
		sem.Release(n)
	}
	t.mustBeGranted(all)
	t.mustHaveFree(sem, 0)
}

// C3: a failed try for any weight leaves the free permits as they were. The weights straddle the
// two borders: one more than is free, all, and one more than the size.
func failedTry(t *trial) {
	t.needsTry()
	sem := t.make(3)
	t.take(sem, 2)
	for _, n := range []int64{2, 3, 4} {
		if sem.TryAcquire(n) {
			t.failf("TryAcquire(%d) = true, want false with 1 of 3 permits free", n)
		}
		t.mustHaveFree(sem, 1)
	}
	sem.Release(2)
	t.mustHaveFree(sem, 3)
	failedTries(t)
}

// failedTries makes many tries that fail, one after the other, and then one that has its permit. An implementation may
// count the failures, and refuse for some time when they are many, as a circuit breaker does. The numbers of
// failures double, so that each count and each limit of it is passed.
func failedTries(t *trial) {
	most := 1 << 12
	if t.impl.Waits != impls.Parked {
		most = 1 << 6 // a try may be a message
	}
	sem := t.make(1)
	for failures := 1; failures <= most; failures *= 2 {
		t.take(sem, 1)
		for range failures {
			if sem.TryAcquire(1) {
				t.failf("TryAcquire(1) = true, want false with no permit free")
			}
		}
		sem.Release(1)
		t.take(sem, 1)
		waiter := t.startBlocked(sem, 1)
		for range failures {
			if sem.TryAcquire(1) {
				t.failf("TryAcquire(1) = true, want false with no permit free and a request in line")
			}
		}
		sem.Release(1)
		t.mustBeGranted(waiter)
		sem.Release(1)
		if !sem.TryAcquire(1) {
			t.failf("TryAcquire(1) = false after %d tries that failed, want true with 1 permit free", failures)
		}
		for range failures {
			sem.TryAcquire(1)
		}
		sem.Release(1)
		t.mustHaveFree(sem, 1)
	}
}

// C4: TryAcquire succeeds for every small size, number held and weight that fit; then at sizes at
// which storage tends to grow. Last, concurrent tries for exactly as many permits as there are: no
// try may fail because it ran at the same time as another. The sizes below 4 are tried
// exhaustively, since most mistakes of an index show there. The larger sizes lie on both sides of
// powers of two.
//
// It is the counterpart of C1: refusing everything would satisfy that one.
func enoughPermits(t *trial) {
	t.needsTry()
	const most = 4
	for size := range int64(most) {
		for held := range size + 1 {
			for n := int64(1); n <= size+1; n++ {
				sem := t.make(size)
				if held > 0 {
					t.take(sem, held)
				}
				if got, want := sem.TryAcquire(n), n <= size-held; got != want {
					t.failf("TryAcquire(%d) = %v, want %v with %d of %d permits free",
						n, got, want, size-held, size)
				}
			}
		}
	}
	for _, size := range []int64{7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000} {
		sem := t.make(size)
		t.mustHaveFree(sem, size)
		t.take(sem, size-1)
		t.mustHaveFree(sem, 1)
	}
	const workers, tries = 4, 1000
	// Nothing is released here. So every try has a permit, however the tries interleave.
	sem := t.make(workers * tries)
	t.together(copies(workers, func(int) {
		for try := range tries {
			t.countProgress(try)
			if !sem.TryAcquire(1) {
				t.failf("TryAcquire(1) = false, want true: there is a permit for each of %d calls",
					workers*tries)
			}
		}
	})...)
	t.mustHaveFree(sem, 0)
	rounds, ones := 8, int64(2000) // whether the calls overlap is up to the scheduler of Go
	if t.impl.Waits == impls.Elsewhere {
		rounds, ones = 1, 50 // a try may be a call of the kernel, or a message
	}
	for range rounds {
		triesBesideRefused(t, ones)
	}
	triesAtBorders(t)
	triesDuringRelease(t)
}

// triesDuringRelease tries for one permit until a Release of several has given it, and then for the others. A Release
// takes effect at one moment: the first try that succeeds shows that all permits are free. An implementation that
// gives them back in parts fails a later try. No other call takes a permit.
func triesDuringRelease(t *trial) {
	rounds, size := 2000, int64(4)
	if t.impl.Waits == impls.Elsewhere {
		rounds = 20 // a call may be a message
	}
	if t.impl.UnitWeights || t.impl.MaxSize > 0 && t.impl.MaxSize < size {
		return // a Release of several permits is several calls
	}
	sem := t.make(size)
	t.take(sem, size)
	for round := range rounds {
		t.countProgress(round)
		var released atomic.Bool
		t.together(func() {
			sem.Release(size)
			released.Store(true)
		}, func() {
			for before := released.Load(); !sem.TryAcquire(1); before = released.Load() {
				if before {
					t.failf("TryAcquire(1) = false after Release(%d), want true", size)
				}
				if t.panicked.Load() != nil {
					return // Release panicked, and gives nothing back
				}
				runtime.Gosched()
			}
			for taken := int64(1); taken < size; taken++ {
				if !sem.TryAcquire(1) {
					t.failf("TryAcquire(1) = false after %d others succeeded, want true: one Release gave %d permits back",
						taken, size)
				}
			}
		})
	}
	t.mustHaveFree(sem, 0)
}

// triesAtBorders tries for one permit, of which there are enough, while another goroutine moves the number of free
// permits to and fro over a border of 8, 16, 31 and 32 bits, or is about to empty one of several shards. An implementation may keep the number in two parts, and
// read them one after the other. It then sees the upper part of one number and the lower part of the
// other one. Far from such borders the two parts fit together.
func triesAtBorders(t *trial) {
	const rounds = 2000
	if t.impl.UnitWeights || t.impl.Waits == impls.Elsewhere {
		return
	}
	most := int64(math.MaxInt64)
	if t.impl.MaxSize > 0 {
		most = t.impl.MaxSize
	}
	for _, border := range []int64{2, 3, 4, 1 << 8, 1 << 16, 1 << 31, 1 << 32, 1 << 33} {
		if border > most-1 {
			return
		}
		sem := t.make(border + 1) // one more than the border, so that the tries begin on it
		t.take(sem, 1)
		var ended atomic.Bool
		t.together(func() {
			defer ended.Store(true)
			for round := range rounds {
				t.countProgress(round)
				if !sem.TryAcquire(1) {
					t.failf("TryAcquire(1) = false, want true: at most 2 of %d permits are held", border+1)
				}
				sem.Release(1)
			}
		}, func() {
			for !ended.Load() {
				if sem.TryAcquire(border + 1) {
					t.failf("TryAcquire(%d) = true, want false: at least 1 of as many permits is held", border+1)
				}
				if !sem.TryAcquire(1) {
					t.failf("TryAcquire(1) = false, want true: at most 2 of %d permits are held", border+1)
				}
				sem.Release(1)
				runtime.Gosched() // on one processor the calls meet in no other way
			}
		})
		t.mustHaveFree(sem, border)
	}
}

// triesBesideRefused tries for one permit, of which there are enough, while other goroutines try for more
// than is free. A refused try changes nothing: not for an instant may it hold the permits that it found. An
// implementation that collects permits one by one, and puts them back if they are too few, fails.
func triesBesideRefused(t *trial, tries int64) {
	const held = 2
	if t.impl.UnitWeights || t.impl.MaxSize > 0 && t.impl.MaxSize < 2*tries+held {
		return
	}
	sem := t.make(2*tries + held)
	t.take(sem, held)
	var ended atomic.Int64
	ones := func() {
		defer ended.Add(1)
		for round := range int(tries) {
			t.countProgress(round)
			if !sem.TryAcquire(1) {
				t.failf("TryAcquire(1) = false beside a TryAcquire(%d) that is refused, want true: %d "+
					"permits were free, and each of as many calls takes one", 2*tries+1, 2*tries)
			}
		}
	}
	t.together(ones, ones, func() {
		for ended.Load() < 2 {
			if sem.TryAcquire(2*tries + 1) {
				t.failf("TryAcquire(%d) = true, want false with %d permits free", 2*tries+1, 2*tries)
			}
			runtime.Gosched()
		}
	})
	t.mustHaveFree(sem, 0)
}

// C5: Acquire holds nothing after it failed before it waited, and after it failed while it waited.
// Both failures are followed by an exact count of the free permits. A permit that an error had kept
// would be missing there.
func errorHoldsNothing(t *trial) {
	sem, n := t.make(3), t.weight(2)
	if t.impl.DoneContext == impls.DoneLoses && sem.Acquire(contexts.Done(), n) == nil {
		t.failf("Acquire with a done ctx = nil, want an error")
	}
	t.mustHaveFree(sem, 3)
	held := 4 - n // one permit too few is free
	t.take(sem, held)
	waiter := t.startBlocked(sem, n)
	waiter.cancel()
	t.mustBeRefused(waiter, context.Canceled)
	t.mustHaveFree(sem, n-1)
	sem.Release(held)
	t.mustHaveFree(sem, 3)
}

// C6: a granted Acquire holds n permits, without waiting and after waiting, also if some permits
// were free before. Contexts of every kind are tried, since implementations have paths of their own
// for some. The permits stay held until Release, even if ctx is cancelled after the grant. It asks
// for the number that is held by counting what is free, since the contract has no method for it.
func nilHoldsN(t *trial) {
	size, few, many := t.weight(5), t.weight(2), t.weight(4)
	for n := int64(1); n <= size; n++ {
		sem := t.make(size)
		t.take(sem, n)
		t.mustHaveFree(sem, size-n)

		waiter := t.startBlocked(sem, size-n+1)
		sem.Release(n)
		t.mustBeGranted(waiter)
		t.mustHaveFree(sem, n-1)
	}
	for _, ctx := range contexts.Living() {
		sem := t.make(size)
		t.mustBeGranted(t.startWith(ctx, func() {}, sem, few))
		waiter := t.startWith(ctx, func() {}, sem, many)
		t.mustWait(waiter)
		sem.Release(few)
		t.mustBeGranted(waiter)
		t.mustHaveFree(sem, size-many)
	}
	for _, e := range contexts.Ends() { // a grant outlives its ctx
		sem := t.make(1)
		t.take(sem, 1)
		waiter := t.startEnding(e, sem, 1)
		t.mustWait(waiter)
		sem.Release(1)
		t.mustBeGranted(waiter)
		e.Cancel()
		t.settle()
		t.mustHaveFree(sem, 0)
	}
	sem := t.make(size)
	atOnce := t.start(sem, few)
	t.mustBeGranted(atOnce)
	afterWaiting := t.startBlocked(sem, many)
	sem.Release(1)
	t.mustBeGranted(afterWaiting)
	atOnce.cancel()
	afterWaiting.cancel()
	t.settle()
	t.mustHaveFree(sem, 0)
}

// C7: Release and cancel follow each other so closely that the waiter finds both when it runs. It
// may return nil or an error, and the permits must agree with that result. Both results are legal.
// The check judges whether the result and the permits agree: a permit that went to an Acquire which
// returned an error is lost, and a permit that was kept as well is there twice.
func cancelMeetsGrant(t *trial) {
	const rounds = 400
	size := t.weight(2)
	for round := range rounds {
		sem := t.make(size)
		t.take(sem, size)
		waiter := t.startBlocked(sem, size)
		t.meet(round, func() { sem.Release(size) }, waiter.cancel)
		if err := t.returned(waiter); err == nil {
			sem.Release(size)
		} else if err != context.Canceled {
			t.failf("Acquire = %v, want nil or %v", err, context.Canceled)
		}
		t.settle()
		t.mustHaveFree(sem, size)
	}
	// The turn says in which call of a method of ctx the cancellation happens. So it lands between
	// any two steps of Acquire without a hook inside of the implementation.
	for turn := range int64(10) { // above the number of methods that an Acquire is likely to call
		doneMeanwhile(t, turn, 0)
		doneMeanwhile(t, turn, size)
	}
	grantsMeetCancels(t)
}

// doneMeanwhile gives Acquire a ctx that becomes done in one of the calls of its own methods,
// before or after the permits were taken. Some permits are held until nothing can move. It makes
// the race of cancel and grant deterministic for implementations that ask ctx more than once.
func doneMeanwhile(t *trial, turn, held int64) {
	size := t.weight(2)
	sem := t.make(size)
	if held > 0 {
		t.take(sem, held)
	}
	inner, cancel := context.WithCancel(context.Background())
	var uses atomic.Int64
	ctx := contexts.Using{Context: inner, Use: func() {
		if uses.Add(1) == turn+1 {
			cancel()
		}
	}}
	c := t.startWith(ctx, cancel, sem, size)
	t.settle()
	if held > 0 {
		sem.Release(held)
	}
	if err := t.returned(c); err == nil {
		sem.Release(size)
	} else if err != context.Canceled {
		t.failf("Acquire = %v, want nil or %v", err, context.Canceled)
	}
	t.settle()
	t.mustHaveFree(sem, size)
}

// grantsMeetCancels makes one Release meet the cancellations of both waiters that it grants. Two
// further waiters must get the permits, whichever way the first two return. Followers cannot be
// cancelled. If a permit is lost on its way through a leaver, a follower waits for ever, which is
// observed.
func grantsMeetCancels(t *trial) {
	rounds := 200
	if t.impl.Waits != impls.Parked {
		rounds = 15 // four spinning waiters are slow
	}
	for round := range rounds {
		sem := t.make(2)
		t.take(sem, 2)
		leavers := []*call{t.startBlocked(sem, 1), t.startBlocked(sem, 1)}
		followers := []*call{t.startForever(sem, 1), t.startForever(sem, 1)}
		t.mustWait(followers[0])
		t.mustWait(followers[1])
		cancels := []func(){leavers[0].cancel, leavers[1].cancel}
		t.meetAll(round, []func(){func() { sem.Release(2) }}, cancels)
		t.giveBack(sem, leavers, context.Canceled)
		for _, c := range followers {
			t.mustBeGranted(c)
		}
		sem.Release(2)
		t.mustHaveFree(sem, 2)
	}
}

// C16: a goroutine other than the holder may release. An implementation that records the holder, as
// a reentrant lock does, fails here.
func releaseElsewhere(t *trial) {
	sem := t.make(2)
	t.take(sem, 2) // by a goroutine that has ended by now
	n := t.weight(2)
	waiter := t.startBlocked(sem, n)
	t.together(func() { sem.Release(1) }, func() { sem.Release(1) })
	t.mustBeGranted(waiter)
	sem.Release(n)
	t.mustHaveFree(sem, 2)
}
