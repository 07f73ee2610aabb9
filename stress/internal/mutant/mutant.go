// Package mutant holds semaphores that are broken on purpose: each is complete but for one defect
// that has happened in the wild, and names the clauses of package stress that have to catch it.
// A detector that has never caught a planted bug proves nothing.
package mutant

import (
	"slices"

	"github.com/semabench/semabench/impls"
)

// A Mutant is a semaphore with one defect.
type Mutant struct {
	impls.Impl
	ID        string   // M1 …
	Defect    string   // what is wrong
	Reference string   // where it happened
	KilledBy  []string // IDs of the clauses that must all fail; but see OnlyRaces
}

// OnlyRaces reports whether nothing but the race detector sees the defect. It reports a race once,
// to the clause that happens to be played, so for such a mutant one of KilledBy is enough.
func (m Mutant) OnlyRaces() bool {
	return !slices.ContainsFunc(m.KilledBy, func(id string) bool { return id != "C29" && id != "C30" })
}

// All returns the mutants in the order of their IDs.
func All() []Mutant {
	return []Mutant{
		{
			Impl:      impls.Impl{Name: "check-then-act", New: newCheckThenAct, Order: impls.Barging, Waits: impls.Spinning},
			ID:        "M1",
			Defect:    "TryAcquire compares, and adds later: two callers can pass the same comparison",
			Reference: "Kotlin/kotlinx.coroutines#1898",
			KilledBy:  []string{"R1"},
		},
		{
			Impl:      impls.Impl{Name: "unlocked-read", New: newUnlockedRead, Order: impls.FIFO},
			ID:        "M2",
			Defect:    "the fast path of TryAcquire reads the count without the lock",
			Reference: "golang/go#46231",
			KilledBy:  []string{"C29", "C30"},
		},
		{
			Impl:      impls.Impl{Name: "half-holders", New: newHalfHolders},
			ID:        "M3",
			Defect:    "Acquire(n) takes n tokens one by one: two callers can hold half each for ever",
			Reference: "the natural emulation of weights on a channel",
			KilledBy:  []string{"C17", "C19", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "partial-loss", New: newPartialLoss},
			ID:        "M4",
			Defect:    "a waiter that is cancelled with k of n tokens in hand does not return them",
			Reference: "ClickHouse/clickhouse-go#1759, vitessio/vitess#2599",
			KilledBy:  []string{"C5", "C17", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "granted-and-cancelled", New: newGrantedAndCancelled, Order: impls.FIFO},
			ID:        "M5",
			Defect:    "a cancellation that meets a grant returns the error and keeps the permits",
			Reference: "tokio-rs/tokio#904, Kotlin/kotlinx.coroutines#2380",
			KilledBy:  []string{"C7", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "cancel-passes-on", New: newCancelPassesOn, Order: impls.FIFO},
			ID:        "M6",
			Defect:    "a cancelled waiter passes a permit on whether it was granted one or not",
			Reference: "Kotlin/kotlinx.coroutines#1323, #1477",
			KilledBy:  []string{"C2", "C5", "C22", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "done-context-wins", New: newDoneContextWins, Order: impls.FIFO},
			ID:        "M7",
			Defect:    "a done ctx is not looked at while permits are free",
			Reference: "golang/go#63615",
			KilledBy:  []string{"C5", "C8", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "growing", New: newGrowing, Order: impls.FIFO},
			ID:        "M8",
			Defect:    "an over-release silently makes permits",
			Reference: "vercel/async-sema#57",
			KilledBy:  []string{"C10", "C11"},
		},
		{
			Impl:      impls.Impl{Name: "panic-too-late", New: newPanicTooLate, Order: impls.FIFO},
			ID:        "M9",
			Defect:    "an over-release panics after it changed the count",
			Reference: "golang.org/x/sync v0.24.0",
			KilledBy:  []string{"C11"},
		},
		{
			Impl:      impls.Impl{Name: "negative", New: newNegative, Order: impls.FIFO},
			ID:        "M10",
			Defect:    "negative weights are accepted: Release(-n) steals permits, Acquire(-n) makes them",
			Reference: "golang/go#80183",
			KilledBy:  []string{"C12"},
		},
		{
			Impl:      impls.Impl{Name: "wrapping-sum", New: newWrappingSum, Order: impls.FIFO},
			ID:        "M11",
			Defect:    "held+n is compared with the size and wraps near MaxInt64",
			Reference: "boundary tests of tokio's semaphore",
			KilledBy:  []string{"C15"},
		},
		{
			Impl:      impls.Impl{Name: "thirty-two-bits", New: newThirtyTwoBits, Order: impls.FIFO},
			ID:        "M12",
			Defect:    "weights are kept in 32 bits",
			Reference: "the class of boundary tests",
			KilledBy:  []string{"C15"},
		},
		{
			Impl:      impls.Impl{Name: "doomed-head", New: newDoomedHead, Order: impls.FIFO},
			ID:        "M13",
			Defect:    "a request for more than the size waits at the head of the line",
			Reference: "golang/sync#7",
			KilledBy:  []string{"C14"},
		},
		{
			Impl:      impls.Impl{Name: "generous", New: newGenerous, Order: impls.FIFO},
			ID:        "M14",
			Defect:    "a waiter for two is admitted when one permit is free",
			Reference: "review of Kotlin/kotlinx.coroutines#1553",
			KilledBy:  []string{"C17", "C20", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "one-wakeup", New: newOneWakeup, Order: impls.FIFO},
			ID:        "M15",
			Defect:    "Release(k) admits one waiter, however many fit",
			Reference: "review of Kotlin/kotlinx.coroutines#1553",
			KilledBy:  []string{"C17", "C18", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "full-edge", New: newFullEdge, Order: impls.Barging},
			ID:        "M16",
			Defect:    "Release wakes only when all permits were held: a heavier waiter never hears of the rest",
			Reference: "marusama/semaphore#3, cockroachdb/cockroach#33554",
			KilledBy:  []string{"C17", "C18", "C19"},
		},
		{
			Impl:      impls.Impl{Name: "stale-broadcast", New: newStaleBroadcast, Order: impls.Barging},
			ID:        "M17",
			Defect:    "the channel to wait on is loaded after the look: Release may have replaced it by then",
			Reference: "marusama/semaphore#2",
			KilledBy:  []string{"C17"},
		},
		{
			Impl:      impls.Impl{Name: "unlocked-broadcast", New: newUnlockedBroadcast, Order: impls.Barging},
			ID:        "M18",
			Defect:    "a cancellation is broadcast without the lock, between the look and the Wait of its waiter",
			Reference: "e2b-dev/infra#3629",
			KilledBy:  []string{"C22"},
		},
		{
			Impl:      impls.Impl{Name: "if-not-for", New: newIfNotFor, Order: impls.Barging},
			ID:        "M19",
			Defect:    "a woken waiter does not look again: whoever took its permit meanwhile holds it too",
			Reference: "the class of KAFKA-17929",
			KilledBy:  []string{"C1", "C17"},
		},
		{
			Impl:      impls.Impl{Name: "wrong-one-woken", New: newWrongOneWoken, Order: impls.Barging},
			ID:        "M20",
			Defect:    "Signal among mixed weights wakes one that does not fit, and one that does sleeps on",
			Reference: "discussion of golang/go#16620",
			KilledBy:  []string{"C17", "C18", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "silent-leaver", New: newSilentLeaver, Order: impls.FIFO},
			ID:        "M21",
			Defect:    "a cancelled head of the line does not let those behind it through",
			Reference: "golang/go#37852, python/cpython bpo-27585",
			KilledBy:  []string{"C17", "C20", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "dead-waiter", New: newDeadWaiter, Order: impls.FIFO},
			ID:        "M22",
			Defect:    "a cancelled waiter stays in line and is handed permits",
			Reference: "vitessio/vitess#20308",
			KilledBy:  []string{"C2", "C5", "C31", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "swallowed-signal", New: newSwallowedSignal, Order: impls.Barging},
			ID:        "M23",
			Defect:    "a cancelled waiter keeps the signal that it was sent to itself",
			Reference: "jackc/puddle#2",
			KilledBy:  []string{"C20"},
		},
		{
			Impl:      impls.Impl{Name: "no-second-look", New: newNoSecondLook},
			ID:        "M24",
			Defect:    "a waiter gets in line without another look: what came back meanwhile is not for it",
			Reference: "the family of glibc BZ 12674",
			KilledBy:  []string{"C17"},
		},
		{
			Impl:      impls.Impl{Name: "flag-kept", New: newFlagKept, Order: impls.Barging},
			ID:        "M25",
			Defect:    "a waiter that is cancelled on its way leaves the flag set that says one is on its way",
			Reference: "python/cpython#93222",
			KilledBy:  []string{"C20"},
		},
		{
			Impl:      impls.Impl{Name: "first-expired", New: newFirstExpired, Order: impls.FIFO},
			ID:        "M26",
			Defect:    "the sweep of expired waiters removes from the list that it walks, and ends at the first",
			Reference: "vitessio/vitess#16897",
			KilledBy:  []string{"C23", "C32"},
		},
		{
			Impl:      impls.Impl{Name: "hand-off", New: newHandOff, Order: impls.FIFO},
			ID:        "M27",
			Defect:    "Release hands over with the lock held, to a waiter that may have left",
			Reference: "vitessio/vitess#20310",
			KilledBy:  []string{"C7", "C20", "C32"},
		},
		{
			Impl:      impls.Impl{Name: "locks-twice", New: newLocksTwice, Order: impls.Barging},
			ID:        "M28",
			Defect:    "TryAcquire calls Acquire with the lock held that Acquire takes",
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
		},
		{
			Impl:      impls.Impl{Name: "stale-count", New: newStaleCount, Order: impls.Barging, Waits: impls.Spinning},
			ID:        "M31",
			Defect:    "a failed compare-and-swap is repeated with the count that made it fail",
			Reference: "the class of compare-and-swap loops",
			KilledBy:  []string{"C4", "C17"},
		},
		{
			Impl:      impls.Impl{Name: "deaf-spinner", New: newDeafSpinner, Order: impls.Barging, Waits: impls.Spinning},
			ID:        "M32",
			Defect:    "a spinning waiter does not look at its ctx",
			Reference: "the class of golangci/golangci-lint#6128",
			KilledBy:  []string{"C5", "C20", "C22", "C23"},
		},
		{
			Impl:      impls.Impl{Name: "unbounded", New: newUnbounded, StarvationFree: true},
			ID:        "M33",
			Defect:    "newcomers barge past a large request without bound though Impl.StarvationFree is declared",
			Reference: "golang/go#56910",
			KilledBy:  []string{"C26"},
		},
		{
			Impl:      impls.Impl{Name: "lifo", New: newLIFO, Order: impls.FIFO},
			ID:        "M34",
			Defect:    "the last to come is the first to be served though FIFO is declared",
			Reference: "python/cpython#31910",
			KilledBy:  []string{"C17", "C27"},
		},
		{
			Impl:      impls.Impl{Name: "queue-jumper", New: newQueueJumper, Order: impls.FIFO},
			ID:        "M35",
			Defect:    "TryAcquire takes permits past the line though FIFO is declared without TryBarges",
			Reference: "barging rule of the JSR-166 TCK",
			KilledBy:  []string{"C28"},
		},
		{
			Impl:      impls.Impl{Name: "plain-store", New: newPlainStore, Order: impls.Barging, Waits: impls.Spinning},
			ID:        "M36",
			Defect:    "Release publishes with a plain store: nothing happens before the next Acquire",
			Reference: "jcstress AdvancedJMM_09; HotSpot CR 6822370",
			KilledBy:  []string{"C29", "C30"},
		},
		{
			Impl:      impls.Impl{Name: "leased", New: newLeased, Order: impls.FIFO},
			ID:        "M37",
			Defect:    "permits come back when the ctx of their Acquire is done, though their holder is at work",
			Reference: "the class of order violations",
			KilledBy:  []string{"C6", "C17", "C31"},
		},
		{
			Impl:      impls.Impl{Name: "abandoned-adapter", New: newAbandonedAdapter, Order: impls.Barging},
			ID:        "M38",
			Defect:    "a goroutine waits on the Cond for each Acquire and is abandoned on cancel",
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
			Impl:      impls.Impl{Name: "recycled", New: newRecycled, Order: impls.FIFO},
			ID:        "M40",
			Defect:    "Release touches a waiter that it has let go and that may be another's by then",
			Reference: "tokio-rs/tokio#2340, glibc BZ 12674",
			KilledBy:  []string{"C29", "C30"},
		},
		{
			Impl:      impls.Impl{Name: "closed-twice", New: newClosedTwice, Order: impls.FIFO},
			ID:        "M41",
			Defect:    "the channel that a waiter is granted through is closed when it leaves, granted or not",
			Reference: "sends on closed channels in gRPC and Knative",
			KilledBy:  []string{"C7", "C20", "C32"},
		},
		{
			Impl:      impls.Impl{Name: "cause", New: newCause, Order: impls.FIFO},
			ID:        "S1",
			Defect:    "a cancelled Acquire returns context.Cause, which callers do not compare with",
			Reference: "planted for C9",
			KilledBy:  []string{"C9"},
		},
		{
			Impl:      impls.Impl{Name: "forgetful-try", New: newForgetfulTry, Order: impls.FIFO},
			ID:        "S2",
			Defect:    "a TryAcquire that fails keeps what there was",
			Reference: "planted for C3",
			KilledBy:  []string{"C3", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "no-zero", New: newNoZero, Order: impls.FIFO},
			ID:        "S3",
			Defect:    "a weight of zero waits for a free permit though ZeroGranted is declared",
			Reference: "planted for C13",
			KilledBy:  []string{"C13"},
		},
		{
			Impl:      impls.Impl{Name: "owned", New: newOwned, Order: impls.FIFO},
			ID:        "S4",
			Defect:    "only the goroutine that acquired last may release",
			Reference: "planted for C16; a re-entrant lock taken for a semaphore",
			KilledBy:  []string{"C16"},
		},
		{
			Impl:      impls.Impl{Name: "deaf", New: newDeaf, Order: impls.FIFO},
			ID:        "S5",
			Defect:    "whoever waits is deaf to its ctx",
			Reference: "planted for C22",
			KilledBy:  []string{"C20", "C22", "R1"},
		},
		{
			Impl:      impls.Impl{Name: "stingy", New: newStingy, Order: impls.FIFO},
			ID:        "S6",
			Defect:    "TryAcquire keeps the last permit for itself: < where <= was meant",
			Reference: "planted for C2, C4, C6 and C11",
			KilledBy:  []string{"C2", "C4", "C6", "C11", "C21"},
		},
		{
			Impl:      impls.Impl{Name: "half-booked", New: newHalfBooked, Order: impls.FIFO},
			ID:        "S7",
			Defect:    "a waiter for n is booked with one permit",
			Reference: "planted for C6",
			KilledBy:  []string{"C6"},
		},
		{
			Impl:      impls.Impl{Name: "try-lock", New: newTryLock, Order: impls.FIFO},
			ID:        "S8",
			Defect:    "TryAcquire fails if it meets another call, though permits are free",
			Reference: "planted for C4",
			KilledBy:  []string{"C4"},
		},
		{
			Impl:      impls.Impl{Name: "short-line", New: newShortLine, Order: impls.FIFO},
			ID:        "S9",
			Defect:    "the ninth in line is let through: storage for eight",
			Reference: "planted for C18",
			KilledBy:  []string{"C18"},
		},
		{
			Impl:      impls.Impl{Name: "reset", New: newReset, Order: impls.FIFO},
			ID:        "S10",
			Defect:    "an over-release forgets who holds permits, and panics",
			Reference: "planted for C11",
			KilledBy:  []string{"C11"},
		},
		{
			Impl:      impls.Impl{Name: "zero-first", New: newZeroFirst, Order: impls.FIFO},
			ID:        "S11",
			Defect:    "a weight of zero passes the line though FIFO is declared",
			Reference: "planted for C13",
			KilledBy:  []string{"C13"},
		},
		{
			Impl:      impls.Impl{Name: "picky", New: newPicky, Order: impls.FIFO},
			ID:        "S12",
			Defect:    "a waiter with a ctx type that is not of package context is never granted",
			Reference: "planted for C6",
			KilledBy:  []string{"C6"},
		},
		{
			Impl:      impls.Impl{Name: "sixty-four", New: newSixtyFour, Order: impls.FIFO},
			ID:        "S13",
			Defect:    "a semaphore of 64 permits grants 65: an off-by-one of a bit set",
			Reference: "planted for C4",
			KilledBy:  []string{"C4"},
		},
		{
			Impl:      impls.Impl{Name: "every-slot", New: newEverySlot, Order: impls.FIFO},
			ID:        "S14",
			Defect:    "the storage of the line is never used again, however many waits are over",
			Reference: "planted for C33",
			KilledBy:  []string{"C33"},
		},
		{
			Impl:      impls.Impl{Name: "try-in-line", New: newTryInLine, Order: impls.FIFO},
			ID:        "S15",
			Defect:    "TryAcquire stands in line before it looks",
			Reference: "planted for C24",
			KilledBy:  []string{"C13", "C24", "C28"},
		},
	}
}
