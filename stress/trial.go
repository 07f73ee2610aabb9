package stress

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/impls"
)

// patience is how long nothing may move, on the real clock, before a clause counts as hung. It is
// far above any time that a correct semaphore takes, so it decides nothing about one. Only tests
// change it.
var patience = 30 * time.Second

// A trial plays one clause against one implementation. Its methods end the clause through a panic
// that play recovers, so the check of a clause reads as a list of steps. It belongs to the
// goroutine of the check. Only progress, panicked and the fields of a call are touched by other
// goroutines: the first two are atomic, and the last are read after done is closed.
type trial struct {
	impl  impls.Impl
	calls []*call           // calls whose return was not awaited yet
	made  []impls.Semaphore // semaphores to close in the end

	panicked atomic.Pointer[error] // the first panic of the goroutines of together
	patience time.Duration
	progress *atomic.Int64 // counts returned calls and steps of programs
}

// A call is an Acquire in a goroutine of its own. The goroutine of the call writes err and panicked
// before it closes done. A reader that has seen done closed may therefore read both without a lock.
//
// ctx is kept to tell in the message whether it was done.
type call struct {
	n        int64
	cancel   context.CancelFunc
	ctx      context.Context
	done     chan struct{}
	err      error // valid when done is closed, as is panicked
	panicked error
}

// failf ends the clause. It names the line of the check that was not satisfied.
func (t *trial) failf(format string, args ...any) {
	panic(failure{message: fmt.Sprintf("stress/%s: %s", failedLine(), fmt.Sprintf(format, args...))})
}

// unknownf ends a clause that cannot be judged here.
func (t *trial) unknownf(format string, args ...any) {
	panic(unknown{missing: fmt.Sprintf(format, args...)})
}

// endOf calls f and reports a panic or a Goexit. It has no result, because a Goexit would lose it.
func endOf(f func(), report func(error)) {
	returned := false
	defer func() {
		switch r := recover(); {
		case r != nil:
			report(asError(r))
		case !returned:
			report(goexit)
		}
	}()
	f()
	returned = true
}

// asError makes an error of a recovered panic. A panic of the implementation gets its stack.
// Package synctest names itself in its panics. The hint depends on nothing more than that name.
func asError(r any) error {
	switch own := r.(type) { // panics of this suite say all that there is to say
	case failure:
		return own
	case unknown:
		return own
	}
	hint := ""
	if strings.Contains(fmt.Sprint(r), "synctest") {
		hint = " (the implementation shares channels between semaphores: declare Impl.Waits as Elsewhere)"
	}
	return failure{message: fmt.Sprintf("panic: %v%s\n%s", r, hint, debug.Stack())}
}

// How the suite knows that a goroutine is blocked, without sleeping.
//
// Where waiters are parked, a clause runs in a synctest bubble. synctest.Wait returns when no
// goroutine of the bubble can move, so what a clause sees then is exact.
//
// Where waiters spin or wait elsewhere, no such instant exists. The clause yields a counted number
// of times to let them run. A waiter that returns too early may then be missed, but a waiter that
// must return is always awaited, so no correct implementation fails.

// settleYields is how often settle yields where it cannot see that waiters are blocked. It is far
// above the few yields that a waiter needs to reach its loop on an idle machine. No verdict against
// a semaphore depends on it, so a busy machine makes the suite blunter and never wrong. It is a
// variable for the tests of this package: under the race detector, spinning waiters take a
// millisecond of processor time for 200 yields.
var settleYields = 200

// settle returns when nothing can move, as far as that can be seen.
func (t *trial) settle() {
	if t.impl.Waits == impls.Parked {
		synctest.Wait()
		return
	}
	yield(settleYields)
}

// yield lets other goroutines run, the given number of times. It is no sleep: it takes no time on an
// idle machine, and yields to every runnable goroutine on a busy one.
func yield(times int) {
	for range times {
		runtime.Gosched()
	}
}

// settledOn reports whether one of the channels is closed once nothing can move.
//
// Real time decides here only how long to wait for a bad verdict. A verdict that is good comes
// as soon as the channel is closed.
func (t *trial) settledOn(done ...<-chan struct{}) bool {
	if t.impl.Waits == impls.Parked {
		synctest.Wait()
		return anyClosed(done...)
	}
	// A third of the patience of play, so that the clause fails with its own words before play
	// gives up. A long time between two polls counts as a short one: the process was stopped
	// meanwhile, and the waiters with it.
	const short = 10 * time.Millisecond
	moved, still, last := t.progress.Load(), time.Duration(0), time.Now()
	for still < t.patience/3 {
		// Asked before the time: a call that returned while this process was stopped counts.
		if anyClosed(done...) {
			return true
		}
		now := time.Now()
		still += min(now.Sub(last), short)
		last = now
		if n := t.progress.Load(); n != moved {
			moved, still = n, 0
		}
		runtime.Gosched()
	}
	return false
}

