package stress

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/contexts"
)

// Contexts: C8, C9 and C25. What a ctx does to the call that it was passed to: a done ctx refuses the
// call, the call returns the error of the ctx, and calls the methods of the ctx without a lock held.

// C8: Acquire fails if its ctx is done, also if permits are free. An implementation that tests the
// ctx only before it waits passes while permits are free, and the other way round. So both are
// tried.
//
// The weights are below, at and above the size, because each may take another branch before the
// ctx is asked.
func doneContextLoses(t *trial) {
	if t.impl.DoneContext == impls.DoneMayWin {
		t.unknownf("not promised: Impl.DoneContext is DoneMayWin")
	}
	const rounds = 50 // an implementation that selects among ready channels fails at random
	for range rounds {
		sem := t.make(2)
		for _, n := range t.weights(1, 2, 3) {
			if err := sem.Acquire(contexts.Done(), n); err != context.Canceled {
				t.failf("Acquire(%d) with a done ctx = %v, want %v", n, err, context.Canceled)
			}
		}
		t.mustHaveFree(sem, 2)
	}
	doneBehindWaiters(t)
}

// doneBehindWaiters gives a done ctx to Acquire while nothing is free and other requests wait. The
// call fails at once, and the line stays as it was. A correct implementation may look at the ctx
// before or after it joins the line. Both pass, unless the request moves the line when it leaves.
func doneBehindWaiters(t *trial) {
	l := t.fullLine(2, t.weight(2), 1)
	for _, n := range t.weights(1, 2, 3) {
		t.mustBeRefused(t.startWith(contexts.Done(), func() {}, l.sem, n), context.Canceled)
	}
	for _, c := range l.waiting {
		t.mustWait(c)
	}
	l.drain()
}

// C9: the error is ctx.Err() and not the cause of the cancellation. That holds for a ctx that is
// done before the call, for a ctx that is cancelled while Acquire waits, and for a deadline. The
// cause is DeadlineExceeded where the ctx is cancelled, and an error of the caller's where a deadline
// passes. So an implementation that returns context.Cause, or that guesses the error, returns the
// wrong one, even if it does so for one of the two only.
//
// Errors are compared by == throughout: errors.Is would accept a wrapped error, which callers
// that compare do not.
func errorOfContext(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	caused, cause := context.WithCancelCause(context.Background())
	waiter := t.startWith(caused, func() { cause(context.DeadlineExceeded) }, sem, 1)
	t.mustWait(waiter)
	waiter.cancel()
	t.mustBeRefused(waiter, context.Canceled)
	t.mustBeRefused(t.startWith(caused, func() {}, sem, 1), context.Canceled)

	background, own := context.Background(), contexts.ErrOfCaller
	late, cancel := context.WithDeadlineCause(background, time.Now().Add(-time.Second), own)
	t.mustBeRefused(t.startWith(late, cancel, sem, 1), context.DeadlineExceeded)
	soon, cancel := context.WithTimeoutCause(background, time.Millisecond, own)
	waiter = t.startWith(soon, cancel, sem, 1)
	t.await(waiter)
	t.mustBeRefused(waiter, context.DeadlineExceeded)
	for _, e := range contexts.Ends() {
		errorOfEnding(t, e)
	}
	errorsInTurn(t)
	errorsTogether(t)
}

// errorsInTurn ends contexts of every kind on one semaphore, twice, and then one whose error cannot be compared. An
// implementation may keep the last error, or count the errors. An atomic.Value takes one type only, and the key of
// a map, or an operand of ==, has to be comparable: else the call panics.
func errorsInTurn(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	for range 2 {
		for _, e := range contexts.Ends() {
			waiter := t.startEnding(e, sem, 1)
			t.mustWait(waiter)
			e.Cancel()
			t.mustFailWith(e, waiter)
		}
		several := contexts.Several{"the caller has gone", "and so has its connection"}
		own := contexts.NewEnding(several)
		calls := []*call{t.startWith(own, own.End, sem, 1)}
		if !t.impl.UnitWeights {
			calls = append(calls, t.startWith(own, own.End, sem, 2))
		}
		t.settle()
		own.End()
		if t.settle(); t.impl.DoneContext == impls.DoneLoses {
			calls = append(calls, t.startWith(own, own.End, sem, 1))
		}
		for _, c := range calls {
			if err, same := t.returned(c).(contexts.Several); !same || !slices.Equal(err, several) {
				t.failf("Acquire(%d) = %v, want ctx.Err() = %v", c.n, c.err, several)
			}
		}
	}
	sem.Release(1)
	t.mustHaveFree(sem, 1)
}

// errorOfEnding ends a ctx of one kind while Acquire waits with it, and gives it to further calls
// when it is done: while nothing is free, while a permit is free, and for more than the size. An
// implementation may answer a request for more than the size by a return statement of its own.
func errorOfEnding(t *trial, e *contexts.Ending) {
	sem := t.make(1)
	t.take(sem, 1)
	waiter := t.startEnding(e, sem, 1)
	t.mustWait(waiter)
	e.Cancel()
	t.mustFailWith(e, waiter)
	t.mustFailWith(e, t.startEnding(e, sem, 1))
	sem.Release(1)
	if t.impl.DoneContext == impls.DoneLoses {
		t.mustFailWith(e, t.startEnding(e, sem, 1))
	}
	if !t.impl.UnitWeights {
		t.mustFailWith(e, t.startEnding(e, sem, 2))
	}
	t.mustHaveFree(sem, 1)
}

