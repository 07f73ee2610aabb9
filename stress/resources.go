package stress

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/rusage"
	"github.com/semabench/semabench/stress/internal/contexts"
	"github.com/semabench/semabench/stress/internal/leavers"
)

// Resources: C31, C33 and C37. They measure the memory and the goroutines that calls leave behind, and the
// processor time of calls that wait.

// alone keeps two tests from running C31 or C33 at once: these set the rate of the heap profile of
// the process, and read what they allocated themselves. It locks outside of the bubble, because a
// goroutine that waits for a mutex looks like a goroutine that can still move.
func alone(run func(impls.Impl, time.Duration) error) func(impls.Impl, time.Duration) error {
	return func(impl impls.Impl, patience time.Duration) error {
		profiling.Lock()
		defer profiling.Unlock()
		defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
		runtime.MemProfileRate = 1 // every allocation
		return run(impl, patience)
	}
}

var profiling sync.Mutex

// C31: nothing is left when Acquire has returned.
//
// The ctx counts the callbacks that are registered with it. Goroutines are counted by a label that
// they inherit from the call that started them. Queue entries are counted by the heap profile, as
// objects that were allocated inside Acquire and are in use. None of the three counts what other
// tests do. The first wait is granted and the second is cancelled, since the two leave by different
// paths.
//
// Each of the three counts catches what the others miss: a callback keeps a ctx alive, a
// goroutine keeps a stack, and an entry keeps memory.
func nothingLeftBehind(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	ctx := contexts.NewCounting()
	granted := t.startWith(ctx, ctx.Cancel, sem, 1)
	t.mustWait(granted)
	sem.Release(1)
	t.mustBeGranted(granted)
	if n := ctx.Registered.Load(); n != 0 {
		t.failf("%d callback(s) still registered with the ctx after Acquire returned nil", n)
	}
	refused := t.startWith(ctx, ctx.Cancel, sem, 1)
	t.mustWait(refused)
	ctx.Cancel()
	t.mustBeRefused(refused, context.Canceled)

	leaversLeave(t, sem, 1)
	if !t.impl.UnitWeights {
		leaversLeave(t, sem, 2) // above the size: it may wait by code of its own
	}
	sem.Release(1)
	t.mustHaveFree(sem, 1)
	callbacksOfMeetings(t)
	grantedLeave(t)
	atOnceLeave(t)
}

// atOnceLeave counts what is left of calls that need not wait: granted at once, and refused because their ctx
// is done. The contexts go on after a grant, as the ctx of a server does. An implementation may prepare a wait
// that does not come.
func atOnceLeave(t *trial) {
	const calls = 100
	label := fmt.Sprintf("leaver %d", leaverIDs.Add(1))
	sem := t.make(1)
	counting := contexts.NewCounting()
	mustHaveNone := func(what string) {
		if n := counting.Registered.Load(); n != 0 {
			t.failf("%d callback(s) still registered with the ctx after %s", n, what)
		}
	}
	t.mustBeGranted(t.startWith(counting, counting.Cancel, sem, 1))
	mustHaveNone("Acquire took a free permit")
	counting.Cancel()
	if t.impl.DoneContext == impls.DoneLoses {
		t.mustBeRefused(t.startWith(counting, counting.Cancel, sem, 1), context.Canceled)
		mustHaveNone("Acquire refused a done ctx")
	}
	sem.Release(1)

	var ends []*contexts.Ending
	before, _ := t.inUse()
	for range calls {
		for _, e := range contexts.Ends() {
			ends = append(ends, e)
			// Package context makes the channel of a ctx, and the table of its callbacks, when they are first
			// needed. They belong to the ctx, so they must not be made in Acquire.
			e.Ctx.Done()
			context.AfterFunc(e.Ctx, func() {})()
			t.mustBeGranted(t.startWith(e.Ctx, e.Cancel, leavers.New(sem, label), 1))
			sem.Release(1)
			if t.impl.Waits != impls.Parked {
				break // a call may be a message there
			}
		}
	}
	t.settle()
	goroutines := leavers.Goroutines(label)
	after, _ := t.inUse()
	for _, e := range ends {
		e.Cancel()
	}
	if goroutines >= calls/4 { // as in leaversLeave
		t.failf("%d goroutines are left after %d calls with each kind of ctx that took a free permit", goroutines, calls)
	}
	if after-before >= calls {
		t.failf("%d objects that Acquire allocated are in use after %d calls with each kind of ctx that took a "+
			"free permit", after-before, calls)
	}
}

