package stress

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/rusage"
	"github.com/semabench/semabench/stress/internal/contexts"
	"github.com/semabench/semabench/stress/internal/race"
)

// Time and numbers: C35 and C36. However late a request is served, and however many there were
// before it.

// C35: for a month nothing happens but time. No wait and no grant may expire: not of a ctx
// without a deadline, not of a ctx whose deadline is later, and not of a request for more than the
// size. The clock of a bubble passes a month in an instant, because nothing else can move.
// Implementations with a timeout of their own, or with a lease for a permit, fail. The request for
// more than the size must still wait after a month, and must still delay nothing.
func noExpiry(t *trial) {
	if t.impl.Waits != impls.Parked {
		t.unknownf("waiters are %v: the clock that they see cannot be turned forward", t.impl.Waits)
	}
	deadlinesAlone(t)
	holdersOutlive(t)
	const long = 31 * 24 * time.Hour
	if t.impl.UnitWeights {
		unitsDoNotExpire(t, long)
		return
	}
	idle := t.make(1)
	t.take(idle, 1)
	sem := t.make(2)
	t.take(sem, 1) // granted at once
	first := t.startBlocked(sem, 2)
	sem.Release(1)
	t.mustBeGranted(first) // granted after it waited
	later, cancel := context.WithTimeout(context.Background(), 2*long)
	waiters := []*call{
		t.startBlocked(sem, 1),
		t.startWith(later, cancel, sem, 1),
	}
	t.settle() // the order in which they begin to wait is known
	waiters = append(waiters, t.startForever(sem, 1))
	doomed := t.startBlocked(sem, 3)
	time.Sleep(long) // on the clock of the bubble
	for _, c := range append(waiters, doomed) {
		t.mustWait(c)
	}
	t.mustHaveFree(idle, 0)
	sem.Release(2)
	t.settle()
	if t.impl.Order == impls.FIFO {
		t.mustWait(waiters[2])
	}
	sem.Release(1)
	for _, c := range waiters {
		t.mustBeGranted(c)
	}
	sem.Release(2)
	t.mustHaveFree(sem, 2)
	doomed.cancel()
	t.mustBeRefused(doomed, context.Canceled)
	waitsOfAges(t)
}

// waitsOfAges lets requests wait that began at different times: an hour apart, two hours, and so on, up to a
// century in all. Milliseconds in 32 bits wrap after 25 or 50 days, and seconds after 68 years. A line that is
// ordered by them is out of order then, and a timeout that was meant to be endless passes. The steps are no
// whole hours, or days: an implementation that lines a waiter up anew after such a time would keep the order.
//
// An implementation may look each second whether its ctx is done, which is a thousand million looks in 32
// years. So the steps end early when they have taken a quarter of a second of processor time. That bounds
// what is found, and decides no verdict.
func waitsOfAges(t *trial) {
	const century, most = 100 * 365 * 24 * time.Hour, 250 * time.Millisecond
	before := rusage.Self().CPU()
	l := t.fullLine(1)
	for step := time.Hour; step < century && rusage.Self().CPU()-before < most; step *= 2 {
		l.join(1)
		time.Sleep(step + step/7) // on the clock of the bubble
		t.progress.Add(1)
		l.check()
		behindAges(t, l.sem)
	}
	l.drain() // also checks the order
}

// behindAges lets a request with a deadline come to a line that has stood for long. Services that shed load
// refuse it at once, or before its time.
func behindAges(t *trial, sem impls.Semaphore) {
	const limit = 2 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	began, late := time.Now(), t.startWith(ctx, cancel, sem, 1)
	time.Sleep(limit / 2) // on the clock of the bubble
	t.mustWait(late)
	t.await(late)
	t.mustBeRefused(late, context.DeadlineExceeded)
	if took := time.Since(began); took != limit {
		t.failf("Acquire with a deadline in %v returned after %v", limit, took)
	}
}

