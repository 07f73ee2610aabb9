package stress

import (
	"context"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// Liveness: C17 to C19 and C24. Which requests must be granted.

// C17: no wake-up is lost. It tries all lines of three waiters with weights 1 to 3. Each of the
// three, or none, is cancelled at each point, while the permits come back in two portions. After
// every step, each remaining waiter must have a reason to wait. That makes 27 lines, 4 choices of
// leaver, 3 instants and 2 portions: 648 cases. All small cases are tried instead of some large
// ones, because a lost wake-up needs few waiters but a certain order.
func noLostWakeup(t *trial) {
	const size = 3
	releaseMeetsWait(t)
	releasesMeet(t)
	releaseMeetsTries(t)
	stolenFromLarge(t)
	for line := range 27 {
		weights := []int64{int64(line%3 + 1), int64(line/3%3 + 1), int64(line/9 + 1)}
		if len(t.weights(weights...)) < len(weights) {
			continue
		}
		for leaver := -1; leaver < len(weights); leaver++ {
			for when := range 3 {
				for first := int64(1); first < size; first++ {
					threeWaiters(t, size, weights, leaver, when, first)
				}
			}
		}
	}
}

// releaseMeetsWait releases a permit while a waiter is about to sleep: it has found no free permit,
// and is not yet in the line in which Release would find it. The number of yields varies, so that
// the Release comes before, in and after that window on some machine.
func releaseMeetsWait(t *trial) {
	const rounds = 400
	for round := range rounds {
		sem := t.make(1)
		t.take(sem, 1)
		waiter := t.startForever(sem, 1)
		yield(round % 4)
		sem.Release(1)
		t.mustBeGranted(waiter)
		t.mustHaveFree(sem, 0)
	}
}

// releasesMeet runs two Releases at once while two requests wait. Each Release has a permit for one
// of them, so both requests must wake, even if one Release finds the other at work. An
// implementation that lets one goroutine at a time hand out permits loses one here, if the other
// Release leaves before the first looks again.
func releasesMeet(t *trial) {
	rounds := 200
	if t.impl.Waits != impls.Parked {
		rounds = 20 // spinning waiters are slow
	}
	for round := range rounds {
		sem := t.make(2)
		t.take(sem, 2)
		a, b := t.startForever(sem, 1), t.startForever(sem, 1)
		if round%2 == 0 { // in the other rounds the waiters are still lining up
			t.settle()
		}
		releaseOne := func() { sem.Release(1) }
		t.together(releaseOne, releaseOne)
		t.mustBeGranted(a)
		t.mustBeGranted(b)
		sem.Release(2)
		t.mustHaveFree(sem, 2)
	}
}

// releaseMeetsTries lets a Release that admits a request for all permits meet tries, which take permits and give them
// back at once, or are refused. When nothing moves any more, all permits are free, so the request must
// have been granted. A try that takes too much and puts it back has to look at the line, too: a Release that
// came meanwhile saw too few permits.
func releaseMeetsTries(t *trial) {
	if t.impl.UnitWeights || t.impl.NoTry || t.impl.Waits == impls.Elsewhere {
		return
	}
	rounds, size := 300, int64(3)
	if t.impl.Waits != impls.Parked {
		rounds = 20 // spinning waiters are slow
	}
	for round := range rounds {
		sem := t.make(size)
		t.take(sem, size-1)
		waiter := t.startForever(sem, size)
		t.mustWait(waiter)
		var released atomic.Bool
		try := func(n int64) func() {
			return func() { // until the Release is over, so that some try meets it
				for tries := 0; tries < 100 && !released.Load(); tries++ {
					if sem.TryAcquire(n) {
						sem.Release(n)
					}
					runtime.Gosched()
				}
			}
		}
		t.together(try(1), try(1), try(2), func() {
			defer released.Store(true)
			yield(round % 4)
			sem.Release(size - 1)
		})
		t.mustBeGranted(waiter)
		sem.Release(size)
		t.mustHaveFree(sem, size)
	}
}

// stolenFromLarge lets TryAcquire take a permit of the two that a Release has just given to a request for
// two, before that request can run. In two of three rounds its ctx ends as well. The permit that is left
// admits the request for one behind it: whichever request was woken in vain has to wake the other one. A
// request that does not fit may hold up others unless Barging is declared, so only then is it asked.
func stolenFromLarge(t *trial) {
	const size, rounds = 2, 60
	if t.impl.Order != impls.Barging || t.impl.UnitWeights || t.impl.NoTry || t.impl.Waits != impls.Parked {
		return
	}
	for round := range rounds {
		sem := t.make(size)
		t.take(sem, size)
		large := t.startBlocked(sem, size)
		small := t.startForever(sem, 1)
		t.mustWait(small)
		if round%3 == 1 { // it is woken by its ctx, and still in line when the Release comes
			large.cancel()
		}
		sem.Release(size)
		stolen := sem.TryAcquire(1)
		if round%3 == 2 {
			large.cancel()
		}
		t.settle()
		leaver := []*call{large}
		if stolen || small.hasReturned() {
			t.mustBeGranted(small)
			if stolen {
				sem.Release(1)
			}
			sem.Release(1)
			t.giveBack(sem, leaver, context.Canceled)
		} else { // both permits went to the large request
			t.giveBack(sem, leaver, context.Canceled)
			t.mustBeGranted(small)
			sem.Release(1)
		}
		t.mustHaveFree(sem, size)
	}
}

// threeWaiters plays one line of C17. The waiter leaver is cancelled before step when, unless it is
// -1. check runs after every step and not in the end only: a wake-up that comes one step late is
// lost in between.
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

// C18: one Release admits several waiters, of equal and of mixed weights. Then a line is admitted
// step by step that is longer than the initial storage of most implementations. An implementation
// that signals one waiter for each Release, and not for each permit, fails here.
//
// Weights are mixed because an implementation may wake as many waiters as permits were released,
// which is right for weights of one only.
func releaseAdmitsAll(t *trial) {
	for _, weights := range [][]int64{{1, 1, 1, 1}, {2, 2}, {1, 3}, {1, 1, 2}, {3, 1}} {
		if len(t.weights(weights...)) < len(weights) {
			continue
		}
		sem := t.make(4)
		t.take(sem, 4)
		var waiters []*call
		for _, n := range weights {
			c := t.startForever(sem, n)
			t.mustWait(c)
			waiters = append(waiters, c)
		}
		sem.Release(4)
		for _, c := range waiters {
			t.mustBeGranted(c)
		}
		sem.Release(4)
		t.mustHaveFree(sem, 4)
	}
	newcomersMeetGrants(t)
	fitsBehindLarge(t)
	long := 100
	if t.impl.Waits != impls.Parked {
		long = 20 // many waiters that spin or poll are slow
	}
	l := t.fullLine(10, t.weights(slices.Repeat([]int64{1, 2, 3, 1, 1}, long/5)...)...)
	for _, n := range []int64{1, 2, 7} {
		l.release(n)
		l.check()
	}
	l.drain()
}

// newcomersMeetGrants lets requests come while one Release grants two waiters. Newcomers may be
// served first. Never are more permits held than the size, and in the end all requests were served.
// The entering semaphore counts what is held after each grant and before each Release. So its count
// is never more than what is really held, and a count above the size is proof.
func newcomersMeetGrants(t *trial) {
	rounds := 100
	if t.impl.Waits != impls.Parked {
		rounds = 10
	}
	const size = 2
	for range rounds {
		sem := t.make(size)
		t.take(sem, size)
		var held, most atomic.Int64
		enter := entering{sem, &held, &most}
		requests := []*call{t.startForever(enter, 1), t.startForever(enter, 1)}
		t.settle()
		try := func() {
			if !t.impl.NoTry {
				enter.TryAcquire(1)
			}
		}
		t.together(func() { sem.Release(size) }, try, try, func() {
			requests = append(requests, t.startForever(enter, 1), t.startForever(enter, t.weight(size)))
		})
		for _, c := range requests {
			t.mustBeGranted(c)
		}
		if most.Load() > size {
			t.failf("%d permits are held, the size is %d", most.Load(), size)
		}
		t.mustHaveFree(sem, size)
	}
	if t.impl.Waits == impls.Parked && !t.impl.UnitWeights { // there the Release would be many calls
		for round := range 20 {
			for _, line := range []int64{4, 8, 10, 16, 20, 32, 64} {
				lineMeetsNewcomers(t, round, line)
			}
		}
	}
}

// fitsBehindLarge lets a small request wait behind a line of large ones that do not fit, at each length of that
// line. Under Barging every request is served that fits, however many wait before it. An implementation may
// look at the first waiters only.
func fitsBehindLarge(t *trial) {
	const size, most = 2, 300
	if t.impl.Order != impls.Barging || t.impl.Waits != impls.Parked || t.impl.UnitWeights {
		return
	}
	l := t.fullLine(size)
	for range most {
		l.join(size)
		l.join(1)
		l.release(1)
		l.check()
	}
	l.drain()
}

// lineMeetsNewcomers grants a whole line by one Release, with a permit more, for which two newcomers come at the same
// time. The line is as long as a batch: an implementation may grant some waiters, unlock to wake them, and go on with
// what it knew before. Nothing is released meanwhile, so the number of grants is known.
func lineMeetsNewcomers(t *trial, round int, line int64) {
	if t.impl.MaxSize > 0 && line >= t.impl.MaxSize {
		return
	}
	sem := t.make(line + 1)
	t.take(sem, line+1)
	var requests []*call
	for range line {
		requests = append(requests, t.startForever(sem, 1))
	}
	t.settle()
	meeting := []func(){func() { sem.Release(line + 1) }, func() {
		requests = append(requests, t.startForever(sem, 1), t.startForever(sem, 1))
	}}
	if round%2 == 1 {
		slices.Reverse(meeting) // the scheduler of Go tends to begin with the last goroutine
	}
	t.together(meeting...)
	t.settle()
	var granted int64
	for _, c := range requests {
		if c.hasReturned() {
			granted++
		}
	}
	if granted != line+1 {
		t.failf("%d of %d requests were granted after Release(%d)", granted, len(requests), line+1)
	}
	sem.Release(1)
	for _, c := range requests {
		t.mustBeGranted(c)
	}
	sem.Release(line + 1)
	t.mustHaveFree(sem, line+1)
}

// An entering semaphore counts what is held, and releases soon after each grant.
type entering struct {
	impls.Semaphore
	held, most *atomic.Int64
}

func (e entering) Acquire(ctx context.Context, n int64) error {
	err := e.Semaphore.Acquire(ctx, n)
	if err == nil {
		e.leave(n)
	}
	return err
}

func (e entering) TryAcquire(n int64) bool {
	ok := e.Semaphore.TryAcquire(n)
	if ok {
		e.leave(n)
	}
	return ok
}

// leave counts the permits of a grant, holds them for some yields, and releases them. The maximum
// is raised in a loop of compare-and-swap, since several holders may raise it at once.
func (e entering) leave(n int64) {
	held := e.held.Add(n)
	for most := e.most.Load(); held > most && !e.most.CompareAndSwap(most, held); {
		most = e.most.Load()
	}
	yield(2)
	e.held.Add(-n)
	e.Release(n)
}

// C19: permits come back one by one to several waiters that each need most of them. Waiters that
// took permits one by one would now wait for each other. The account of drain fails if all permits
// are free while requests still wait. No two of the waiters fit together, so one at most may be
// granted at a time.
//
// It is the classic deadlock of a loop that takes permits one by one, and the reason why the
// weight is an argument at all.
func allAtOnce(t *trial) {
	for _, weights := range [][]int64{{3, 3}, {2, 3}, {3, 2, 3}, {2, 2, 2}} {
		t.fullLine(3, weights...).drain()
	}
	nothingInHand(t)
}

// nothingInHand checks that two permits are free beside a waiter for three. Where the declared
// order allows it, TryAcquire takes them. Then Release(2) must panic, because only one permit is
// held.
func nothingInHand(t *trial) {
	l := t.fullLine(3, 3)
	l.release(2)
	t.mustWait(l.all[0])
	switch impl := t.impl; {
	case impl.Order == impls.Barging:
		t.take(l.sem, 2)
		l.sem.Release(2)
	case impl.Order == impls.FIFO && impl.TryBarges && impl.Waits == impls.Parked:
		if !l.sem.TryAcquire(2) {
			t.failf("TryAcquire(2) = false past a waiter for 3, want true with 2 of 3 permits free")
		}
		l.sem.Release(2)
	}
	if t.impl.Waits == impls.Parked { // other waiters may hold a permit while they try
		t.mustPanic("Release of 2 permits, with 1 held and a waiter for 3,", func() { l.sem.Release(2) })
		if t.impl.OverRelease == impls.OverReleaseUnchanged {
			t.mustWait(l.all[0])
		}
	}
}

// C24: TryAcquire returns without the help of another goroutine, while permits are held, and while
// requests wait or are cancelled. The last part has no quiet instants: a try meets an Acquire or
// Release in the middle of its work. A try that waits for a lock which is held across a wait would
// never return, and the watchdog sees it.
//
// A try may fail for any reason that the contract gives, but it must say so at once.
func tryNeverWaits(t *trial) {
	t.needsTry()
	sem, n := t.make(2), t.weight(2)
	t.triesReturn(sem)
	t.take(sem, 2)
	t.triesReturn(sem)
	waiter := t.startBlocked(sem, n)
	t.triesReturn(sem)
	leaver := t.startBlocked(sem, 1)
	leaver.cancel()
	t.triesReturn(sem)
	t.mustBeRefused(leaver, context.Canceled)
	sem.Release(1)
	t.triesReturn(sem)
	sem.Release(1)
	t.triesReturn(sem)
	t.mustBeGranted(waiter)
	sem.Release(n)

	const workers, rounds = 4, 200
	t.together(copies(workers, func(worker int) {
		for round := range rounds {
			t.countProgress(round)
			n := t.weight(int64(1 + worker/2))
			if worker%2 == 0 && sem.Acquire(context.Background(), n) == nil {
				sem.Release(n)
			} else if worker%2 == 1 && sem.TryAcquire(1) {
				sem.Release(1)
			}
		}
	})...)
	t.mustHaveFree(sem, 2)
}

// triesReturn tries for one permit, for both permits and for too many. Each try has its own
// goroutine, so that a try that blocks is seen.
func (t *trial) triesReturn(sem impls.Semaphore) {
	for _, n := range t.weights(1, 2, 3) {
		returned := make(chan struct{})
		var failed error
		go func() {
			defer close(returned)
			defer t.progress.Add(1)
			endOf(func() {
				if sem.TryAcquire(n) {
					sem.Release(n)
				}
			}, func(err error) { failed = err })
		}()
		if !t.settledOn(returned) {
			t.failf("TryAcquire(%d) still waits\n%s", n, t.stacks())
		}
		if failed != nil {
			panic(failed)
		}
	}
}