// callbacksOfMeetings counts the callbacks after a Release that meets the beginning of a wait. An
// implementation that registers with ctx and then looks once more returns on a path of its own.
func callbacksOfMeetings(t *trial) {
	const rounds = 100
	for round := range rounds {
		sem := t.make(1)
		t.take(sem, 1)
		ctx := contexts.NewCounting()
		c := t.startWith(ctx, ctx.Cancel, sem, 1)
		yield(round % 4)
		sem.Release(1)
		t.mustBeGranted(c)
		if n := ctx.Registered.Load(); n != 0 {
			t.failf("%d callback(s) still registered with the ctx after Acquire returned nil", n)
		}
		ctx.Cancel()
	}
}

// grantedLeave grants waits with a ctx of each kind, ends the ctx, and counts what is left. A timer of
// the implementation's own for the deadline of ctx is left if it is not stopped at the grant. It has no
// goroutine before it fires, and ctx does not know it.
func grantedLeave(t *trial) {
	const waits = 100 // as many as the leavers of leaversLeave, and for the same reason
	label := fmt.Sprintf("leaver %d", leaverIDs.Add(1))
	sem := t.make(1)
	t.take(sem, 1)
	before, _ := t.inUse()
	for range waits {
		for _, e := range contexts.Ends() {
			c := t.startWith(e.Ctx, e.Cancel, leavers.New(sem, label), 1)
			t.mustWait(c)
			sem.Release(1)
			t.mustBeGranted(c)
			e.Cancel()
		}
	}
	t.settle()
	if n := leavers.Goroutines(label); n >= waits {
		t.failf("%d goroutines are left after %d granted waits with each kind of ctx", n, waits)
	}
	if after, _ := t.inUse(); after-before >= waits {
		t.failf("%d objects that Acquire allocated are in use after %d granted waits with each kind "+
			"of ctx, some with a deadline", after-before, waits)
	}
	sem.Release(1)
}

// leaversLeave cancels waiters while the semaphore is held, with a ctx of each kind, and counts what is
// left of them. Only the kinds with a deadline may leave a timer, or an entry in a table of deadlines. The
// threshold is one object for each leaver of a kind. An implementation that keeps some entries for reuse
// stays below it. An implementation that forgets to remove entries reaches it.
func leaversLeave(t *trial, sem impls.Semaphore, n int64) {
	const waits = 100 // with each kind; above what an implementation may retain once, for reuse
	label := fmt.Sprintf("leaver %d", leaverIDs.Add(1))
	before, _ := t.inUse() // objects of earlier checks in this process
	for range waits {
		ends := contexts.Ends()
		if t.impl.Waits != impls.Parked { // a wait takes long there
			for _, e := range ends[1:] {
				e.Cancel()
			}
			ends = ends[:1]
		}
		for _, e := range ends {
			c := t.startWith(e.Ctx, e.Cancel, leavers.New(sem, label), n)
			t.mustWait(c)
			e.Cancel()
			t.mustBeRefused(c, e.Want)
		}
	}
	t.settle()
	// A quarter of them: whether a call leaves a goroutine may be up to chance, as with a result that is sent
	// to a call which has already returned.
	if left := leavers.Goroutines(label); left >= waits/4 {
		t.failf("%d goroutines are left after %d cancelled waits for %d with each kind of ctx", left, waits, n)
	}
	if after, _ := t.inUse(); after-before >= waits {
		t.failf("%d objects that Acquire(%d) allocated are in use after %d cancelled waits with each kind "+
			"of ctx, some with a deadline", after-before, n, waits)
	}
}

var leaverIDs atomic.Int64

// inUse counts what the calls of leavers left in memory. Each collection of garbage counts as
// progress, so that a large heap is not taken for a clause that hangs.
func (t *trial) inUse() (objects, bytes int64) {
	return leavers.InUse(func() { t.progress.Add(1) })
}

// C33: storage is bounded. An implementation may retain any constant amount, for example for reuse.
// So the amount is compared after many waits and after twice as many, and only growth at every step
// is a failure. Growth below four bytes for each wait is less than one pointer for every second
// wait, so no object was added for each. The number of waits doubles each time: a leak grows with
// it, and a constant amount does not.
func boundedStorage(t *trial) {
	mustNotGrow(t, "waits", comeAndGo)
	if t.impl.Waits != impls.Elsewhere { // where each may be a message
		mustNotGrow(t, "calls that need not wait", passThrough)
	}
}

