package mutant

import (
	"cmp"
	"slices"

	"github.com/semabench/semabench/impls"
)

// All returns the mutants in the order of their IDs.
func All() []Mutant {
	return slices.SortedFunc(slices.Values(slices.Concat(permitMutants(), waitMutants())), byID)
}

// byID puts M2 before M10, and the mutants with an S last.
func byID(a, b Mutant) int {
	return cmp.Or(
		cmp.Compare(a.ID[0], b.ID[0]),
		cmp.Compare(len(a.ID), len(b.ID)),
		cmp.Compare(a.ID, b.ID),
	)
}

// permitMutants returns the mutants that count, grant or take back permits wrongly. The comment of
// each type tells the story of its defect.
//
// KilledBy is a floor: the clauses that must fail in every run. Others may fail as well;
// stress/mutants.md has what was measured. The policies of an entry are part of its defect: M34,
// M35 and S3 keep the contract under other declarations.
func permitMutants() []Mutant {
	return []Mutant{
		{
			Impl:      impls.Impl{Name: "check-then-act", New: newCheckThenAct, Order: impls.Barging, Waits: impls.Spinning},
			ID:        "M1",
			Defect:    "TryAcquire compares, and adds later: two callers can pass the same comparison",
			Reference: "Kotlin/kotlinx.coroutines#1898",
			KilledBy:  []string{"I", "C34"},
			Narrow:    true,
		},
		{
			Impl:      impls.Impl{Name: "unlocked-read", New: newUnlockedRead, Order: impls.FIFO},
			ID:        "M2",
			Defect:    "the fast path of TryAcquire reads the count without the lock",
			Reference: "golang/go#46231",
			KilledBy:  []string{"C29", "C30"},
		},
		{
			// A channel serves its senders in order, but not across the tokens of one request: no
			// order.
			Impl:      impls.Impl{Name: "half-holders", New: newHalfHolders},
			ID:        "M3",
			Defect:    "Acquire(n) takes n tokens one by one: two callers can hold half each for ever",
			Reference: "the natural emulation of weights on a channel",
			KilledBy:  []string{"C17", "C19", "W"},
		},
		{
			Impl:      impls.Impl{Name: "partial-loss", New: newPartialLoss},
			ID:        "M4",
			Defect:    "a waiter that is cancelled with k of n tokens in hand does not return them",
			Reference: "ClickHouse/clickhouse-go#1759, vitessio/vitess#2599",
			KilledBy:  []string{"C5", "C17", "I"},
		},
		{
			Impl:      impls.Impl{Name: "done-context-wins", New: newDoneContextWins, Order: impls.FIFO},
			ID:        "M7",
			Defect:    "Acquire ignores a done ctx while permits are free",
			Reference: "golang/go#63615",
			KilledBy:  []string{"C5", "C8", "I"},
		},
		{
			Impl:      impls.Impl{Name: "growing", New: newGrowing, Order: impls.FIFO},
			ID:        "M8",
			Defect:    "an over-release silently creates permits",
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
			Defect:    "negative weights are accepted: Release(-n) steals permits, TryAcquire(-n) creates them",
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
			KilledBy:  []string{"C14", "C34"},
		},
		{
			Impl:      impls.Impl{Name: "generous", New: newGenerous, Order: impls.FIFO},
			ID:        "M14",
			Defect:    "a waiter for two is admitted when one permit is free",
			Reference: "review of Kotlin/kotlinx.coroutines#1553",
			KilledBy:  []string{"C17", "C20", "I", "C34"},
		},
		{
			Impl:      impls.Impl{Name: "lifo", New: newLIFO, Order: impls.FIFO},
			ID:        "M34",
			Defect:    "the last waiter is granted first though FIFO is declared",
			Reference: "python/cpython#31910",
			KilledBy:  []string{"C17", "C27", "C34"},
		},
		{
			Impl:      impls.Impl{Name: "queue-jumper", New: newQueueJumper, Order: impls.FIFO},
			ID:        "M35",
			Defect:    "TryAcquire takes permits past the line though FIFO is declared without TryBarges",
			Reference: "barging rule of the JSR-166 TCK",
			KilledBy:  []string{"C28", "C34"},
		},
		{
			// Clients must run under -race: see Mutant.OnlyRaces.
			Impl:      impls.Impl{Name: "plain-store", New: newPlainStore, Order: impls.Barging, Waits: impls.Spinning},
			ID:        "M36",
			Defect:    "Release publishes with a plain store: nothing happens before the next Acquire",
			Reference: "jcstress AdvancedJMM_09; HotSpot CR 6822370",
			KilledBy:  []string{"C29", "C30"},
		},
		{
			Impl:      impls.Impl{Name: "leased", New: newLeased, Order: impls.FIFO},
			ID:        "M37",
			Defect:    "permits come back when the ctx of their Acquire is done, though their holder still works",
			Reference: "the class of order violations",
			KilledBy:  []string{"C6", "C17", "C31"},
		},
		{
			Impl:      impls.Impl{Name: "recycled", New: newRecycled, Order: impls.FIFO},
			ID:        "M40",
			Defect:    "Release writes to a waiter that it has woken and that another call may reuse by then",
			Reference: "tokio-rs/tokio#2340, glibc BZ 12674",
			KilledBy:  []string{"C29", "C30"},
			Narrow:    true,
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
			Defect:    "a TryAcquire that fails takes all free permits",
			Reference: "planted for C3",
			KilledBy:  []string{"C3", "W"},
		},
		{
			Impl:      impls.Impl{Name: "no-zero", New: newNoZero, Order: impls.FIFO},
			ID:        "S3",
			Defect:    "TryAcquire(0) fails while all permits are held though ZeroGranted is declared",
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
			Impl:      impls.Impl{Name: "stingy", New: newStingy, Order: impls.FIFO},
			ID:        "S6",
			Defect:    "TryAcquire never grants the last permit: < where <= was meant",
			Reference: "planted for C2, C4, C6 and C11",
			KilledBy:  []string{"C2", "C4", "C6", "C11", "C21"},
		},
		{
			Impl:      impls.Impl{Name: "half-booked", New: newHalfBooked, Order: impls.FIFO},
			ID:        "S7",
			Defect:    "a waiter for n permits holds one",
			Reference: "planted for C6",
			KilledBy:  []string{"C6"},
		},
		{
			Impl:      impls.Impl{Name: "try-lock", New: newTryLock, Order: impls.FIFO},
			ID:        "S8",
			Defect:    "TryAcquire fails while another call runs, though permits are free",
			Reference: "planted for C4",
			KilledBy:  []string{"C4", "C34"},
			Narrow:    true,
		},
		{
			Impl:      impls.Impl{Name: "short-line", New: newShortLine, Order: impls.FIFO},
			ID:        "S9",
			Defect:    "the tenth waiter is admitted without permits: storage for nine",
			Reference: "planted for C18",
			KilledBy:  []string{"C18"},
		},
		{
			Impl:      impls.Impl{Name: "reset", New: newReset, Order: impls.FIFO},
			ID:        "S10",
			Defect:    "an over-release sets the count to zero, and panics",
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
			Defect:    "the storage of the line is never reused, however many waits are over",
			Reference: "planted for C33",
			KilledBy:  []string{"C33"},
		},
		{
			Impl:      impls.Impl{Name: "try-in-line", New: newTryInLine, Order: impls.FIFO},
			ID:        "S15",
			Defect:    "TryAcquire waits in line before it looks at the count",
			Reference: "planted for C24",
			KilledBy:  []string{"C13", "C24", "C28"},
		},
	}
}