// anyClosed reports whether some channel is closed. The channels carry no values.
func anyClosed(all ...<-chan struct{}) bool {
	for _, c := range all {
		select {
		case <-c:
			return true
		default:
		}
	}
	return false
}

// mustHaveFree fails unless exactly n permits are free. No request may be waiting. It takes exactly
// n permits and tries for one more, and then gives the n back. The semaphore must be quiet: a
// waiter would be granted by the Release, and under FIFO its presence alone may make a try fail.
func (t *trial) mustHaveFree(sem impls.Semaphore, n int64) {
	if n > 0 && !sem.TryAcquire(n) {
		t.failf("TryAcquire(%d) = false, want %d permits free", n, n)
	}
	if sem.TryAcquire(1) {
		t.failf("TryAcquire(1) = true, want %d permits free and no more", n)
	}
	if n > 0 {
		sem.Release(n)
	}
}

// mustPanic fails unless f panics. The contract does not say with what. A Goexit does not count as
// a panic: recover then returns nil.
func (t *trial) mustPanic(what string, f func()) {
	panicked := func() (p bool) {
		defer func() { p = recover() != nil }()
		f()
		return
	}()
	if !panicked {
		t.failf("%s did not panic", what)
	}
}

// together calls all functions at once, each in its own goroutine, and passes on the first panic.
// The functions must not end the clause by themselves in a goroutine of their own: a panic there
// would end the process. So endOf turns it into a value, which the goroutine of the check raises
// again.
func (t *trial) together(all ...func()) {
	var wg sync.WaitGroup
	panics := make(chan any, len(all))
	for _, f := range all {
		wg.Go(func() {
			endOf(f, func(err error) {
				t.panicked.CompareAndSwap(nil, &err) // Wait may never return: others may wait for f
				panics <- err
			})
		})
	}
	wg.Wait()
	select {
	case r := <-panics:
		panic(r)
	default:
	}
}

// meet calls a and b in one order, in the other, or at once, by turns. The two fixed orders hit
// bugs that need one order surely. The turns at once come twice as often, because only some of them
// hit the window between the two.
func (t *trial) meet(round int, a, b func()) {
	switch round % 4 {
	case 0:
		a()
		b()
	case 1:
		b()
		a()
	default:
		t.together(a, b)
	}
}

// copies returns n functions that call f with 0 to n-1.
func copies(n int, f func(i int)) []func() {
	all := make([]func(), n)
	for i := range all {
		all[i] = func() { f(i) }
	}
	return all
}

// countProgress tells the watchdog once in 50 rounds that a loop goes on. Each atomic operation
// would order what the race detector is to see unordered.
func (t *trial) countProgress(round int) {
	if round%50 == 0 {
		t.progress.Add(1)
	}
}

// recovering calls f and drops a panic.
func recovering(f func()) {
	defer func() { _ = recover() }()
	f()
}

// stacks adds a hint for waiters that sleep, which a bubble does not see as blocked for good.
func (t *trial) stacks() string {
	s := stacks()
	if t.impl.Waits == impls.Parked && strings.Contains(s, "time.Sleep") {
		s += "\n(a waiter that sleeps and looks again is not parked: declare Impl.Waits as Elsewhere)"
	}
	return s
}

// mostUnits bounds the calls that one call becomes.
const mostUnits = 10_000

// needsWeight ends the clause if a request of weight n cannot be made.
func (t *trial) needsWeight(n int64) {
	if t.impl.UnitWeights && n > 1 {
		t.unknownf("a request for %d permits is not promised: Impl.UnitWeights is set", n)
	}
}

// needsTry ends the clause if there is no TryAcquire to judge.
func (t *trial) needsTry() {
	if t.impl.NoTry {
		t.unknownf("there is no TryAcquire: Impl.NoTry is set")
	}
}

// weight returns n, or 1 if only that weight is promised. A clause that scales the size and the
// weights of a scene with it keeps its meaning: what is needed is all there is.
func (t *trial) weight(n int64) int64 {
	if t.impl.UnitWeights {
		return min(n, 1)
	}
	return n
}

// weights returns the promised ones among the given weights.
func (t *trial) weights(all ...int64) (promised []int64) {
	for _, n := range all {
		if !t.impl.UnitWeights || n == 1 {
			promised = append(promised, n)
		}
	}
	return promised
}