func mustNotGrow(t *trial, what string, use func(*trial, impls.Semaphore, int)) {
	const first, last = 1_000, 8_000
	sem := t.make(2)
	use(t, sem, first)
	_, before := t.inUse()
	for uses := 2 * first; uses <= last; uses *= 2 {
		use(t, sem, uses)
		_, after := t.inUse()
		grown := after - before
		if grown < 4*int64(uses) {
			t.mustHaveFree(sem, 2)
			return
		}
		if uses == last {
			t.failf("%d bytes more that Acquire, TryAcquire and Release allocated are in use after %d more %s",
				grown, uses, what)
		}
		before = after
	}
}

// passThrough takes a free permit and gives it back, by Acquire with a ctx that can end and with a ctx that cannot, and
// by TryAcquire. No request waits meanwhile: what an implementation notes for each call may be thrown away at
// the next wait, and there is none.
func passThrough(t *trial, sem impls.Semaphore, calls int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	passing := leavers.NewPassing(sem)
	for call := range calls / 2 {
		own := ctx
		if call%2 == 0 {
			own = context.Background()
		}
		if err := passing.Acquire(own, 1); err != nil {
			t.failf("Acquire(1) = %v with 2 permits free, want nil", err)
		}
		if !t.impl.NoTry && passing.TryAsLeaver(1) {
			passing.ReleaseAsLeaver(1)
		}
		t.countProgress(call)
	}
}

// comeAndGo starts waiters in groups of ten. Every other waiter is cancelled, and the rest are
// granted one after the other. Cancelled and granted waiters alternate, so that a list which is
// only shortened at one end would keep the entries in its middle.
func comeAndGo(t *trial, sem impls.Semaphore, waits int) {
	const abreast = 10
	for range waits / abreast {
		t.take(sem, 2)
		var line []*call
		for range abreast {
			line = append(line, t.start(leavers.NewPassing(sem), 1))
		}
		t.lineUp()
		for i := 0; i < abreast; i += 2 {
			line[i].cancel()
			t.mustBeRefused(line[i], context.Canceled)
		}
		sem.Release(2)
		for i := 1; i < abreast; i += 2 {
			t.mustBeGranted(line[i])
			line[i].cancel()
		}
		if t.impl.Waits != impls.Elsewhere { // where each may be a message
			refused(t, leavers.New(sem, ""), abreast)
		}
	}
}

// refused makes calls that are refused by themselves: for more than the size, with a ctx that is done, and
// for more than is free.
func refused(t *trial, sem leavers.Semaphore, calls int) {
	for range calls {
		if t.impl.DoneContext == impls.DoneLoses {
			_ = sem.Acquire(contexts.Done(), 1)
		}
		if !t.impl.UnitWeights {
			_ = sem.Acquire(contexts.Done(), 3)
		}
		if !t.impl.NoTry && !t.impl.UnitWeights && sem.TryAsLeaver(3) {
			t.failf("TryAcquire(3) = true on a semaphore of size 2")
		}
	}
}

// lineUp lets the calls that were just started begin to wait. Where that cannot be seen, some calls
// may not have to wait; among thousands that does not matter.
func (t *trial) lineUp() {
	if t.impl.Waits == impls.Parked {
		t.settle()
		return
	}
	yield(2)
}

// C37: a request that waits uses no processor time.
//
// It compares processor times that the process used during the same number of short sleeps, and
// never a processor time with a wall time. A machine under load gives less of both to everything.
// Two controls calibrate each verdict: the sleeps alone, and the sleeps beside goroutines that burn
// on purpose. Where the machine gives the burning goroutines nothing either, the clause is unknown.
//
// Waiters in a bubble sleep too if they poll with a timer, because synctest counts a sleeping
// goroutine as blocked. So the clause runs outside of a bubble, on the real clock.
func noBurn(impl impls.Impl, patience time.Duration) error {
	declared := impl.Waits
	impl.Waits = impls.Elsewhere // no bubble
	return play(impl, patience, func(t *trial) { t.mustSleep(declared) })
}

const (
	burners = 4 // requests that wait, and goroutines of the control

	// leastBurnt is the processor time of the control that is enough to tell it from the sleeps
	// alone, also on systems that count in ticks of 16 ms.
	leastBurnt = 20 * time.Millisecond

	// mostTries bounds the repetitions of a bad verdict. Other goroutines of the process, such as
	// a collection of garbage or another test, may burn during one try. One quiet try is proof that
	// the waiters sleep; burning waiters have none.
	mostTries = 6
)

