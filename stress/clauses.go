package stress

import (
	"time"

	"github.com/semabench/semabench/impls"
)

// clause is a sentence of the contract and the check that may refute it.
type clause struct {
	Clause
	run func(impls.Impl, time.Duration) error
}

// staged makes the check of a clause that is played on a stage.
func staged(act func(*trial)) func(impls.Impl, time.Duration) error {
	return func(impl impls.Impl, patience time.Duration) error { return play(impl, patience, act) }
}

// Clauses returns the sentences that Run and Check hold an implementation to, in the order of
// the contract.
func Clauses() []Clause {
	var all []Clause
	for _, c := range clauses {
		all = append(all, c.Clause)
	}
	return all
}

// clauseNamed is for IDs that stand in this package.
func clauseNamed(id string) clause {
	for _, c := range clauses {
		if c.ID == id {
			return c
		}
	}
	panic("stress: no clause " + id)
}

// The texts say what must hold; the functions are in safety.go, bounds.go, context.go, liveness.go,
// cancel.go, order.go, memory.go, storage.go and random.go. IDs are those of the contract and
// stay as they are when clauses are added.
var clauses = []clause{
	{Clause{"C1", "capacity", "Never are more permits held than the size."}, staged(capacity)},
	{Clause{"C2", "conservation", "Once all is released, all permits are free: none is lost, none is made."}, staged(conservation)},
	{Clause{"C3", "failed-try", "TryAcquire that returns false changes nothing."}, staged(failedTry)},
	{Clause{"C4", "enough-permits", "TryAcquire succeeds exactly if enough permits are free and nobody waits."}, staged(enoughPermits)},
	{Clause{"C5", "error-holds-nothing", "Acquire that returns an error holds nothing."}, staged(errorHoldsNothing)},
	{Clause{"C6", "nil-holds-exactly-n", "Acquire that returns nil holds exactly n permits."}, staged(nilHoldsN)},
	{Clause{"C7", "cancel-meets-grant", "When a cancellation meets a grant, Acquire returns nil with n permits or an error with none."}, staged(cancelMeetsGrant)},
	{Clause{"C8", "done-context-loses", "Acquire fails if its ctx is done before the call, even if permits are free."}, staged(doneContextLoses)},
	{Clause{"C9", "error-of-context", "The error of Acquire is ctx.Err() of its own ctx."}, staged(errorOfContext)},
	{Clause{"C10", "over-release-panics", "Release panics if more is released than is held."}, staged(overReleasePanics)},
	{Clause{"C11", "over-release-recovered", "After a recovered over-release the state is what Impl.OverRelease says."}, staged(overReleaseRecovered)},
	{Clause{"C12", "negative-panics", "Negative weights and sizes panic and change nothing."}, staged(negativePanics)},
	{Clause{"C13", "zero-weight", "A weight of zero does what Impl.ZeroWeight says."}, staged(zeroWeight)},
	{Clause{"C14", "more-than-size", "A request for more than the size blocks nobody and returns when its ctx is done."}, staged(moreThanSize)},
	{Clause{"C15", "extremes", "Sizes and weights from zero to MaxInt64 do not overflow."}, staged(extremes)},
	{Clause{"C16", "release-elsewhere", "Any goroutine may release."}, staged(releaseElsewhere)},
	{Clause{"C17", "no-lost-wakeup", "When nothing can move any more, nobody waits whom the free permits would admit."}, staged(noLostWakeup)},
	{Clause{"C18", "release-admits-all", "Release(k) admits every waiter that fits."}, staged(releaseAdmitsAll)},
	{Clause{"C19", "all-at-once", "Acquire takes its n permits at once: while it waits it holds none."}, staged(allAtOnce)},
	{Clause{"C20", "cancelled-head", "A waiter that leaves the line lets those behind it through."}, staged(cancelledHead)},
	{Clause{"C21", "cancelled-follower", "A waiter that leaves from behind the head of the line admits nobody who does not fit."}, staged(cancelledFollower)},
	{Clause{"C22", "cancel-returns", "A blocked Acquire returns when its ctx is done."}, staged(cancelReturns)},
	{Clause{"C23", "timeout-storm", "However many deadlines fall on one instant, all waits end and the permits are conserved."}, staged(timeoutStorm)},
	{Clause{"C24", "try-never-waits", "TryAcquire returns without the help of any other goroutine."}, staged(tryNeverWaits)},
	{Clause{"C25", "reentrant-context", "Methods of a ctx may call TryAcquire and Release of the semaphore that it is given to."}, unlocked(staged(reentrantContext))},
	{Clause{"C26", "no-starvation", "Under FIFO or Impl.StarvationFree a large request is granted though small ones keep coming."}, staged(noStarvation)},
	{Clause{"C27", "fifo", "Under FIFO waiters are served in the order in which they began to wait."}, staged(fifo)},
	{Clause{"C28", "try-barges", "Under FIFO TryAcquire takes permits past waiters if, and only if, Impl.TryBarges says so."}, staged(tryBarges)},
	{Clause{"C29", "happens-before", "What was written before Release is seen after the Acquire it enables."}, staged(happensBefore)},
	{Clause{"C30", "no-data-race", "The implementation has no data race."}, staged(noDataRace)},
	{Clause{"C31", "nothing-left-behind", "After Acquire returned no goroutine, context callback or queue entry of it is left."}, alone(staged(nothingLeftBehind))},
	{Clause{"C32", "no-panic", "No legal call panics, whatever meets whatever."}, staged(noPanic)},
	{Clause{"C33", "bounded-storage", "What is allocated for waiting does not grow with the number of waits that are over."}, alone(staged(boundedStorage))},
	{Clause{"C34", "linearizable", "Calls take effect one after the other, each between its begin and its return; a wait is a request and its grant."}, examLinear.run},
	{Clause{"R1", "random", "Whatever programs do, C1, C2, C5, C6, C8, C9, C14, C16, C17 and C22 hold."}, examRandom.run},
}