// mustFailWith fails unless c has returned the error of its ctx.
func (t *trial) mustFailWith(e *contexts.Ending, c *call) {
	if err := t.returned(c); err != e.Want || e.Ctx.Err() != e.Want {
		t.failf("Acquire with %s = %v, want ctx.Err() = %v", e.Kind, err, e.Want)
	}
}

func (t *trial) startEnding(e *contexts.Ending, sem impls.Semaphore, n int64) *call {
	return t.startWith(e.Ctx, e.Cancel, sem, n)
}

// explainHang replaces the message of a hang by the likely cause, and shortens the patience:
// nothing in C25 takes long. The result is a failure and no longer a hang, so the checker keeps its
// patience for the other clauses.
func explainHang(run func(impls.Impl, time.Duration) error) func(impls.Impl, time.Duration) error {
	return func(impl impls.Impl, patience time.Duration) error {
		err := run(impl, patience/3)
		if never := (hung{}); errors.As(err, &never) {
			return failure{message: "a method of ctx that uses the semaphore never returned, or one that takes long " +
				"held up another call: was it called while a lock was held?\n" + never.stacks}
		}
		return err
	}
}

// C25: the methods of a ctx may use the semaphore. A caller's own ctx may write a log or close a
// connection, and limit that with the same semaphore. Weights below, at and above the size are
// tried, because each takes another path through Acquire. In every other round all permits come back
// before the ctx ends: an implementation may ask the ctx of a waiter in the Release that serves it. If
// the call is granted, it holds n permits, which the check gives back. A lock that is held during the
// call of a method deadlocks here, and the clause reports a hang.
//
// It is not far-fetched: package context itself calls methods of a parent of the caller's type.
func reentrantContext(t *trial) {
	t.needsTry()
	for _, n := range t.weights(1, 2, 3) {
		reentered(t, n, false)
		reentered(t, n, true)
	}
	for round := range 24 {
		reenteredAtMeeting(t, round)
	}
	for turn := range int64(10) { // above the number of methods that an Acquire is likely to call
		releasedByContext(t, turn)
	}
	for turn := range int64(4) {
		releasedAtEnd(t, turn)
		for held := range int64(3) {
			slowMethod(t, turn, held, false)
		}
		slowMethod(t, turn, 2, true)
	}
}

// releasedByContext gives the only permit back in one of the calls of the methods of a ctx. The call may come between
// the look at the permits and the moment from which a Release finds the waiter. The request must be granted
// all the same: the permit is free, and no other Release comes.
func releasedByContext(t *trial, turn int64) {
	sem := t.make(1)
	t.take(sem, 1)
	inner, cancel := context.WithCancel(context.Background())
	var uses atomic.Int64
	ctx := contexts.Using{Context: inner, Use: func() {
		if uses.Add(1) == turn+1 {
			sem.Release(1)
		}
	}}
	c := t.startWith(ctx, cancel, sem, 1)
	t.settle()
	if uses.Add(mostUnits) <= turn+mostUnits { // Acquire has not called so many methods
		t.mustWait(c)
		sem.Release(1)
	}
	t.mustBeGranted(c)
	t.mustHaveFree(sem, 0)
	cancel()
}

// reenteredAtMeeting is a round of C25 in which the end of the ctx meets the grant. A call that finds both
// may ask its ctx on a path of its own, and hold a lock there.
func reenteredAtMeeting(t *trial, round int) {
	sem := t.make(1)
	inner, cancel := context.WithCancel(context.Background())
	var uses atomic.Int64 // bounded for the reason in reentered
	ctx := contexts.Using{Context: inner, Use: func() {
		if uses.Add(1) <= 10 && sem.TryAcquire(1) {
			sem.Release(1)
		}
	}}
	t.take(sem, 1)
	c := t.startWith(ctx, cancel, sem, 1)
	t.settle()
	uses.Store(0) // Acquire may have used up the ten
	t.meet(round, func() { sem.Release(1) }, cancel)
	if t.returned(c) == nil {
		sem.Release(1)
	}
	t.mustHaveFree(sem, 1)
}

// reentered is one round of C25: a wait for n permits that is cancelled, or served first.
func reentered(t *trial, n int64, served bool) {
	sem := t.make(2)
	inner, cancel := context.WithCancel(context.Background())
	// At most ten times. A waiter that asks its ctx after each Release would otherwise be woken
	// by its own question for ever, and this clause would be the cause.
	var uses atomic.Int64
	use := func() {
		if uses.Add(1) <= 10 && sem.TryAcquire(1) {
			sem.Release(1)
		}
	}
	ctx := contexts.Using{Context: inner, Use: use}
	t.take(sem, 1)
	c := t.startWith(ctx, cancel, sem, n)
	t.settle()
	if served {
		uses.Store(0) // Acquire may have used up the ten
		sem.Release(1)
		t.settle()
	}
	cancel()
	if t.returned(c) == nil {
		sem.Release(n)
	}
	again := t.startWith(ctx, cancel, sem, n)
	if t.impl.DoneContext == impls.DoneMayWin && t.returned(again) == nil {
		sem.Release(n)
	} else if t.impl.DoneContext == impls.DoneLoses {
		t.mustBeRefused(again, context.Canceled)
	}
	if !served {
		sem.Release(1)
	}
	t.mustHaveFree(sem, 2)
}
