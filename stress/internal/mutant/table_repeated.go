package mutant

import "github.com/semabench/semabench/impls"

// repeated returns K56 to K69, for the kinds of a sixth round of wrong semaphores. They passed package stress, but for
// K60 in one of two runs, and K64, K68 and K69, which random programs found. explore.Semaphore found K63, K65, K66
// and K68.
func repeated() []Mutant {
	of := func(name string, construct func(int64) impls.Semaphore) impls.Impl {
		return impls.Impl{Name: name, New: construct, Order: impls.FIFO}
	}
	fair := func(name string, construct func(int64) impls.Semaphore) impls.Impl {
		return impls.Impl{Name: name, New: construct, StarvationFree: true}
	}
	return []Mutant{
		{
			Impl:      fair("guards-largest", newGuardsLargest),
			ID:        "K56",
			Defect:    "the guard against starvation protects requests for all permits only",
			Reference: "starvation of a request of each weight, by requests of each weight",
			KilledBy:  []string{"C26"},
		},
		{
			Impl:      fair("guards-once", newGuardsOnce),
			ID:        "K57",
			Defect:    "the guard against starvation works once",
			Reference: "starvation of one request after the other on the same semaphore",
			KilledBy:  []string{"C26"},
		},
		{
			Impl:      fair("last-of-alike", newLastOfAlike),
			ID:        "K58",
			Defect:    "the guard against starvation counts smaller requests only, and the line is a stack",
			Reference: "starvation of a request of each weight, by requests of each weight",
			KilledBy:  []string{"C26"},
		},
		{
			Impl:      fair("small-starved", newSmallStarved),
			ID:        "K59",
			Defect:    "the guard against starvation counts smaller requests only, and the largest is served first",
			Reference: "starvation of a request of each weight, by requests of each weight",
			KilledBy:  []string{"C26"},
		},
		{
			Impl:      of("requeues", newRequeues),
			ID:        "K60",
			Defect:    "each hour after it came, a waiter lines up anew",
			Reference: "time: waiters that are no whole number of hours apart; C35 found it in one of two runs",
			KilledBy:  []string{"C35"},
		},
		{
			Impl:      of("made-at-once", newMadeAtOnce),
			ID:        "K61",
			Defect:    "two semaphores that are made at the same time may be one",
			Reference: "several calls of New at the same time",
			KilledBy:  []string{"C38"},
			Narrow:    true,
		},
		{
			Impl:      of("short-number", newShortNumber),
			ID:        "K62",
			Defect:    "a semaphore is forgotten when 2^16 others have been made",
			Reference: "more semaphores than 16 bits can count",
			KilledBy:  []string{"C38"},
		},
		{
			Impl:      of("hoard", newHoard),
			ID:        "K63",
			Defect:    "of nine requests for several permits that release, one loses its permits",
			Reference: "many holders of several permits each",
			KilledBy:  []string{"C2"},
		},
		{
			Impl:      of("breaker", newBreaker),
			ID:        "K64",
			Defect:    "after 32 tries that fail in a row, the next eight fail whatever is free",
			Reference: "many tries in a row that fail",
			KilledBy:  []string{"C3"},
		},
		{
			Impl:      of("torn", newTorn),
			ID:        "K65",
			Defect:    "TryAcquire reads the number of free permits in two parts",
			Reference: "extremes: tries while the number of free permits crosses 2^32",
			KilledBy:  []string{"C4"},
			Narrow:    true,
		},
		{
			Impl:      of("in-halves", newInHalves),
			ID:        "K66",
			Defect:    "a Release of several permits gives them back in two parts",
			Reference: "tries while a Release gives several permits back",
			KilledBy:  []string{"C4"},
			Narrow:    true,
		},
		{
			Impl:      of("counts-errors", newCountsErrors),
			ID:        "K67",
			Defect:    "an error that cannot be the key of a map panics",
			Reference: "contexts: an Err of a type that cannot be compared",
			KilledBy:  []string{"C9"},
		},
		{
			Impl:      of("asks-late", newAsksLate),
			ID:        "K68",
			Defect:    "ctx is asked for its channel between the look at the permits and the line",
			Reference: "callbacks: methods of a ctx that release what the call waits for",
			KilledBy:  []string{"C25"},
		},
		{
			Impl:      of("alike-modulo", newAlikeModulo),
			ID:        "K69",
			Defect:    "a leaver clears the mark of a request whose weight differs by eight",
			Reference: "order in a line of many weights",
			KilledBy:  []string{"C27"},
		},
	}
}
