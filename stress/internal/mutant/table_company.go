package mutant

import "github.com/semabench/semabench/impls"

// company returns K70 to K92. Most of these kinds of defects passed package stress before it had checks for them.
// Their defects need company: contexts of several kinds in one line, sizes with code of their own, calls that end
// together, or thousands of calls that give nothing.
func company() []Mutant {
	of := func(name string, construct func(int64) impls.Semaphore) impls.Impl {
		return impls.Impl{Name: name, New: construct, Order: impls.FIFO}
	}
	narrow := func(m Mutant) Mutant { m.Narrow = true; return m }
	one := func(id string, impl impls.Impl, defect, reference, by string) Mutant {
		return Mutant{Impl: impl, ID: id, Defect: defect, Reference: reference, KilledBy: []string{by}}
	}
	small := func(impl impls.Impl) impls.Impl { impl.MaxSize = cutSize; return impl }
	return []Mutant{
		one("K70", of("deadline-first", newDeadlineFirst),
			"requests with a deadline stand before requests without",
			"order among contexts of several kinds", "C27"),
		one("K71", of("one-error", newOneError),
			"a leaver takes others whose ctx is done off the line, and tells them its own error",
			"contexts of several kinds that end together", "C9"),
		one("K72", impls.Impl{Name: "looks-at-some", New: newLooksAtSome, Order: impls.Barging},
			"an admission looks at the first 32 waiters",
			"a request that fits behind many that do not", "C18"),
		one("K73", impls.Impl{Name: "door-left-shut", New: newDoorLeftShut, StarvationFree: true},
			"the request for which a guard has shut the door leaves, and the door stays shut",
			"a leaver while a guard against starvation is in force", "C20"),
		one("K74", small(of("cut-release", newCutRelease)),
			"Release looks at the low 32 bits of its argument",
			"extremes: numbers whose low bits are legal", "C10"),
		one("K75", small(of("cut-try", newCutTry)),
			"TryAcquire looks at the low 32 bits of its argument",
			"extremes: numbers whose low bits are legal", "C14"),
		one("K76", of("mutex-of-one", newMutexOfOne),
			"a Release of the only permit, which is free, is ignored",
			"over-releases at sizes that have code of their own", "C10"),
		one("K77", of("one-callback", newOneCallback),
			"the last waiter of a semaphore takes the callback of its ctx away from other semaphores",
			"contexts: one ctx on several semaphores", "C38"),
		one("K78", of("sixteen-sharers", newSixteenSharers),
			"the end of a ctx ends 16 of the waits that share it",
			"contexts: one ctx for many requests", "C22"),
		one("K79", of("prepares", newPrepares),
			"a callback stays with ctx if the permits were free",
			"what is left: calls that need not wait", "C31"),
		one("K80", of("notes", newNotes),
			"calls that need not wait are noted until the next wait",
			"storage: calls that need not wait", "C33"),
		one("K81", of("restless-in-time", newRestlessInTime),
			"a waiter whose deadline is near looks at its channels again and again",
			"processor time of requests with contexts of each kind, and of each weight", "C37"),
		one("K82", of("slow-join", newSlowJoin),
			"requests ask their contexts for the channel one after the other",
			"callbacks: a method of a ctx that takes long", "C25"),
		one("K83", of("err-in-line", newErrInLine),
			"a leaver asks its ctx under a lock that Release takes and TryAcquire does not",
			"callbacks: methods that release after the end of the ctx", "C25"),
		one("K84", of("cools-down", newCoolsDown),
			"after 300 requests with a done ctx in a row, a try fails whatever is free",
			"many calls in a row that give or take nothing", "C36"),
		one("K85", of("counts-nothing", newCountsNothing),
			"every 2^8th request for nothing gives a permit back",
			"many calls in a row that give or take nothing", "C36"),
		one("K86", of("hands-on", newHandsOn),
			"a waiter for nothing does not wake the next one",
			"weight zero: in the middle of a line", "C13"),
		one("K87", of("sum-of-line", newSumOfLine),
			"TryAcquire sees no line whose weights add up to 2^32",
			"tries beside a line of wide weights", "C28"),
		one("K88", of("dense-again", newDenseAgain),
			"a line with 256 holes is made dense, and begins with its last waiter then",
			"order in a line that hundreds have left", "C27"),
		narrow(one("K89", of("stale-front", newStaleFront),
			"a leaver knows from before whether it is the head",
			"two leavers at the head at the same time", "C20")),
		narrow(one("K90", of("puts-back", newPutsBack),
			"a try that fails puts permits back, and serves no waiter",
			"tries that meet a Release which admits a large request", "C17")),
		narrow(one("K91", of("in-line-for-now", newInLineForNow),
			"a request for more than the size is in line until it has looked at the size",
			"tries beside requests that come and go", "C14")),
		one("K92", of("crowd-lease", newCrowdLease),
			"while many wait, a grant ends with the deadline of its ctx",
			"time: a crowd that waits for grants whose deadlines have passed", "C35"),
	}
}
