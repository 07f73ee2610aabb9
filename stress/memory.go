package stress

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/rusage"
	"github.com/semabench/semabench/stress/internal/contexts"
	"github.com/semabench/semabench/stress/internal/race"
)

// Memory and resources: C29 to C31, C33 and C37. Happens-before edges, data races, what is left
// in use when calls have returned, and the processor time of waiters.

// C29: a plain variable is guarded by the semaphore alone. The holder of all permits may write it,
// and the holder of one permit may read it. The race detector reports a missing happens-before
// edge; even without it, a lost update is a failure. The loop does no atomic operation of its own
// but one in 50 rounds: every atomic operation of the check is an edge that could hide a missing
// edge of the semaphore. The readers use TryAcquire, since the contract gives an edge to a
// successful try too. Without -race only a lost update can show, so the clause then ends as
// unknown.
func happensBefore(t *trial) {
	const workers, rounds = 6, 500
	size := t.weight(3) // all permits, so that a writer is alone
	sem := t.make(size)
	guarded := 0
	t.together(copies(workers, func(worker int) {
		for round := range rounds {
			t.countProgress(round)
			if (round+worker)%3 == 0 {
				if err := sem.Acquire(context.Background(), size); err != nil {
					t.failf("Acquire with a background ctx = %v, want nil", err)
				}
				guarded++
				sem.Release(size)
			} else if t.takesOne(sem) {
				// A read that the compiler may not remove, without a write that would race by
				// itself.
				runtime.KeepAlive(guarded)
				sem.Release(1)
			}
		}
	})...)
	if want := workers * rounds / 3; guarded != want {
		t.failf("%d of %d updates made under all permits survived", guarded, want)
	}
	t.needsRaceDetector()
}

// takesOne tries for a permit, or acquires one if there is no TryAcquire.
func (t *trial) takesOne(sem impls.Semaphore) bool {
	if t.impl.NoTry {
		return sem.Acquire(context.Background(), 1) == nil
	}
	return sem.TryAcquire(1)
}

// C30: all methods run at once, with cancellations and without. The check keeps no account of the
// calls: that would add happens-before edges and hide missing ones. The second semaphore exists for
// its panics only. A Release that panics may touch state on a path that no legal call takes, and
// its state afterwards is not specified.
//
// Its strength is the variety of overlapping calls. C29 asks for edges that must be there; this
// asks for accesses that must not overlap.
func noDataRace(t *trial) {
	const workers, rounds = 6, 300
	sem, overReleased := t.make(2), t.make(2)
	t.together(copies(workers, func(worker int) {
		for round := range rounds {
			t.countProgress(round)
			ctx, cancel := context.WithCancel(context.Background())
			n := t.weight(int64(1 + (worker+round)%3))
			if round%2 == 0 || n == 3 {
				go cancel()
			}
			if sem.Acquire(ctx, n) == nil {
				runtime.Gosched() // otherwise hardly any call would have to wait
				sem.Release(n)
			}
			cancel()
			if !t.impl.NoTry && sem.TryAcquire(n) {
				sem.Release(n)
			}
			if t.impl.Defects["C10"] == "" { // otherwise the call may never return
				recovering(func() { overReleased.Release(1) })
			}
		}
	})...)
	t.mustHaveFree(sem, 2)
	t.needsRaceDetector()
}

// needsRaceDetector ends the clause as unknown in a build without -race.
func (t *trial) needsRaceDetector() {
	if !race.Enabled {
		panic(unknown{missing: "built without the race detector: use go test -race", race: true})
	}
}

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
	before, _ := t.inUseFromLeavers()
	for range waits {
		for _, e := range contexts.Ends() {
			c := t.startWith(e.Ctx, e.Cancel, labelled{sem, label}, 1)
			t.mustWait(c)
			sem.Release(1)
			t.mustBeGranted(c)
			e.Cancel()
		}
	}
	t.settle()
	if n := goroutinesLabelled(label); n >= waits {
		t.failf("%d goroutines are left after %d granted waits with each kind of ctx", n, waits)
	}
	if after, _ := t.inUseFromLeavers(); after-before >= waits {
		t.failf("%d objects that Acquire allocated are in use after %d granted waits with each kind "+
			"of ctx, some with a deadline", after-before, waits)
	}
	sem.Release(1)
}

