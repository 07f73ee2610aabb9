package stress

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/contexts"
)

// Arguments: C10 to C15. Releases of too much, negative and zero weights, and the largest numbers.

// C10: Release panics if more is released than is held, however much more. Of two concurrent calls
// that together release too much, one panics. The largest surplus makes the argument MaxInt64. It
// overflows in a check that adds it to the free permits before it compares.
//
// The numbers are small on purpose: a wrong comparison shows with three permits as well as with
// a thousand.
func overReleasePanics(t *trial) {
	for _, size := range sizesOfReleases(t.impl) {
		for _, held := range []int64{0, 1, size} {
			for _, extra := range surpluses(size, held) {
				sem := t.make(size)
				if held = min(held, size); held > 0 {
					t.take(sem, held)
				}
				t.mustPanic(fmt.Sprintf("Release(%d) with %d of %d permits held", held+extra, held, size),
					func() { sem.Release(held + extra) })
			}
		}
	}
	if !t.impl.UnitWeights { // the first of several calls would admit the waiter
		overReleaseBesideWaiter(t)
	}
	const rounds = 300
	for range rounds {
		sem := t.make(2)
		t.take(sem, 1)
		var panics atomic.Int64
		releaseOne := func() {
			defer func() {
				if recover() != nil {
					panics.Add(1)
				}
			}()
			sem.Release(1)
		}
		// Exactly one: the contract asks that the permits that are held can be released by either
		// call.
		if t.together(releaseOne, releaseOne); panics.Load() != 1 {
			t.failf("%d of two calls Release(1) at once panicked with 1 permit held, want 1", panics.Load())
		}
	}
}