// deadlinesAlone gives Acquire deadlines that are near, far and past. A deadline that has not passed
// ends nothing: the request is granted if a permit is free, or comes back in time. A wait ends at its
// deadline exactly. A ctx of a caller's own type is not done by its deadline at all. Implementations
// that read Deadline fail: some refuse a request for which little time is left, and some set a timer of
// their own.
func deadlinesAlone(t *trial) {
	const minute = time.Minute
	for _, limit := range []time.Duration{1, time.Microsecond, time.Millisecond, time.Second, minute, 60 * minute} {
		sem := t.make(1)
		startWithin := func() *call {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			return t.startWith(ctx, cancel, sem, 1)
		}
		t.mustBeGranted(startWithin())
		waiter := startWithin()
		t.mustWait(waiter)
		sem.Release(1)
		t.mustBeGranted(waiter)
		began, late := time.Now(), startWithin()
		t.await(late)
		t.mustBeRefused(late, context.DeadlineExceeded)
		if took := time.Since(began); took != limit {
			t.failf("Acquire with a deadline in %v returned after %v", limit, took)
		}
	}
	farDeadlines(t)
	for _, left := range []time.Duration{-minute, 0, time.Millisecond, minute, math.MaxInt64} {
		sem, own := t.make(1), contexts.NewCallers(left)
		t.mustBeGranted(t.startWith(own, own.End, sem, 1))
		waiter := t.startWith(own, own.End, sem, 1)
		time.Sleep(60 * minute) // on the clock of the bubble
		t.mustWait(waiter)
		sem.Release(1)
		t.mustBeGranted(waiter)
	}
}

