package stress

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
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

// A failure says how an implementation broke a clause. A failure travels as a panic from a step to
// play, so that steps need not return errors. It is a value and not a pointer, so errors.As finds
// it by its type alone.
type failure struct {
	message string
	seed    uint64 // this and the following fields are set for random programs only
	program string
	page    []byte
}

func (f failure) Error() string { return f.message }

// An unknown says what was missing to judge a clause.
type unknown struct {
	missing string
	race    bool // the race detector is missing
}

func (u unknown) Error() string { return u.missing }

// failf ends the clause. It names the line of the check that was not satisfied.
func (t *trial) failf(format string, args ...any) {
	panic(failure{message: fmt.Sprintf("stress/%s: %s", failedLine(), fmt.Sprintf(format, args...))})
}

// unknownf ends a clause that cannot be judged here.
func (t *trial) unknownf(format string, args ...any) {
	panic(unknown{missing: fmt.Sprintf(format, args...)})
}

// play runs a clause and returns how the implementation failed it, or nil. It contains panics,
// deadlocks and endless loops of the implementation. It cannot contain three things:
//   - a panic in a goroutine that the implementation starts by itself;
//   - the processor time that an endless loop goes on to use;
//   - the fatal error of the runtime when a channel made in one synctest bubble is used in another,
//     by a semaphore that did not declare its Waits.
//
// Containment costs one goroutine for the clause and one for its check. The caller waits on the
// real clock outside of them: inside a bubble, the clock stands still while a loop of the
// implementation runs.
func play(impl impls.Impl, patience time.Duration, clause func(*trial)) error {
	return playWatched(impl, patience, new(atomic.Int64), clause)
}

// playWatched is play with a counter of the caller for progress.
//
// The watchdog runs in the goroutine of the caller, outside of the bubble. A loop in the
// implementation keeps the bubble's clock from moving, and so would stop a watchdog inside.
func playWatched(
	impl impls.Impl, patience time.Duration, progress *atomic.Int64, clause func(*trial),
) error {
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() { ended <- err }() // deferred, because a bubble with a data race ends in Goexit
		t := &trial{impl: impl, patience: patience, progress: progress}
		if impl.Waits == impls.Parked {
			deadlock := inBubble(func() { err = t.runApart(clause) })
			if first := t.panicked.Load(); first != nil && deadlock != nil {
				deadlock = *first
			}
			if err == nil {
				err = deadlock
			}
			return
		}
		err = t.runApart(clause)
	}()
	// Several short waits and not one long: a process that was stopped, by a suspended machine for
	// example, finds one timer expired when it goes on, which is a fourth of the patience and not
	// all of it.
	const polls = 4 // how often to look while nothing moves
	seen, still := int64(0), 0
	for still < polls {
		select {
		case err := <-ended:
			return err
		case <-time.After(patience / polls):
			still++
			if now := progress.Load(); now != seen {
				seen, still = now, 0
			}
		}
	}
	// The goroutine of the clause is abandoned, since nothing can end a goroutine from outside.
	return hung{patience, impl.Waits, stacks()}
}

// A hung says that a clause never ended.
type hung struct {
	patience time.Duration
	waits    impls.Waits
	stacks   string
}

func (h hung) Error() string {
	advice := ""
	if h.waits == impls.Parked {
		advice = "; if waiters are not parked on channels or sync.Cond, declare Impl.Waits"
	}
	return fmt.Sprintf("still running, and nothing moved for %v%s\n%s", h.patience, advice, h.stacks)
}

// goexit is the failure of a call that ends its goroutine. Without it, the clause would end early
// and count as passed.
var goexit = failure{message: "a call ended its goroutine by runtime.Goexit; it must return or panic"}

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

// runApart runs the check of a clause in a goroutine of its own, which the implementation may end.
// Then it cancels and awaits the calls that the check left pending. The own goroutine is for
// Goexit. It would end the goroutine of the caller without a result, and in a bubble the test would
// then pass.
func (t *trial) runApart(clause func(*trial)) (err error) {
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() { ended <- err }()
		endOf(func() { clause(t) }, func(failed error) { err = failed })
	}()
	err = <-ended
	if cleanupErr := t.cleanup(); err == nil {
		err = cleanupErr
	}
	return err
}

// cleanup ends what the check has left. Every call is cancelled before any is awaited: a call may
// be able to return only after another has left the line. A waiter that its own cancellation does
// not end is a failure too, even if the check itself was satisfied.
//
// The first error is returned. A closing error of a semaphore whose clause failed would only
// distract.
func (t *trial) cleanup() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = asError(r)
		}
	}()
	for _, c := range t.calls {
		c.cancel()
	}
	for len(t.calls) > 0 {
		t.returned(t.calls[0])
	}
	for _, sem := range t.made {
		if err := impls.Close(sem); err != nil {
			return fmt.Errorf("closing the semaphore: %w", err)
		}
	}
	return nil
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

// initTesting does nothing in a test binary. In other binaries a zero testing.T needs its flags.
var initTesting = sync.OnceFunc(testing.Init)

// inBubble runs f in a synctest bubble. It returns an error if goroutines of the bubble were left
// blocked for good.
//
// The bubble gets a zero testing.T, because Check has none to give. Only the race detector uses it:
// it marks the T as failed, and synctest.Test then leaves through Goexit.
//
// The panic of synctest for a deadlock is the one way in which it reports goroutines that are
// left.
func inBubble(f func()) (deadlock error) {
	initTesting()
	defer func() {
		if r := recover(); r != nil {
			left := stacks()
			hint := ""
			if strings.Contains(left, "created by ") { // cut off for goroutines that this suite started
				hint = "\nA goroutine that the implementation started is left. If New starts it, " +
					"end it in a method Close, which is called if there is one, " +
					"or declare Impl.Waits as Elsewhere. If Acquire starts it, it must end with Acquire."
			}
			deadlock = fmt.Errorf("%v%s\n%s", r, hint, left)
		}
	}()
	synctest.Test(new(testing.T), func(*testing.T) { f() })
	return nil
}

// make returns a fresh semaphore. The trial closes it in the end, whether the clause passed or not.
func (t *trial) make(size int64) impls.Semaphore {
	sem, err := t.impl.Make(size)
	if err != nil {
		t.failf("%v", err)
	}
	t.made = append(t.made, sem)
	if t.impl.UnitWeights {
		return unitSemaphore{sem, t}
	}
	return sem
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