// sizesOfReleases are sizes for which an implementation may have code of its own: one, which makes a mutex, and
// sizes at which bits or words are full. The size of three comes first, and stands for all where a call may be
// a message.
func sizesOfReleases(impl impls.Impl) (sizes []int64) {
	all := []int64{3, 0, 1, 2, 8, 64, 65, 128, 1000}
	if impl.Waits != impls.Parked {
		all = all[:3]
	}
	for _, size := range all {
		if size == 0 && impl.Defects["C15"] != "" { // the size may be refused
			continue
		}
		if impl.MaxSize == 0 || size <= impl.MaxSize {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

// surpluses are numbers by which a Release may exceed what is held. The sum of each power of two and what is held has
// the low bits of a legal Release: an implementation that keeps permits in fewer bits, and says so by
// MaxSize, has to look at the others before it cuts them off.
func surpluses(size, held int64) []int64 {
	if size != 3 {
		return []int64{1}
	}
	return []int64{1, 2, math.MaxInt64 - held, 1 << 8, 1 << 16, 1 << 31, 1 << 32}
}

// overReleaseBesideWaiter releases too much while a request waits that the surplus would admit. The
// waiter is left pending on purpose. After the panic the state is not specified, so nothing more is
// asked of it; the cleanup of the trial cancels it.
func overReleaseBesideWaiter(t *trial) {
	for _, extra := range []int64{1, 3, math.MaxInt64 - 2} {
		sem := t.make(3)
		t.take(sem, 2)
		t.startBlocked(sem, 2)
		t.mustPanic("Release of more than is held, while a request waits,",
			func() { sem.Release(2 + extra) })
	}
}

// C11: servers recover panics in middleware, so an over-release may be followed by other calls. The state must be
// unchanged, or declared as corrupted. The declaration is checked in both directions. If corruption is declared and
// never seen, the clause is unknown and no failure: a corruption may need a state that is not tried here. Both
// directions are needed. An implementation that declares corruption to be left alone would otherwise never be
// asked, and the declaration would be worth nothing.
func overReleaseRecovered(t *trial) {
	corrupt := ""
	for _, size := range sizesOfReleases(t.impl) {
		for _, held := range []int64{0, 1, 2, size - 1} {
			if held < 0 || held >= max(size, 1) || t.impl.UnitWeights && held > 0 {
				continue // with unit weights the first of several calls is legal
			}
			for _, extra := range surpluses(size, held) {
				sem := t.make(size)
				if held > 0 {
					t.take(sem, held)
				}
				recovering(func() { sem.Release(held + extra) })
				if got, want := grants(sem, int(size)+2), size-held; got != want {
					corrupt = fmt.Sprintf("with %d of %d permits held, Release(%d) was recovered; "+
						"then %d permits were granted, want %d", held, size, held+extra, got, want)
				}
			}
		}
	}
	switch {
	case corrupt != "" && t.impl.OverRelease == impls.OverReleaseUnchanged:
		t.failf("%s", corrupt)
	case corrupt == "" && t.impl.OverRelease == impls.OverReleaseCorrupts:
		t.unknownf("declared as %v, which was not seen: the state was unchanged each time",
			t.impl.OverRelease)
	case t.impl.OverRelease == impls.OverReleaseUnchanged && !t.impl.UnitWeights:
		waiterAfterOverRelease(t)
		tryBesideOverRelease(t)
		if t.impl.Defects["C10"] == "" { // otherwise the call may never return
			manyWithoutEffect(t, "Releases of too much", func(sem impls.Semaphore) { recovering(func() { sem.Release(3) }) })
		}
	}
}

// waiterAfterOverRelease recovers an over-release while a request waits. If the state is to be
// unchanged, the request goes on to wait, and is granted by the next Release. A surplus that was
// added before the panic would admit the waiter at once.
func waiterAfterOverRelease(t *trial) {
	for _, size := range []int64{3, 1} {
		held := (size + 1) / 2
		for _, extra := range []int64{1, 3, 1 << 32, math.MaxInt64 - 2} {
			sem := t.make(size)
			t.take(sem, held)
			waiter := t.startBlocked(sem, held)
			recovering(func() { sem.Release(held + extra) })
			t.mustWait(waiter)
			sem.Release(held)
			t.mustBeGranted(waiter)
			t.mustHaveFree(sem, size-held)
		}
	}
}

// grants returns how many permits TryAcquire grants one by one, in limit calls. The limit is above
// the size, so a surplus is counted and not cut off.
func grants(sem impls.Semaphore, limit int) (n int64) {
	for range limit {
		if sem.TryAcquire(1) {
			n++
		}
	}
	return n
}

// C12: negative weights and sizes panic, and the permits stay as they were. MinInt64 is its own
// negative, which defeats an implementation that negates before it checks.
//
// Acquire is tried with a done ctx as well: an implementation that looks at the ctx first would
// return an error instead.
func negativePanics(t *trial) {
	t.mustPanic("New(-1)", func() { t.impl.New(-1) })
	for _, n := range []int64{-1, -3, math.MinInt64} {
		sem := t.make(3)
		t.take(sem, 1)
		t.mustPanic("Acquire of a negative weight", func() { _ = sem.Acquire(contexts.Done(), n) })
		t.mustPanic("Acquire of a negative weight", func() { _ = sem.Acquire(context.Background(), n) })
		t.mustPanic("TryAcquire of a negative weight", func() { sem.TryAcquire(n) })
		t.mustPanic("Release of a negative weight", func() { sem.Release(n) })
		t.mustHaveFree(sem, 2)
	}
}

// C13: a weight of zero is granted even if no permit is free, or panics, as Impl.ZeroWeight says.
// Under FIFO it does not pass waiting requests. The first part runs on a semaphore without a free
// permit, where only a weight of zero can be granted.
//
// A request for nothing is the one case in which “enough permits are free” is always true, so
// every shortcut that assumes n > 0 shows here.
func zeroWeight(t *trial) {
	for _, size := range []int64{0, 1} {
		sem := t.make(size)
		if size > 0 {
			t.take(sem, size)
		}
		if t.impl.ZeroWeight == impls.ZeroPanics {
			t.mustPanic("Acquire(0)", func() { _ = sem.Acquire(context.Background(), 0) })
			t.mustPanic("TryAcquire(0)", func() { sem.TryAcquire(0) })
			t.mustPanic("Release(0)", func() { sem.Release(0) })
		} else {
			t.take(sem, 0)
			if !t.impl.NoTry && !sem.TryAcquire(0) {
				t.failf("TryAcquire(0) = false, want true when no request waits")
			}
			sem.Release(0)
			err := sem.Acquire(contexts.Done(), 0)
			if err != context.Canceled && (err != nil || t.impl.DoneContext == impls.DoneLoses) {
				t.failf("Acquire(0) with a done ctx = %v, want %v", err, context.Canceled)
			}
		}
		t.mustHaveFree(sem, 0)
	}
	if t.impl.ZeroWeight == impls.ZeroPanics {
		return
	}
	zeroAmongWaiters(t)
	zeroGivesNothing(t)
	if t.impl.Order == impls.FIFO && t.impl.Waits == impls.Parked {
		zeroInLine(t)
		zerosInLines(t)
	}
}

// zerosInLines serves all lines of three with weights of 0 to 2, by one Release and by two, and then a line in
// which many requests for nothing stand behind one for a permit. A waiter that takes nothing still has its
// place, and whatever is handed from waiter to waiter has to pass it. The lines begin with a request for
// permits: another one would not have to wait.
func zerosInLines(t *trial) {
	const size = 2
	for line := range int64(27) {
		weights := []int64{line % 3, line / 3 % 3, line / 9}
		if weights[0] == 0 {
			continue
		}
		for _, first := range []int64{1, size} {
			l := t.fullLine(size, weights...)
			l.release(first)
			l.check()
			l.drain()
		}
	}
	l := t.fullLine(1, 1)
	for range 300 {
		l.join(0)
	}
	l.join(1)
	l.drain()
}

// zeroAmongWaiters begins Acquire(0) while another request waits. It may have to wait as well, but
// it must be granted once the other request was. A cancelled Acquire(0) leaves nothing behind.
func zeroAmongWaiters(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	waiter := t.startBlocked(sem, 1)
	nothing, leaver := t.start(sem, 0), t.start(sem, 0)
	t.settle()
	leaver.cancel()
	if err := t.returned(leaver); err != nil && err != context.Canceled {
		t.failf("Acquire(0) = %v, want nil or %v", err, context.Canceled)
	}
	sem.Release(1)
	t.mustBeGranted(waiter)
	t.mustBeGranted(nothing)
	sem.Release(1)
	t.mustHaveFree(sem, 1)
}

// zeroGivesNothing calls Release(0) and cancels Acquire(0) while requests wait. Neither has a
// permit to give, so both requests go on to wait, and are granted later. It is tried with no permit
// free and with one, because the waiter needs two: neither a wake-up nor a free permit may let it
// through.
func zeroGivesNothing(t *trial) {
	for _, free := range []int64{0, 1} {
		sem := t.make(2)
		t.take(sem, 2-free)
		waiter := t.startBlocked(sem, 2)
		for range 3 {
			sem.Release(0)
			t.mustWait(waiter)
			nothing := t.start(sem, 0)
			t.settle()
			nothing.cancel()
			if err := t.returned(nothing); err != nil && err != context.Canceled {
				t.failf("Acquire(0) = %v, want nil or %v", err, context.Canceled)
			}
			t.mustWait(waiter)
		}
		last := t.startForever(sem, 1)
		sem.Release(0)
		t.mustWait(waiter)
		if t.impl.Order == impls.FIFO {
			t.mustWait(last)
		}
		t.serveBoth(sem, 2-free, waiter, last)
	}
}

// serveBoth releases what is held, and then what the first of two requests was granted, which may
// be either. The order of two requests of different weights is the implementation's choice here,
// and only one of them may fit at first.
func (t *trial) serveBoth(sem impls.Semaphore, held int64, a, b *call) {
	if b.hasReturned() {
		a, b = b, a
	}
	if held > 0 {
		sem.Release(held)
	}
	if !t.settledOn(a.done, b.done) {
		t.failf("Acquire(%d) and Acquire(%d) still wait with all permits free\n%s", a.n, b.n, t.stacks())
	}
	if !a.hasReturned() {
		a, b = b, a
	}
	t.mustBeGranted(a)
	sem.Release(a.n)
	t.mustBeGranted(b)
	sem.Release(b.n)
	t.settle()
}

// zeroInLine checks the place of Acquire(0) in the line of a FIFO semaphore.
func zeroInLine(t *trial) {
	l := t.fullLine(2, 1)
	if !t.impl.NoTry {
		if got := l.sem.TryAcquire(0); got != t.impl.TryBarges {
			t.failf("TryAcquire(0) = %v behind a waiter, want %v", got, t.impl.TryBarges)
		}
	}
	nothing := t.startBlocked(l.sem, 0)
	l.release(1)
	l.grant(l.all[0])
	t.mustBeGranted(nothing)
	l.drain()
}

// C14: a request for more than the size does not delay other requests, and ends when it is
// cancelled. The size of 0 makes every request for a permit doomed. On the others the calls after
// doomed must not wait, even under FIFO: a request that can never be granted has no place in the
// line.
//
// Waiting is the contract's choice. x/sync does the same, and an error would need a value that
// ctx.Err() cannot have.
func moreThanSize(t *trial) {
	for _, size := range []int64{0, 1, 3} {
		sem := t.make(size)
		doomed := t.startBlocked(sem, size+1)
		for range size {
			t.take(sem, 1) // these calls must not queue behind doomed
		}
		if size > 0 {
			sem.Release(size)
			t.mustHaveFree(sem, size)
		}
		doomed.cancel()
		t.mustBeRefused(doomed, context.Canceled)
		t.mustHaveFree(sem, size)
	}
	doomedInLine(t)
	if !t.impl.UnitWeights {
		lowBitsOfWeights(t)
		triesBesideDoomed(t)
	}
}

// lowBitsOfWeights asks for weights above the size whose low 8, 16 or 32 bits are a weight that fits, or zero. An
// implementation that keeps permits in fewer bits, and says so by MaxSize, has to look at the others before
// it cuts them off.
func lowBitsOfWeights(t *trial) {
	sem := t.make(3)
	t.take(sem, 2)
	for _, bits := range []int{8, 16, 31, 32, 33} {
		for _, low := range []int64{0, 1} {
			n := int64(1)<<bits + low
			if !t.impl.NoTry && sem.TryAcquire(n) {
				t.failf("TryAcquire(%d) = true on a semaphore of size 3", n)
			}
			t.refusedWhenDone(sem, n)
		}
	}
	t.mustHaveFree(sem, 1)
}

// triesBesideDoomed tries for a permit that is free while requests for more than the size, and requests whose ctx is
// done, come and go. None of them may be in line, not for an instant: the tries would fail.
func triesBesideDoomed(t *trial) {
	rounds, size := 300, int64(2)
	switch {
	case t.impl.NoTry || t.impl.Waits == impls.Elsewhere:
		return
	case t.impl.Waits != impls.Parked:
		rounds = 30
	}
	sem := t.make(size)
	var ended atomic.Bool
	t.together(func() {
		defer ended.Store(true)
		for round := range rounds {
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				yield(round % 4)
				cancel()
			}()
			if sem.Acquire(ctx, size+1) == nil {
				t.failf("Acquire(%d) = nil on a semaphore of size %d", size+1, size)
			}
			if t.impl.DoneContext == impls.DoneLoses && sem.Acquire(ctx, 1) == nil {
				t.failf("Acquire with a done ctx = nil, want an error")
			}
			t.countProgress(round)
		}
	}, func() {
		for !ended.Load() {
			if !sem.TryAcquire(size) {
				t.failf("TryAcquire(%d) = false, want true: nothing is held, and the requests that come and go "+
					"are for more than the size, or have a done ctx", size)
			}
			sem.Release(size)
			runtime.Gosched() // on one processor the calls meet in no other way
		}
	})
	t.mustHaveFree(sem, size)
}

// doomedInLine begins requests for more than the size while others wait, at every place of a line.
// They hold up no request, before they leave and after. Of its two weights, MaxInt64 is the one for
// which a sum of weights in line overflows.
func doomedInLine(t *trial) {
	const size, waiters = 2, 3
	for place := range waiters + 1 {
		for _, n := range []int64{size + 1, math.MaxInt64} {
			l := t.fullLine(size)
			var doomed *call
			for i := range waiters + 1 {
				if i == place {
					doomed = t.startBlocked(l.sem, n)
				}
				if i < waiters {
					l.join(1)
				}
			}
			for l.held > 0 {
				l.release(1)
				l.check()
				t.mustWait(doomed)
			}
			if len(l.waiting) > 0 {
				t.failf("%v still wait though all permits are free, behind Acquire(%d) on a size of %d",
					weights(l.waiting), n, size)
			}
			t.mustHaveFree(l.sem, size)
			doomed.cancel()
			t.mustBeRefused(doomed, context.Canceled)
			t.mustHaveFree(l.sem, size)
		}
	}
}

// C15: weights and sizes up to MaxInt64 work. The sum of two weights may overflow an int64. All
// numbers are derived from MaxSize where an implementation declares one: a file or a counter of the
// kernel may have fewer bits. A size of zero is legal, and every request for a permit then waits
// until it is cancelled.
func extremes(t *trial) {
	most := int64(math.MaxInt64)
	if t.impl.MaxSize > 0 {
		most = t.impl.MaxSize
	}
	none := t.make(0)
	t.mustHaveFree(none, 0)
	t.refusedWhenDone(none, math.MaxInt64)

	sem := t.make(most)
	t.take(sem, most)
	t.mustHaveFree(sem, 0)
	sem.Release(most)
	t.take(sem, most-1)
	if sem.TryAcquire(2) || sem.TryAcquire(most) || sem.TryAcquire(math.MaxInt64) {
		t.failf("TryAcquire succeeded with 1 permit free, want false for more")
	}
	t.mustHaveFree(sem, 1)
	waiter := t.startBlocked(sem, most)
	sem.Release(most - 1)
	t.mustBeGranted(waiter)
	sem.Release(most)

	if most > 2 {
		for _, n := range []int64{1, most / 2, most - 1, most - 1<<40, most - 1<<40 - 5} {
			if n > 0 {
				remainders(t, most, n)
			}
		}
		wideWaiters(t, most)
	}

	small := t.make(3)
	t.take(small, 2)
	if small.TryAcquire(math.MaxInt64) {
		t.failf("TryAcquire(MaxInt64) = true on a semaphore of size 3")
	}
	t.refusedWhenDone(small, math.MaxInt64)
	t.mustHaveFree(small, 1)
}

// remainders takes n of many permits in every way that there is, gives them back, and gives many back
// in two parts. After each step the free permits must be exact. A count that is kept in too few bits
// is right as long as nothing or everything is held, and each way may compute it by other code: the
// call that need not wait, the try, the grant to a waiter, and the Release that serves it.
//
// The low 32 bits of the count are all ones, all zero, or a small number. In the last case a count in
// too few bits is positive and large enough, and yet another one.
func remainders(t *trial, most, n int64) {
	sem := t.make(most)
	t.take(sem, n)
	t.mustHaveFree(sem, most-n)
	t.take(sem, 1) // of the rest
	t.mustHaveFree(sem, most-n-1)
	sem.Release(1)
	sem.Release(n)
	t.mustHaveFree(sem, most)

	if !sem.TryAcquire(n) {
		t.failf("TryAcquire(%d) = false, want true with all %d permits free", n, most)
	}
	t.mustHaveFree(sem, most-n)
	sem.Release(n)

	t.take(sem, most)
	sem.Release(n)
	t.mustHaveFree(sem, n)
	sem.Release(most - n)
	t.mustHaveFree(sem, most)

	for _, released := range []int64{n, most} {
		t.take(sem, most)
		waiter := t.startBlocked(sem, n)
		sem.Release(released)
		t.mustBeGranted(waiter)
		t.mustHaveFree(sem, released-n)
		sem.Release(most - (released - n))
		t.mustHaveFree(sem, most)
	}
}

// wideWaiters lines up requests whose sum overflows an int64 if most is MaxInt64: first two of more
// than half of the permits each, then several of all permits, one of which leaves. An
// implementation that adds the weights of its waiters gets a negative sum, and may then admit all
// of them.
func wideWaiters(t *trial, most int64) {
	half := most/2 + 1
	for _, weights := range [][]int64{{half, half}, {half, half, most}, {most, 1, most}} {
		t.wideLine(most, -1, weights...)
	}
	for leaver := range 3 {
		t.wideLine(most, leaver, most, most, most)
	}
}

// wideLine plays a line that is released all at once, and whose grants are released in turn. The
// account of line does not overflow itself: it adds a weight only when its permits are held.
func (t *trial) wideLine(most int64, leaver int, weights ...int64) {
	l := t.fullLine(most, weights...)
	if leaver >= 0 {
		l.cancel(l.all[leaver])
	}
	for l.held > 0 {
		l.release(l.held)
		l.check()
	}
	if len(l.waiting) > 0 {
		t.failf("%d requests still wait though all %d permits are free", len(l.waiting), most)
	}
	t.mustHaveFree(l.sem, most)
}

// refusedWhenDone begins an Acquire that can never be granted, and cancels it. It shows that such a
// request waits quietly, and that its cancellation leaves no debt behind.
func (t *trial) refusedWhenDone(sem impls.Semaphore, n int64) {
	c := t.startBlocked(sem, n)
	c.cancel()
	t.mustBeRefused(c, context.Canceled)
}

// tryBesideOverRelease tries for two permits while one is held, and a Release of two panics at the same time. Not
// for an instant may the surplus be free. An implementation that adds first, and takes back what
// was too much, fails. Whether the calls meet is up to the scheduler of Go.
func tryBesideOverRelease(t *trial) {
	rounds, calls := 40, 50
	if t.impl.Waits == impls.Elsewhere {
		rounds, calls = 2, 5 // a call may be a message
	}
	for range rounds {
		sem := t.make(2)
		t.take(sem, 1)
		var ended atomic.Bool
		t.together(func() {
			defer ended.Store(true)
			for range calls {
				t.mustPanic("Release of more than is held", func() { sem.Release(2) })
			}
		}, func() {
			for !ended.Load() {
				if sem.TryAcquire(2) {
					t.failf("TryAcquire(2) = true with 1 of 2 permits held, while a Release(2) panics")
				}
				runtime.Gosched() // on one processor the calls meet in no other way
			}
		})
		t.mustHaveFree(sem, 1)
	}
}
