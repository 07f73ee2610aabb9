package mutant

import "github.com/semabench/semabench/impls"

// waitMutants returns the mutants that wake too few waiters or the wrong ones, or handle a
// cancellation wrongly. The comment of each type, or of its constructor where several mutants
// share a type, tells the story. See permitMutants for KilledBy.
//
// Mutants on a Cond or on signals declare Barging: a waiter that fits must be served whatever else
// waits. The clauses of FIFO do not apply to them.
func waitMutants() []Mutant {
	return []Mutant{
		{
			Impl:      impls.Impl{Name: "granted-and-cancelled", New: newGrantedAndCancelled, Order: impls.FIFO},
			ID:        "M5",
			Defect:    "a cancellation that meets a grant returns the error and keeps the permits",
			Reference: "tokio-rs/tokio#904, Kotlin/kotlinx.coroutines#2380",
			KilledBy:  []string{"C7", "W"},
		},
		{
			Impl:      impls.Impl{Name: "cancel-passes-on", New: newCancelPassesOn, Order: impls.FIFO},
			ID:        "M6",
			Defect:    "a cancelled waiter passes a permit on whether it was granted one or not",
			Reference: "Kotlin/kotlinx.coroutines#1323, #1477",
			KilledBy:  []string{"C2", "C5", "C22", "I"},
		},
		{
			Impl:      impls.Impl{Name: "one-wakeup", New: newOneWakeup, Order: impls.FIFO},
			ID:        "M15",
			Defect:    "Release(k) admits one waiter, however many fit",
			Reference: "review of Kotlin/kotlinx.coroutines#1553",
			KilledBy:  []string{"C17", "C18", "W"},
		},
		{
			Impl:      impls.Impl{Name: "full-edge", New: newFullEdge, Order: impls.Barging},
			ID:        "M16",
			Defect:    "Release wakes only when all permits were held: a heavier waiter is not woken by later releases",
			Reference: "marusama/semaphore#3, cockroachdb/cockroach#33554",
			KilledBy:  []string{"C17", "C18", "C19"},
		},
		{
			Impl:      impls.Impl{Name: "stale-broadcast", New: newStaleBroadcast, Order: impls.Barging},
			ID:        "M17",
			Defect:    "the channel to wait on is loaded after the count: Release may have replaced it by then",
			Reference: "marusama/semaphore#2",
			KilledBy:  []string{"C17"},
			Narrow:    true,
		},
		{
			Impl:      impls.Impl{Name: "unlocked-broadcast", New: newUnlockedBroadcast, Order: impls.Barging},
			ID:        "M18",
			Defect:    "a cancellation is broadcast without the lock, between the check and the Wait of its waiter",
			Reference: "e2b-dev/infra#3629",
			KilledBy:  []string{"C22"},
			Narrow:    true,
		},
		{
			Impl:      impls.Impl{Name: "if-not-for", New: newIfNotFor, Order: impls.Barging},
			ID:        "M19",
			Defect:    "a woken waiter does not check again: another call may have taken the permit meanwhile",
			Reference: "the class of KAFKA-17929",
			KilledBy:  []string{"C1", "C17", "I", "C34"},
		},
		{
			Impl:      impls.Impl{Name: "wrong-one-woken", New: newWrongOneWoken, Order: impls.Barging},
			ID:        "M20",
			Defect:    "Signal among mixed weights wakes a waiter that does not fit, and a waiter that fits sleeps on",
			Reference: "discussion of golang/go#16620",
			KilledBy:  []string{"C17", "C18", "W"},
		},
		{
			Impl:      impls.Impl{Name: "silent-leaver", New: newSilentLeaver, Order: impls.FIFO},
			ID:        "M21",
			Defect:    "a cancelled head of the line does not wake the waiters behind it",
			Reference: "golang/go#37852, python/cpython bpo-27585",
			KilledBy:  []string{"C17", "C20", "W"},
		},
		{
			Impl:      impls.Impl{Name: "dead-waiter", New: newDeadWaiter, Order: impls.FIFO},
			ID:        "M22",
			Defect:    "a cancelled waiter stays in line and is handed permits",
			Reference: "vitessio/vitess#20308",
			KilledBy:  []string{"C2", "C5", "C31", "W"},
		},
		{
			Impl:      impls.Impl{Name: "swallowed-signal", New: newSwallowedSignal, Order: impls.Barging},
			ID:        "M23",
			Defect:    "a cancelled waiter does not pass on the signal that woke it",
			Reference: "jackc/puddle#2",
			KilledBy:  []string{"C20"},
		},
		{
			Impl:      impls.Impl{Name: "no-second-look", New: newNoSecondLook},
			ID:        "M24",
			Defect:    "a waiter enters the line without a second check: a permit released meanwhile is missed",
			Reference: "the family of glibc BZ 12674",
			KilledBy:  []string{"C17"},
			Narrow:    true,
		},
		{
			Impl:      impls.Impl{Name: "flag-kept", New: newFlagKept, Order: impls.Barging},
			ID:        "M25",
			Defect:    "a cancelled waiter leaves the flag set that says that a wake-up is on its way",
			Reference: "python/cpython#93222",
			KilledBy:  []string{"C20"},
		},
		{
			Impl:      impls.Impl{Name: "first-expired", New: newFirstExpired, Order: impls.FIFO},
			ID:        "M26",
			Defect:    "the sweep of expired waiters removes from the list that it walks, and ends after the first",
			Reference: "vitessio/vitess#16897",
			KilledBy:  []string{"C23", "C32"},
			Narrow:    true,
		},
		{
			Impl:      impls.Impl{Name: "hand-off", New: newHandOff, Order: impls.FIFO},
			ID:        "M27",
			Defect:    "Release hands over with the lock held, to a waiter that may have been cancelled",
			Reference: "vitessio/vitess#20310",
			KilledBy:  []string{"C7", "C20", "C32"},
		},
		{
			Impl:      impls.Impl{Name: "locks-twice", New: newLocksTwice, Order: impls.Barging},
			ID:        "M28",
			Defect:    "TryAcquire calls Acquire while it holds the lock that Acquire takes",
			Reference: "tektoncd/pipelines-as-code#2173",
			KilledBy:  []string{"C2", "C4", "C24"},
		},
		{
			Impl:      impls.Impl{Name: "err-under-lock", New: newErrUnderLock, Order: impls.Barging},
			ID:        "M29",
			Defect:    "foreign code, here ctx.Err, is called while the lock is held",
			Reference: "tokio-rs/tokio#5429",
			KilledBy:  []string{"C25"},
		},
		{
			Impl:      impls.Impl{Name: "polite", New: newPolite, Order: impls.FIFO},
			ID:        "M30",
			Defect:    "cancelled neighbours in line let each other go first for ever",
			Reference: "JDK-8386085",
			KilledBy:  []string{"C23", "C32"},
			Narrow:    true,
		},
		{
			Impl:      impls.Impl{Name: "stale-count", New: newStaleCount, Order: impls.Barging, Waits: impls.Spinning},
			ID:        "M31",
			Defect:    "a failed compare-and-swap is repeated with the count that made it fail",
			Reference: "the class of compare-and-swap loops",
			KilledBy:  []string{"C4", "C17"},
			Narrow:    true,
		},
		{
			Impl:      impls.Impl{Name: "deaf-spinner", New: newDeafSpinner, Order: impls.Barging, Waits: impls.Spinning},
			ID:        "M32",
			Defect:    "a spinning waiter ignores its ctx",
			Reference: "the class of golangci/golangci-lint#6128",
			KilledBy:  []string{"C5", "C20", "C22", "C23"},
		},
		{
			// Correct under Barging: the declaration is the defect.
			Impl:      impls.Impl{Name: "unbounded", New: newUnbounded, StarvationFree: true},
			ID:        "M33",
			Defect:    "newcomers barge past a large request without bound though Impl.StarvationFree is declared",
			Reference: "golang/go#56910",
			KilledBy:  []string{"C26"},
		},
		{
			Impl:      impls.Impl{Name: "abandoned-adapter", New: newAbandonedAdapter, Order: impls.Barging},
			ID:        "M38",
			Defect:    "a goroutine waits on the Cond for each Acquire and is left behind on cancel",
			Reference: "jackc/puddle#17, kamilsk/semaphore#133",
			KilledBy:  []string{"C31"},
		},
		{
			Impl:      impls.Impl{Name: "callback-kept", New: newCallbackKept, Order: impls.FIFO},
			ID:        "M39",
			Defect:    "the callback that Acquire registered with its ctx is never stopped",
			Reference: "the class of leaked timers and callbacks",
			KilledBy:  []string{"C31"},
		},
		{
			Impl:      impls.Impl{Name: "closed-twice", New: newClosedTwice, Order: impls.FIFO},
			ID:        "M41",
			Defect:    "a cancelled waiter closes the channel of its grant, granted or not",
			Reference: "sends on closed channels in gRPC and Knative",
			KilledBy:  []string{"C7", "C20", "C32"},
		},
		{
			Impl:      impls.Impl{Name: "deaf", New: newDeaf, Order: impls.FIFO},
			ID:        "S5",
			Defect:    "a waiting Acquire ignores its ctx",
			Reference: "planted for C22",
			KilledBy:  []string{"C20", "C22", "W"},
		},
	}
}
