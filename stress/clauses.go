package stress

import (
	"time"

	"github.com/semabench/semabench/impls"
)

// A clause is a sentence of the contract and the check that may refute it.
// A clause couples a sentence with its check. run takes an implementation and no testing.T, so
// that Check and Judge can call it outside of a test.
type clause struct {
	Clause
	// The duration is the patience: how long nothing may move before the check counts as hung. The
	// error is nil, a failure, a hung or an unknown.
	run func(impls.Impl, time.Duration) error
}

// inTrial makes a check of a function that is played in a trial. A check written as a function of a
// trial reads as a list of steps, and play turns its panics into an error.
//
// Wrapping at the table keeps the exceptions visible there: a clause that needs no bubble, or
// runs alone, has another wrapper.
func inTrial(act func(*trial)) func(impls.Impl, time.Duration) error {
	return func(impl impls.Impl, patience time.Duration) error { return play(impl, patience, act) }
}

// Clauses returns the sentences that Run and Check hold an implementation to, in the order of the
// contract. The slice is new in each call, so a caller may change it.
func Clauses() []Clause {
	var all []Clause
	for _, c := range clauses {
		all = append(all, c.Clause)
	}
	return all
}

// clauseNamed returns the clause with an ID. It panics if there is none: the IDs are constants of
// this package.
func clauseNamed(id string) clause {
	for _, c := range clauses {
		if c.ID == id {
			return c
		}
	}
	panic("stress: no clause " + id)
}

// The texts say what must hold. The checks are in safety.go, arguments.go, context.go,
// cancellation.go, liveness.go, fairness.go, numbers.go, memory.go, resources.go, surroundings.go and mode.go: a
// file for each subject. The IDs come from the contract and never change, because tests select and skip clauses by
// them.
var clauses = []clause{
	{Clause{"C1", "capacity", "Never are more permits held than the size."}, inTrial(capacity)},
	{Clause{"C2", "conservation",
		"Once all is released, all permits are free: none is lost, none is made."},
		inTrial(conservation)},
	{Clause{"C3", "failed-try",
		"TryAcquire that returns false changes nothing."},
		inTrial(failedTry)},
	{Clause{"C4", "enough-permits",
		"TryAcquire succeeds exactly if enough permits are free and no request waits."},
		inTrial(enoughPermits)},
	{Clause{"C5", "error-holds-nothing",
		"Acquire that returns an error holds nothing."},
		inTrial(errorHoldsNothing)},
	{Clause{"C6", "nil-holds-exactly-n",
		"Acquire that returns nil holds exactly n permits."},
		inTrial(nilHoldsN)},
	{Clause{"C7", "cancel-meets-grant",
		"When a cancellation meets a grant, Acquire returns nil with n permits or an error with none."},
		inTrial(cancelMeetsGrant)},
	{Clause{"C8", "done-context-loses",
		"Acquire fails if its ctx is done before the call, even if permits are free."},
		inTrial(doneContextLoses)},
	{Clause{"C9", "error-of-context",
		"The error of Acquire is ctx.Err() of its own ctx."},
		inTrial(errorOfContext)},
	{Clause{"C10", "over-release-panics",
		"Release panics if more is released than is held."},
		inTrial(overReleasePanics)},
	{Clause{"C11", "over-release-recovered",
		"After a recovered over-release the state is what Impl.OverRelease says."},
		inTrial(overReleaseRecovered)},
	{Clause{"C12", "negative-panics",
		"Negative weights and sizes panic and change nothing."},
		inTrial(negativePanics)},
	{Clause{"C13", "zero-weight",
		"A weight of zero does what Impl.ZeroWeight says."},
		inTrial(zeroWeight)},
	{Clause{"C14", "more-than-size",
		"A request for more than the size delays no other request and returns when its ctx is done."},
		inTrial(moreThanSize)},
	{Clause{"C15", "extremes",
		"Sizes and weights from zero to MaxInt64 do not overflow."},
		inTrial(extremes)},
	{Clause{"C16", "release-elsewhere", "Any goroutine may release."}, inTrial(releaseElsewhere)},
	{Clause{"C17", "no-lost-wakeup",
		"When nothing can move any more, no request waits that the free permits would admit."},
		inTrial(noLostWakeup)},
	{Clause{"C18", "release-admits-all",
		"Release(k) admits every waiter that fits."},
		inTrial(releaseAdmitsAll)},
	{Clause{"C19", "all-at-once",
		"Acquire takes its n permits at once: while it waits it holds none."},
		inTrial(allAtOnce)},
	{Clause{"C20", "cancelled-head",
		"A waiter that leaves the line lets the waiters behind it through."},
		inTrial(cancelledHead)},
	{Clause{"C21", "cancelled-follower",
		"A waiter that leaves from behind the head of the line admits no request that does not fit."},
		inTrial(cancelledFollower)},
	{Clause{"C22", "cancel-returns",
		"A blocked Acquire returns when its ctx is done."},
		inTrial(cancelReturns)},
	{Clause{"C23", "timeout-storm",
		"However many deadlines fall on one instant, all waits end and the permits are conserved."},
		inTrial(timeoutStorm)},
	{Clause{"C24", "try-never-waits",
		"TryAcquire returns without the help of any other goroutine."},
		inTrial(tryNeverWaits)},
	{Clause{"C25", "reentrant-context",
		"Methods of a ctx may call TryAcquire and Release of the semaphore that it is given to."},
		explainHang(inTrial(reentrantContext))},
	{Clause{"C26", "no-starvation",
		"Under FIFO or Impl.StarvationFree a large request is granted though small ones keep coming."},
		inTrial(noStarvation)},
	{Clause{"C27", "fifo",
		"Under FIFO waiters are served in the order in which they began to wait."},
		inTrial(fifo)},
	{Clause{"C28", "try-barges",
		"Under FIFO TryAcquire takes permits past waiters if, and only if, Impl.TryBarges says so."},
		inTrial(tryBarges)},
	{Clause{"C29", "happens-before",
		"What was written before Release is seen after the Acquire it enables."},
		inTrial(happensBefore)},
	{Clause{"C30", "no-data-race", "The implementation has no data race."}, inTrial(noDataRace)},
	{Clause{"C31", "nothing-left-behind",
		"After Acquire returned no goroutine, context callback or queue entry of it is left."},
		alone(inTrial(nothingLeftBehind))},
	{Clause{"C32", "no-panic",
		"No legal call panics, whatever runs at the same time."},
		inTrial(noPanic)},
	{Clause{"C33", "bounded-storage",
		"What is allocated does not grow with the number of calls that are over."},
		alone(inTrial(boundedStorage))},
	{Clause{"C34", "linearizable",
		"Calls take effect one after the other, each between its begin and its return; " +
			"a wait is a request and its grant."},
		linearMode.run},
	{Clause{"C35", "no-expiry", "Time alone ends neither a wait nor a grant."}, inTrial(noExpiry)},
	{Clause{"C36", "any-number",
		"A semaphore serves any number of waits, granted and cancelled."},
		inTrial(anyNumber)},
	{Clause{"C37", "no-burn",
		"A request that waits uses no processor time, unless Impl.Waits is Spinning."},
		noBurn},
	{Clause{"C38", "independent",
		"Neither other semaphores nor a garbage collection nor another GOMAXPROCS change a semaphore."},
		independent},
	{Clause{"R1", "random",
		"Whatever programs do, C1, C2, C5, C6, C8, C9, C14, C16, C17 and C22 hold."},
		watchedMode.run},
}