// mustSleep fails if waiting requests use more than an eighth of the time that as many burning
// goroutines use. Waiters that look again each millisecond stay far below that. The bound is
// relative to a control that ran just before on the same machine. An absolute bound in milliseconds
// would be a bet on the machine's load and on its clock ticks.
func (t *trial) mustSleep(declared impls.Waits) {
	if declared == impls.Spinning {
		t.unknownf("not promised: Impl.Waits is %v", declared)
	}
	var c calibration
	for i, r := range restingRequests() {
		if i > 0 && declared == impls.Elsewhere { // a wait may be a message there
			break
		}
		if r.n == 1 || !t.impl.UnitWeights {
			t.mustRest(&c, r, declared)
		}
	}
}

// A resting request waits in a state of its own, in which an implementation may look for its permits again and again.
type resting struct {
	what string
	free int64 // of two permits, beside the request
	n    int64
	kind kind
}

// restingRequests are a request with a ctx of each kind, one for more permits than are free, and one for more than
// the size.
func restingRequests() (all []resting) {
	kinds := timeKinds()
	for _, k := range kinds {
		if k.name != "context.Background" { // the check could not end it
			all = append(all, resting{"with " + k.name, 0, 1, k})
		}
	}
	own := kind{"a ctx of the caller's own type", func() (context.Context, context.CancelFunc) {
		ctx := contexts.NewCallers(time.Minute)
		return ctx, ctx.End
	}}
	soon := kind{"a ctx whose deadline is near", func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.Background(), time.Minute)
	}}
	return append(all,
		resting{"with " + soon.name, 0, 1, soon},
		resting{"with " + own.name, 0, 1, own},
		resting{"for 2 permits with 1 free", 1, 2, kinds[0]},
		resting{"for more than the size", 0, 3, kinds[0]},
	)
}

// A calibration is the processor time of a number of naps, alone and beside goroutines that burn.
type calibration struct {
	alone, burning time.Duration
	naps           int
}

// mustRest is mustSleep for one kind of request. The controls of the kind before are good enough for a request that
// rests. A verdict against it needs controls of its own, since the load of the machine may have changed.
func (t *trial) mustRest(c *calibration, r resting, declared impls.Waits) {
	const size = 2
	var waiting time.Duration
	for try := range mostTries {
		if try > 0 || c.naps == 0 {
			c.alone, c.burning, c.naps = t.calibrate()
		}
		sem := t.make(size)
		t.take(sem, size-r.free)
		var waiters []*call
		for range burners {
			ctx, cancel := r.kind.make()
			waiters = append(waiters, t.startWith(ctx, cancel, sem, r.n))
		}
		t.settle() // a waiter may look at the permits some times before it sleeps
		waiting = processorTime(c.naps)
		for _, w := range waiters {
			w.cancel()
		}
		for _, w := range waiters {
			t.returned(w)
		}
		if waiting <= c.alone+(c.burning-c.alone)/8 {
			return
		}
	}
	t.failf("%d requests that wait, %s, used %v of processor time, and none used %v in as many sleeps; "+
		"%d goroutines that burn on purpose used %v. Impl.Waits is %v",
		burners, r.what, waiting, c.alone, burners, c.burning, declared)
}

// calibrate returns the processor time of a number of naps, alone and beside burning goroutines,
// and that number. It takes more naps on a machine that is so busy that the burning goroutines
// hardly run. Burning goroutines must use four times as much as the sleeps alone. With less between
// the two controls, an eighth of their difference would be within the noise of the clock.
func (t *trial) calibrate() (alone, burning time.Duration, naps int) {
	const first, most = 16, 16 << 5
	for naps = first; naps <= most; naps *= 2 {
		alone = processorTime(naps)
		stop := make(chan struct{})
		for range burners {
			go func() {
				// A yield in each round, as in a waiter that spins politely. It burns no less.
				for !anyClosed(stop) {
					runtime.Gosched()
				}
			}()
		}
		burning = processorTime(naps)
		close(stop)
		t.progress.Add(1)
		if burning >= leastBurnt && burning >= 4*alone {
			return alone, burning, naps
		}
	}
	t.unknownf("the machine is too busy: in %d sleeps %d goroutines that burn used %v, and the "+
		"sleeps alone %v", most, burners, burning, alone)
	return 0, 0, 0
}

// processorTime returns the processor time that this process uses during some naps. The sleeps are
// counted and not timed: under load each takes longer, for the waiters and for the controls alike.
func processorTime(naps int) time.Duration {
	before := rusage.Self()
	for range naps {
		time.Sleep(time.Millisecond)
	}
	return rusage.Self().Minus(before).CPU()
}
