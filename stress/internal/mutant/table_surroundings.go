package mutant

import "github.com/semabench/semabench/impls"

// surroundings returns K45 to K55, for the kinds of a fifth round of wrong semaphores. They passed package stress,
// but for K45 and K46, which several clauses found, and K52, which random programs found. explore.Semaphore found
// K50 and K53.
func surroundings() []Mutant {
	of := func(name string, construct func(int64) impls.Semaphore) impls.Impl {
		return impls.Impl{Name: name, New: construct, Order: impls.FIFO}
	}
	return []Mutant{
		{
			Impl:      of("one-table", newOneTable),
			ID:        "K45",
			Defect:    "a Release wakes the first waiter of its bucket, whichever semaphore it waits for",
			Reference: "several semaphores with waiters at the same time",
			KilledBy:  []string{"C38"},
		},
		{
			Impl:      of("tidied", newTidied),
			ID:        "K46",
			Defect:    "a garbage collection takes a waiter off the line: a runtime.KeepAlive is missing",
			Reference: "garbage collections while requests wait",
			KilledBy:  []string{"C38"},
		},
		{
			Impl:      of("per-processor", newPerProcessor),
			ID:        "K47",
			Defect:    "an array has an entry for each processor of New, and is indexed by the processors of now",
			Reference: "another GOMAXPROCS after New",
			KilledBy:  []string{"C38"},
		},
		{
			Impl:      of("short-timeout", newShortTimeout),
			ID:        "K48",
			Defect:    "a waiter whose deadline is more than 2^31 ms away hears no cancellation",
			Reference: "contexts: deadlines that are weeks or millennia away",
			KilledBy:  []string{"C9", "C22"},
		},
		{
			Impl:      of("short-years", newShortYears),
			ID:        "K49",
			Defect:    "a deadline after the year 2262 counts as passed",
			Reference: "contexts: deadlines that are weeks or millennia away",
			KilledBy:  []string{"C35"},
		},
		{
			Impl:      of("sheds", newSheds),
			ID:        "K50",
			Defect:    "a request with a deadline is refused at once if the line has stood for 100 ms",
			Reference: "time: a request with a deadline that comes to an old line",
			KilledBy:  []string{"C35"},
		},
		{
			Impl:      of("calm", newCalm),
			ID:        "K51",
			Defect:    "the first waiter after 1000 calls without a waiter is not served",
			Reference: "a wait on a semaphore after many calls that need not wait",
			KilledBy:  []string{"C36"},
		},
		{
			Impl:      of("own-again", newOwnAgain),
			ID:        "K52",
			Defect:    "a request with the ctx of the last grant is granted without permits",
			Reference: "contexts: a request with the ctx of a holder",
			KilledBy:  []string{"C22"},
		},
		{
			Impl:      of("surplus-for-now", newSurplusForNow),
			ID:        "K53",
			Defect:    "a Release of too much gives the surplus back for an instant",
			Reference: "an over-release that another call meets",
			KilledBy:  []string{"C11"},
			Narrow:    true,
		},
		{
			Impl:      of("byte-of-line", newByteOfLine),
			ID:        "K54",
			Defect:    "TryAcquire sees no line while 256 requests wait",
			Reference: "tries beside a line of each length",
			KilledBy:  []string{"C28"},
		},
		{
			Impl:      of("in-eights", newInEights),
			ID:        "K55",
			Defect:    "Release goes on after eight grants with the number of free permits from before",
			Reference: "more grants by one Release, while newcomers come",
			KilledBy:  []string{"C18"},
			Narrow:    true,
		},
	}
}