// leaversLeave cancels waiters while the semaphore is held, and counts what is left of them. The
// threshold is one object for each leaver. An implementation that keeps some entries for reuse
// stays below it. An implementation that forgets to remove entries reaches it.
func leaversLeave(t *trial, sem impls.Semaphore, n int64) {
	const leavers = 100 // above what an implementation may retain once, for reuse
	label := fmt.Sprintf("leaver %d", leaverIDs.Add(1))
	before, _ := t.inUseFromLeavers() // objects of earlier checks in this process
	for range leavers {
		ctx, cancel := context.WithCancel(context.Background())
		c := t.startWith(ctx, cancel, labelled{sem, label}, n)
		t.mustWait(c)
		cancel()
		t.mustBeRefused(c, context.Canceled)
	}
	t.settle()
	// A quarter of them: whether a call leaves a goroutine may be up to chance, as with a result that is sent
	// to a call which has already returned.
	if left := goroutinesLabelled(label); left >= leavers/4 {
		t.failf("%d goroutines are left after %d cancelled waits for %d", left, leavers, n)
	}
	if after, _ := t.inUseFromLeavers(); after-before >= leavers {
		t.failf("%d objects that Acquire(%d) allocated are in use after %d cancelled waits",
			after-before, n, leavers)
	}
}

var leaverIDs atomic.Int64

// A labelled semaphore calls Acquire under a label of package pprof, and through a function whose
// name marks the allocations in the heap profile. Two marks are needed. The heap profile has stacks
// and no labels; the profile of goroutines has labels, which goroutines inherit, and its stacks do
// not name the goroutine that started another.
type labelled struct {
	impls.Semaphore
	label string
}

func (l labelled) Acquire(ctx context.Context, n int64) (err error) {
	pprof.Do(context.Background(), pprof.Labels("stress", l.label), func(context.Context) {
		err = l.acquireAsLeaver(ctx, n)
	})
	return err
}

//go:noinline
func (l labelled) acquireAsLeaver(ctx context.Context, n int64) error {
	return l.Semaphore.Acquire(ctx, n)
}

//go:noinline
func (l labelled) tryAsLeaver(n int64) bool { return l.Semaphore.TryAcquire(n) }

//go:noinline
func (l labelled) releaseAsLeaver(n int64) { l.Semaphore.Release(n) }

// C33: storage is bounded. An implementation may retain any constant amount, for example for reuse.
// So the amount is compared after many waits and after twice as many, and only growth at every step
// is a failure. Growth below four bytes for each wait is less than one pointer for every second
// wait, so no object was added for each. The number of waits doubles each time: a leak grows with
// it, and a constant amount does not.
func boundedStorage(t *trial) {
	const first, last = 1_000, 8_000
	sem := t.make(2)
	comeAndGo(t, sem, first)
	_, before := t.inUseFromLeavers()
	for waits := 2 * first; waits <= last; waits *= 2 {
		comeAndGo(t, sem, waits)
		_, after := t.inUseFromLeavers()
		grown := after - before
		if grown < 4*int64(waits) {
			t.mustHaveFree(sem, 2)
			return
		}
		if waits == last {
			t.failf("%d bytes more that Acquire and Release allocated are in use after %d more waits",
				grown, waits)
		}
		before = after
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
			line = append(line, t.start(passing{labelled{sem, ""}}, 1))
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
			refused(t, labelled{sem, ""}, abreast)
		}
	}
}