// farDeadlines waits with deadlines that are from an hour to a century away, and with one beyond the reach of a
// time.Duration. Milliseconds in 32 bits overflow after 25 or 50 days, and nanoseconds since 1970 after the
// year 2262. The clock of a bubble begins in 2000 and ends then, so the waits of a trial must not be longer in
// all.
//
// As in waitsOfAges, an implementation may look each second whether its ctx is done. So a longer wait comes only
// if the one before took little processor time. That bounds what is found, and decides no verdict.
func farDeadlines(t *trial) {
	const most, day = 10 * time.Millisecond, 24 * time.Hour
	for _, limit := range []time.Duration{time.Hour, day, 30 * day, 60 * day, 365 * day, 100 * 365 * day} {
		sem := t.make(1)
		startWithin := func() *call {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			return t.startWith(ctx, cancel, sem, 1)
		}
		t.mustBeGranted(startWithin())
		left := startWithin()
		t.mustWait(left)
		left.cancel()
		t.mustBeRefused(left, context.Canceled)
		began, late, before := time.Now(), startWithin(), rusage.Self().CPU()
		t.await(late)
		t.mustBeRefused(late, context.DeadlineExceeded)
		if took := time.Since(began); took != limit {
			t.failf("Acquire with a deadline in %v returned after %v", limit, took)
		}
		if rusage.Self().CPU()-before > most {
			break
		}
	}
	sem := t.make(1)
	for range 2 { // granted at once, and after a wait
		ctx, cancel := context.WithDeadline(context.Background(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
		c := t.startWith(ctx, cancel, sem, 1)
		t.settle()
		if !c.hasReturned() {
			sem.Release(1)
		}
		t.mustBeGranted(c)
		cancel()
	}
	sem.Release(1)
	t.mustHaveFree(sem, 1)
}

// unitsDoNotExpire is noExpiry with weights of 1: a grant, and two waits that outlive it.
func unitsDoNotExpire(t *trial, long time.Duration) {
	sem := t.make(1)
	t.take(sem, 1)
	later, cancel := context.WithTimeout(context.Background(), 2*long)
	waiters := []*call{t.startForever(sem, 1), t.startWith(later, cancel, sem, 1)}
	t.settle()
	time.Sleep(long) // on the clock of the bubble
	for _, c := range waiters {
		t.mustWait(c)
	}
	sem.Release(1)
	t.settle()
	if !waiters[0].hasReturned() { // the order need not be known
		waiters[0], waiters[1] = waiters[1], waiters[0]
	}
	for _, c := range waiters {
		t.mustBeGranted(c)
		time.Sleep(long / 4)
		t.mustHaveFree(sem, 0)
		sem.Release(1)
	}
	t.mustHaveFree(sem, 1)
	waitsOfAges(t)
}

// C36: one semaphore serves more waits than 16 bits can count: as many that are granted, and as many
// that are cancelled. A counter that wraps shows as a waiter that is forgotten, or served too early.
//
// With -race there are 2^12 of each: a wait then takes ten times as long. Its batches are small, so
// that the memory for calls does not grow with the number of waits.
//
// The waits are real: each is observed to be blocked before it is granted or cancelled. Before them
// come as many calls that need not wait, and after them many waits at the same time, many cancelled
// waits without a Release between them, and many Releases before the waiter can run.
func anyNumber(t *trial) {
	most := 1 << 16
	if race.Enabled {
		most = 1 << 12
	}
	manyAlone(t, most)
	manyRefused(t)
	if t.impl.Waits != impls.Parked {
		manyCalls(t, most)
		return
	}
	// In each batch, and as many cancellations. It is odd, so no counter of 8 or 16 bits wraps between
	// two batches, where it would not show.
	const grants = 37
	sem := t.make(grants)
	t.take(sem, grants)
	for range most/grants + 1 {
		var stay, leave []*call
		for range grants {
			stay = append(stay, t.startForever(sem, 1))
			t.settle() // the order in which they begin to wait is known
			leave = append(leave, t.start(sem, 1))
		}
		t.settle()
		for _, c := range leave {
			c.cancel()
		}
		t.settle()
		for _, c := range leave {
			if !c.hasReturned() || c.err != context.Canceled {
				t.mustBeRefused(c, context.Canceled)
			}
		}
		t.grantInHalves(sem, stay)
		t.calls = t.calls[:0]
	}
	sem.Release(grants)
	t.mustHaveFree(sem, grants)
	manyWaits(t)
	manyLeavers(t)
	if t.impl.Order != impls.FIFO { // C27 has them otherwise
		whileMoving(t)
		shapes(t)
	}
	if !t.impl.UnitWeights { // the Release below would be as many calls, each of which may wake all
		manyAtOnce(t)
		manyReleases(t)
	}
}

// An extension takes a check beyond 16 bits, to 2^20 rounds, as long as they are cheap. Counters of 20 bits
// and more are common where a word holds a counter beside the permits. To reach 2^32 takes half an hour.
// A copy of the implementation whose counters start near their end would reach it at once, and would be no
// proof: zero means something else in most counters, such as a line that is empty.
//
// The end is a bound on processor time, and depends on the machine. It bounds what is found, and decides no
// verdict. Runs with a smaller -stress.ops than the default are not extended.
type extension struct {
	none   bool
	before time.Duration // the processor time when it began
}

const (
	mostRounds    = 1<<20 + 1<<10
	mostExtension = 500 * time.Millisecond
)

func (t *trial) newExtension() extension {
	shortened := *opsFlag < defaultOps && *timeFlag == 0
	return extension{race.Enabled || shortened || t.impl.Waits != impls.Parked, rusage.Self().CPU()}
}

// allows reports whether a round may begin. It looks at the clock now and then, because that is a system call.
func (e extension) allows(round int) bool {
	return !e.none && round < mostRounds && (round%1024 != 0 || rusage.Self().CPU()-e.before < mostExtension)
}

// manyWaits hands one permit around among three goroutines. Each yields while it holds the permit, so that
// the others have to wait. An observed wait would cost twenty times as much, so these are not observed. If a
// counter wraps and a waiter is forgotten, or two hold the permit, that shows.
func manyWaits(t *trial) {
	const line = 3
	sem, more := t.make(1), t.newExtension()
	if more.none {
		return
	}
	var holders atomic.Int64
	t.together(copies(line, func(int) {
		for round := 0; more.allows(line * round); round++ {
			t.countProgress(round)
			if err := sem.Acquire(context.Background(), 1); err != nil {
				t.failf("Acquire(1) = %v after %d waits, want nil", err, line*round)
			}
			if n := holders.Add(1); n != 1 {
				t.failf("%d of 1 permits are held after %d waits", n, line*round)
			}
			runtime.Gosched()
			holders.Add(-1)
			sem.Release(1)
		}
	})...)
	t.mustHaveFree(sem, 1)
}

// manyRefused makes calls that give or take no permit: refused because their ctx is done, refused because they
// ask for more than the size, granted for nothing, and Releases of nothing. Over-releases belong to C11.
func manyRefused(t *trial) {
	done := contexts.Done()
	mustFail := func(sem impls.Semaphore, n int64) {
		if sem.Acquire(done, n) == nil {
			t.failf("Acquire(%d) with a done ctx = nil, want an error", n)
		}
	}
	zero := t.impl.ZeroWeight == impls.ZeroGranted && !t.impl.UnitWeights
	large := !t.impl.UnitWeights && t.impl.Defects["C14"] == ""
	for _, k := range []struct {
		what  string
		legal bool
		call  func(impls.Semaphore)
	}{
		{"requests with a done ctx", t.impl.DoneContext == impls.DoneLoses, func(sem impls.Semaphore) { mustFail(sem, 1) }},
		{"requests for more than the size", large, func(sem impls.Semaphore) { mustFail(sem, 4) }},
		{"requests for nothing", zero, func(sem impls.Semaphore) { t.mustAcquire(sem, 0) }},
		{"tries for nothing", zero && !t.impl.NoTry, func(sem impls.Semaphore) { sem.TryAcquire(0) }},
		{"Releases of nothing", zero, func(sem impls.Semaphore) { sem.Release(0) }},
	} {
		if k.legal {
			manyWithoutEffect(t, k.what, k.call)
		}
	}
}

// manyWithoutEffect makes calls of one kind that give or take no permit, one after the other. Their numbers
// double, as in failedTries. After each number, the permit that was held is all that is held, a try has its
// permit, and a request that waits is served.
func manyWithoutEffect(t *trial, what string, call func(impls.Semaphore)) {
	most := 1 << 12
	if t.impl.Waits != impls.Parked {
		most = 1 << 6 // a call may be a message
	}
	sem := t.make(2)
	for count := 1; count <= most; count *= 2 {
		t.take(sem, 1)
		for i := range count {
			t.countProgress(i)
			call(sem)
		}
		if !sem.TryAcquire(1) {
			t.failf("TryAcquire(1) = false after %d %s, want true with 1 of 2 permits free", count, what)
		}
		if sem.TryAcquire(1) {
			t.failf("TryAcquire(1) = true after %d %s, want false with no permit free", count, what)
		}
		for i := range count {
			t.countProgress(i)
			call(sem)
		}
		waiter := t.startBlocked(sem, 1)
		sem.Release(1)
		t.mustBeGranted(waiter)
		sem.Release(2)
		t.mustHaveFree(sem, 2)
	}
}

// mustAcquire acquires permits that are free, in the goroutine of the check.
func (t *trial) mustAcquire(sem impls.Semaphore, n int64) {
	if err := sem.Acquire(context.Background(), n); err != nil {
		t.failf("Acquire(%d) = %v, want nil", n, err)
	}
}

// manyAlone makes calls that need not wait, while a permit is held all the time. Both free permits are
// taken and put back in each round, so a permit that the n'th call loses or makes is missed at once.
func manyAlone(t *trial, rounds int) {
	if t.impl.Waits != impls.Parked {
		rounds /= 8 // a call may be a system call
	}
	sem := t.make(3)
	t.take(sem, 1)
	more := t.newExtension()
	for round := 0; round < rounds || more.allows(round); round++ {
		t.countProgress(round)
		if err := sem.Acquire(context.Background(), 1); err != nil {
			t.failf("Acquire(1) = %v in round %d, want nil", err, round)
		}
		if !t.impl.NoTry {
			if !sem.TryAcquire(1) {
				t.failf("TryAcquire(1) = false in round %d, want true with 1 permit free", round)
			}
			if sem.TryAcquire(1) {
				t.failf("TryAcquire(1) = true in round %d, want false with no permit free", round)
			}
			sem.Release(1)
		}
		sem.Release(1)
	}
	t.mustHaveFree(sem, 2)
	t.mustServeAfterCalm(sem)
}

// mustServeAfterCalm lets requests wait on a semaphore of 3 permits, 2 of them free, on which no request has waited
// for many calls. An implementation may have turned to a mode that is faster without waiters. The first waiter
// is alone, and so are others after it.
func (t *trial) mustServeAfterCalm(sem impls.Semaphore) {
	t.take(sem, t.weight(2))
	if t.impl.UnitWeights {
		t.take(sem, 1)
	}
	l := &line{t: t, sem: sem, size: 3, held: 3}
	for range 3 {
		l.join(1)
		l.release(1)
		l.check()
	}
	for range 3 {
		l.join(1)
	}
	l.cancel(l.waiting[0])
	l.check()
	l.drain()
}

// manyLeavers cancels more waits than a line of usual size has places, while the one permit is held and
// nothing comes back. Entries that a Release would have to remove, such as the entries of a buffered
// channel, fill the line. Two waiters stay: the first of all and the last of all. Where
// the leavers took storage away with them, the last one may be put where no Release looks.
func manyLeavers(t *trial) {
	leavers := 1<<12 + 1
	if race.Enabled {
		leavers = 1<<10 + 1
	}
	l := t.fullLine(1, 1)
	for range leavers {
		c := t.startBlocked(l.sem, 1)
		c.cancel()
		t.mustBeRefused(c, context.Canceled)
	}
	l.join(1)
	l.drain() // also checks the order
}

// manyReleases gives permits back one by one to a waiter that needs them all, as many as 8 bits can
// count, and as many as 16 bits can, in a burst in which the waiter hardly gets to run. A waiter that compares a
// number of so many bits before and after its sleep takes a full round of changes for none. The waiter may run
// in between, so the burst is repeated. The long burst takes some milliseconds: the other processors are kept
// busy meanwhile, or one of them would run the waiter.
func manyReleases(t *trial) {
	for range 20 {
		releasesAtOnce(t, 1<<8, func(bool) {})
	}
	if t.newExtension().none {
		return
	}
	for range 5 {
		var stop atomic.Bool
		releasesAtOnce(t, 1<<16, func(over bool) {
			stop.Store(over)
			for range runtime.GOMAXPROCS(0) - 1 {
				go func() {
					for !stop.Load() { // without a yield, which would let the waiter run
					}
				}()
			}
		})
	}
}

// releasesAtOnce is one burst of n Releases. It calls around before and after the burst.
func releasesAtOnce(t *trial, n int64, around func(over bool)) {
	defer around(true) // a Release may panic
	if t.impl.MaxSize > 0 {
		n = min(n, t.impl.MaxSize)
	}
	sem := t.make(n)
	t.take(sem, n)
	waiter := t.startBlocked(sem, n)
	around(false)
	for range n {
		sem.Release(1)
	}
	around(true)
	t.mustBeGranted(waiter)
	sem.Release(n)
	t.mustHaveFree(sem, n)
}

// manyAtOnce lets more requests wait at the same time than 8 bits can count, as an index into a line
// of waiters does, and more than the usual sizes of a buffer; then more than 16 bits can count, as the
// number of waiters in a word beside the permits does. A line that is searched from its begin for each arrival
// or each grant would take minutes at the last number, so each larger number comes only if the one before
// took little processor time. That bounds what is found, and decides no verdict.
func manyAtOnce(t *trial) {
	const first, most = 1 << 10, 1 << 16
	abreast(t, first, 1)
	if t.newExtension().none || abreast(t, 4*first, first) > mostExtension/4 {
		return
	}
	for range 5 { // other work of the process may count in the first
		if took := abreast(t, 16*first, first); took < mostExtension/2 {
			abreast(t, most, first)
			return
		} else if took > mostExtension {
			return
		}
	}
}

// abreast lets n requests wait at the same time and grants all of them. It returns the processor time that
// this took. Some begin to wait at once, in an order that is not known. One is served in between, so that at
// first n wait, and later n+1. Three calls of Release grant all: an implementation may wake every waiter in
// each Release.
func abreast(t *trial, n int64, atOnce int) time.Duration {
	if t.impl.MaxSize > 0 {
		n = min(n, t.impl.MaxSize-1)
	}
	if n == 0 {
		return 0
	}
	before := rusage.Self().CPU()
	sem := t.make(n + 1)
	t.take(sem, n+1)
	var waiting []*call
	join := func() { waiting = append(waiting, t.startForever(sem, 1)) }
	for i := range n {
		join()
		// Also behind the last waiter of the first half of grantInHalves, which asks for the order there.
		if int(i+1)%atOnce == 0 || i == (n+1)/2 {
			t.settle()
			t.progress.Add(1)
		}
	}
	t.settle()
	sem.Release(1)
	t.settle()
	served := slices.IndexFunc(waiting, (*call).hasReturned)
	if served < 0 {
		t.failf("%d requests wait, and none was granted after Release(1)", n)
	}
	waiting = slices.Delete(waiting, served, served+1)
	join()
	join() // one more than before wait now
	t.settle()
	t.grantInHalves(sem, waiting)
	sem.Release(n + 1)
	t.mustHaveFree(sem, n+1)
	t.calls = t.calls[:0]
	return rusage.Self().CPU() - before
}

// grantInHalves releases half as many permits as requests wait for one, and then the others. Under
// FIFO the first half of the requests must be granted first. The half makes a Release of many
// permits, which must stop in the middle of the line.
func (t *trial) grantInHalves(sem impls.Semaphore, waiting []*call) {
	half := len(waiting) / 2
	sem.Release(int64(half))
	t.settle()
	if t.impl.Order == impls.FIFO {
		for i, c := range waiting {
			if got, want := c.hasReturned(), i < half; got != want {
				t.failf("waiter %d of %d has returned: %v, want %v after Release(%d)",
					i+1, len(waiting), got, want, half)
			}
		}
	}
	sem.Release(int64(len(waiting) - half))
	t.settle()
	for _, c := range waiting {
		if !c.hasReturned() || c.err != nil {
			t.mustBeGranted(c)
		}
	}
}

// manyCalls makes the given number of calls that have to wait for each other, by two goroutines.
// Outside of a bubble it cannot be seen that a call waits. Two goroutines and one permit make them
// wait for each other often enough for a counter to move.
func manyCalls(t *trial, calls int) {
	sem := t.make(1)
	t.together(copies(2, func(int) {
		for round := range calls/2 + 1 {
			t.countProgress(round)
			if err := sem.Acquire(context.Background(), 1); err != nil {
				t.failf("Acquire = %v, want nil", err)
			}
			sem.Release(1)
		}
	})...)
	t.mustHaveFree(sem, 1)
}