// refused makes calls that are refused by themselves: for more than the size, with a ctx that is done, and
// for more than is free.
func refused(t *trial, sem labelled, calls int) {
	for range calls {
		if t.impl.DoneContext == impls.DoneLoses {
			_ = sem.Acquire(contexts.Done(), 1)
		}
		if !t.impl.UnitWeights {
			_ = sem.Acquire(contexts.Done(), 3)
		}
		if !t.impl.NoTry && !t.impl.UnitWeights && sem.tryAsLeaver(3) {
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

// A passing semaphore releases at once what it acquires.
type passing struct{ labelled }

func (p passing) Acquire(ctx context.Context, n int64) error {
	err := p.acquireAsLeaver(ctx, n)
	if err == nil {
		p.releaseAsLeaver(n)
	}
	return err
}

// goroutinesLabelled returns how many goroutines carry a label of package pprof. Only debug=1 of
// the profile has counts together with labels, in text. The format is stable in practice but not
// promised; a test of this package fails if it changes.
func goroutinesLabelled(label string) (n int64) {
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		panic(err) // a strings.Builder does not fail
	}
	// Goroutines with equal stacks and labels are one record: “7 @ 0x…”, then the labels.
	var count int64
	for line := range strings.Lines(profile.String()) {
		if digits, _, ok := strings.Cut(line, " @ "); ok {
			count, _ = strconv.ParseInt(digits, 10, 64)
		} else if strings.HasPrefix(line, "# labels:") && strings.Contains(line, strconv.Quote(label)) {
			n += count
		}
	}
	return n
}

// inUseFromLeavers counts what was allocated below the calls of a labelled semaphore and is not
// freed. It reads the profile of the whole process and picks the records by their stacks, so
// allocations of parallel tests do not count.
//
// It costs three collections of garbage. The clauses that call it are few, and hold a lock
// against each other.
func (t *trial) inUseFromLeavers() (objects, bytes int64) {
	for range 3 { // the profile shows the last cycle but one, and a sync.Pool empties in two
		runtime.GC()
		t.progress.Add(1) // a collection of a large heap may take long
	}
	records := make([]runtime.MemProfileRecord, 1024)
	for {
		found, ok := runtime.MemProfile(records, false)
		if ok {
			records = records[:found]
			break
		}
		records = make([]runtime.MemProfileRecord, 2*found)
	}
	for _, r := range records {
		if r.InUseObjects() > 0 && allocatedByLeaver(r.Stack()) {
			objects += r.InUseObjects()
			bytes += r.InUseBytes()
		}
	}
	return objects, bytes
}

// ofTheRuntime are functions of the runtime that allocate for the caches of its processors, which
// hold a hundred objects and more. They are no property of the implementation.
var ofTheRuntime = map[string]bool{
	"runtime.acquireSudog":         true, // for waits on a channel or a lock
	"runtime.newdefer":             true,
	"runtime.buildTypeAssertCache": true,
}

func allocatedByLeaver(stack []uintptr) bool {
	for frames := runtime.CallersFrames(stack); ; {
		f, more := frames.Next()
		if ofTheRuntime[f.Function] {
			return false
		}
		if strings.HasSuffix(f.Function, "AsLeaver") && strings.Contains(f.Function, "stress.labelled.") {
			return true
		}
		if !more {
			return false
		}
	}
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
	var alone, waiting, burning time.Duration
	for range mostTries {
		var naps int
		alone, burning, naps = t.calibrate()
		sem := t.make(1)
		t.take(sem, 1)
		var waiters []*call
		for range burners {
			waiters = append(waiters, t.start(sem, 1))
		}
		t.settle() // a waiter may look at the permits some times before it sleeps
		waiting = processorTime(naps)
		for _, c := range waiters {
			c.cancel()
		}
		for _, c := range waiters {
			t.returned(c)
		}
		if waiting <= alone+(burning-alone)/8 {
			return
		}
	}
	t.failf("%d waiting requests used %v of processor time, and none used %v in as many sleeps; "+
		"%d goroutines that burn on purpose used %v. Impl.Waits is %v",
		burners, waiting, alone, burners, burning, declared)
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
