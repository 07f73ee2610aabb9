package mutant

import (
	"slices"

	"github.com/semabench/semabench/impls"
)

// Kinds returns mutants with an ID that begins with K. Each stands for a whole kind of input that no
// clause tried when the mutants of All were all that there were. Five of the first 20 were found at
// that time all the same, by random programs or by another clause; their Reference says so. Fifteen
// passed everything. K21 came with C37, which nothing had measured before. K22 to K28 stand for the
// kinds of a second round of wrong semaphores. They passed, but for K26 in some random programs. K29 to
// K36 stand for the kinds of a third round. They passed, but for K32, which C25 found. K37 to K42 stand for
// the kinds of a fourth round. They passed, but for K42 in some random programs. K43 and K44 passed
// explore.Semaphore, and every clause that plays its own schedule. K45 to K55 are in
// surroundings, K56 to K69 in repeated, and K70 to K92 in company.
func Kinds() []Mutant {
	fifo := func(name string, construct func(int64) impls.Semaphore) impls.Impl {
		return impls.Impl{Name: name, New: construct, Order: impls.FIFO}
	}
	kinds := []Mutant{
		{
			Impl:      fifo("deadline-only", newDeadlineOnly),
			ID:        "K1",
			Defect:    "a waiter whose ctx has a deadline sleeps until the deadline, and hears no earlier cancellation",
			Reference: "contexts: a deadline that is cancelled before it passes",
			KilledBy:  []string{"C9", "C22"},
		},
		{
			Impl:      fifo("deadline-error", newDeadlineError),
			ID:        "K2",
			Defect:    "a cancelled Acquire returns DeadlineExceeded whenever its ctx has a deadline",
			Reference: "contexts: a deadline that is cancelled before it passes",
			KilledBy:  []string{"C9"},
		},
		{
			Impl:      fifo("translated-error", newTranslatedError),
			ID:        "K3",
			Defect:    "errors that package context does not know become context.Canceled",
			Reference: "contexts: an Err of the caller's own",
			KilledBy:  []string{"C9"},
		},
		{
			Impl:      fifo("second-look", newSecondLook),
			ID:        "K4",
			Defect:    "Acquire looks at ctx again after it took free permits, and then fails without giving them back",
			Reference: "contexts: done between the grant and the return; random programs found it as well",
			KilledBy:  []string{"C7"},
		},
		{
			Impl:      fifo("foreign-value", newForeignValue),
			ID:        "K5",
			Defect:    "a ctx that has a value for an unknown key is taken for a ctx that is never done",
			Reference: "contexts: types of the caller, in all of their methods",
			KilledBy:  []string{"C9", "C22"},
		},
		{
			Impl:      fifo("wrong-place", newWrongPlace),
			ID:        "K6",
			Defect:    "an Acquire with a done ctx removes the last waiter of the line, as if it had joined",
			Reference: "contexts: done before the call while others wait; random programs found it as well",
			KilledBy:  []string{"C8"},
		},
		{
			Impl:      fifo("zero-gives", newZeroGives),
			ID:        "K7",
			Defect:    "Release(0) admits the head of the line if any permit is free",
			Reference: "weight zero: Release(0) while others wait",
			KilledBy:  []string{"C13"},
		},
		{
			Impl:      fifo("zero-leaver", newZeroLeaver),
			ID:        "K8",
			Defect:    "an Acquire(0) that is cancelled in line admits the head of the line if any permit is free",
			Reference: "weight zero: Acquire(0) while others wait",
			KilledBy:  []string{"C13"},
		},
		{
			Impl:      fifo("wrapping-line", newWrappingLine),
			ID:        "K9",
			Defect:    "Release adds up the weights of the line, and the sum overflows",
			Reference: "extremes: two waiters whose sum overflows",
			KilledBy:  []string{"C15"},
		},
		{
			Impl:      fifo("line-dropped", newLineDropped),
			ID:        "K10",
			Defect:    "an over-release that panics forgets the waiters",
			Reference: "extremes: an over-release while a request waits",
			KilledBy:  []string{"C11"},
		},
		{
			Impl:      fifo("doomed-in-line", newDoomedInLine),
			ID:        "K11",
			Defect:    "a request for more than twice the size joins the line if others wait already",
			Reference: "requests above the size behind others",
			KilledBy:  []string{"C14"},
		},
		{
			Impl: impls.Impl{Name: "guard-reset", New: newGuardReset, StarvationFree: true},
			ID:   "K12",
			Defect: "the guard that closes the door to small requests counts afresh " +
				"when a waiter is cancelled",
			Reference: "starvation with leavers",
			KilledBy:  []string{"C26"},
		},
		{
			Impl:      fifo("swapped-hole", newSwappedHole),
			ID:        "K13",
			Defect:    "in a line of more than 64, the last waiter moves to the place of a leaver",
			Reference: "order with leavers in long lines",
			KilledBy:  []string{"C27"},
		},
		{
			Impl:      fifo("gives-up", newGivesUp),
			ID:        "K14",
			Defect:    "a waiter gives up after an hour",
			Reference: "time: a waiter that gives up",
			KilledBy:  []string{"C35"},
		},
		{
			Impl:      fifo("expiring", newExpiring),
			ID:        "K15",
			Defect:    "a grant expires after an hour, if no request waits",
			Reference: "time: a grant that expires",
			KilledBy:  []string{"C35"},
		},
		{
			Impl:      fifo("short-ticket", newShortTicket),
			ID:        "K16",
			Defect:    "waiters are served by tickets of 16 bits, which wrap",
			Reference: "counters that wrap after 2^16 waits",
			KilledBy:  []string{"C36"},
		},
		{
			Impl:      fifo("leavers-wrap", newLeaversWrap),
			ID:        "K17",
			Defect:    "the number of leavers is kept in 16 bits; when it is zero again, a leaver is not removed",
			Reference: "counters that wrap after 2^16 cancellations",
			KilledBy:  []string{"C36"},
		},
		{
			Impl:      fifo("releases-meet", newReleasesMeet),
			ID:        "K18",
			Defect:    "a Release that finds another one at work leaves the waking to it",
			Reference: "JDK-6801020: two Releases race over two waiters; random programs found it as well",
			KilledBy:  []string{"C17"},
			Narrow:    true,
		},
		{
			Impl:      fifo("one-refund", newOneRefund),
			ID:        "K19",
			Defect:    "two granted waiters that are cancelled at once give back the permits of one",
			Reference: "two grants that meet two cancels; C32 found it as well",
			KilledBy:  []string{"C7"},
			Narrow:    true,
		},
		{
			Impl: impls.Impl{
				Name: "counted-newcomers", New: newCountedNewcomers, Order: impls.FIFO, TryBarges: true,
			},
			ID: "K20",
			Defect: "Release admits as many waiters as it counted before, " +
				"though the second permit went to a newcomer",
			Reference: "two grants by one Release while newcomers come; random programs found it as well",
			KilledBy:  []string{"C18"},
			Narrow:    true,
		},
		{
			Impl:      impls.Impl{Name: "restless", New: newRestless, Waits: impls.Elsewhere},
			ID:        "K21",
			Defect:    "waiters declare to sleep, and look at the permits in a loop",
			Reference: "processor time of waiters",
			KilledBy:  []string{"C37"},
		},
		{
			Impl:      fifo("reads-deadline", newReadsDeadline),
			ID:        "K22",
			Defect:    "a waiter ends at the deadline of its ctx, though the ctx is not done",
			Reference: "contexts: the ctx of a caller that outlives its deadline",
			KilledBy:  []string{"C35"},
		},
		{
			Impl:      fifo("impatient", newImpatient),
			ID:        "K23",
			Defect:    "a request whose deadline is less than 5 ms away is refused at once",
			Reference: "contexts: deadlines from a nanosecond to an hour",
			KilledBy:  []string{"C35"},
		},
		{
			Impl:      fifo("by-channel", newByChannel),
			ID:        "K24",
			Defect:    "a waiter is found by the Done channel of its ctx, which other waiters may share",
			Reference: "contexts: several requests with one ctx",
			KilledBy:  []string{"C22"},
		},
		{
			Impl:      fifo("timer-kept", newTimerKept),
			ID:        "K25",
			Defect:    "a timer for the deadline of ctx is not stopped when the wait is granted",
			Reference: "what is left: grants with a ctx of each kind",
			KilledBy:  []string{"C31"},
		},
		{
			Impl:      fifo("wrapped-growth", newWrappedGrowth),
			ID:        "K26",
			Defect:    "a line in an array is out of order after it has wrapped and then grown",
			Reference: "order in a line that is served while it grows",
			KilledBy:  []string{"C27"},
		},
		{
			Impl:      fifo("bounded-line", newBoundedLine),
			ID:        "K27",
			Defect:    "a cancelled waiter keeps its place of 1024",
			Reference: "many cancelled waits with no grant between them",
			KilledBy:  []string{"C36"},
		},
		{
			Impl:      fifo("rebalancing", newRebalancing),
			ID:        "K28",
			Defect:    "every 4096th TryAcquire forgets a permit that is held",
			Reference: "many calls that need not wait",
			KilledBy:  []string{"C36"},
		},
		{
			Impl:      fifo("cause-of-deadline", newCauseOfDeadline),
			ID:        "K29",
			Defect:    "a deadline that passes is told as its cause",
			Reference: "contexts: deadlines with a cause",
			KilledBy:  []string{"C9"},
		},
		{
			Impl:      fifo("unwraps", newUnwraps),
			ID:        "K30",
			Defect:    "an error that wraps context.Canceled becomes context.Canceled",
			Reference: "contexts: an Err that wraps an error of package context",
			KilledBy:  []string{"C9"},
		},
		{
			Impl:      fifo("leaver-timer", newLeaverTimer),
			ID:        "K31",
			Defect:    "a timer for the deadline of ctx is not stopped when the wait is cancelled before it",
			Reference: "what is left: cancellations of a ctx of each kind",
			KilledBy:  []string{"C31"},
		},
		{
			Impl:      fifo("asks-in-release", newAsksInRelease),
			ID:        "K32",
			Defect:    "Release asks the contexts of the waiters under its lock",
			Reference: "callbacks: methods of a ctx that another call asks",
			KilledBy:  []string{"C25"},
		},
		{
			Impl:      fifo("short-stamps", newShortStamps),
			ID:        "K33",
			Defect:    "the line is ordered by milliseconds in 32 bits, which wrap after 25 days",
			Reference: "time: waiters that are weeks apart",
			KilledBy:  []string{"C35"},
		},
		{
			Impl:      fifo("half-sifted", newHalfSifted),
			ID:        "K34",
			Defect:    "the line is a heap, and what takes the place of a leaver only sinks",
			Reference: "order in a line that waiters leave at any place, at any time",
			KilledBy:  []string{"C27"},
		},
		{
			Impl:      impls.Impl{Name: "handed-once", New: newBaton},
			ID:        "K35",
			Defect:    "a leaver hands a wake-up on, unless another leaver handed it to it",
			Reference: "two leavers in a row that one wake-up meets",
			KilledBy:  []string{"C20"},
		},
		{
			Impl:      fifo("wide-count", newWideCount),
			ID:        "K36",
			Defect:    "every 2^17th Acquire forgets a permit that is held",
			Reference: "counters of more than 16 bits",
			KilledBy:  []string{"C36"},
		},
		{
			Impl:      impls.Impl{Name: "stepped-over", New: newSteppedOver, StarvationFree: true},
			ID:        "K37",
			Defect:    "the guard that closes the door to small requests counts permits, and compares with ==",
			Reference: "starvation by requests of several weights",
			KilledBy:  []string{"C26"},
		},
		{
			Impl:      fifo("lost-piece", newLostPiece),
			ID:        "K38",
			Defect:    "a line in pieces loses what joins after the waiters of its last piece have left",
			Reference: "a request that joins a line after many at its end have left",
			KilledBy:  []string{"C27", "C36"},
		},
		{
			Impl:      fifo("lost-wrap", newLostWrap),
			ID:        "K39",
			Defect:    "a line in an array that becomes smaller loses the waiters that have wrapped",
			Reference: "order in a line that comes in waves",
			KilledBy:  []string{"C27"},
		},
		{
			Impl:      fifo("asks-at-meeting", newAsksAtMeeting),
			ID:        "K40",
			Defect:    "a waiter that finds a grant and the end of its ctx asks the ctx under the lock",
			Reference: "callbacks: methods of a ctx that ends when the grant comes",
			KilledBy:  []string{"C25"},
		},
		{
			Impl:      fifo("short-crowd", newShortCrowd),
			ID:        "K41",
			Defect:    "the number of waiters is kept in 16 bits",
			Reference: "more than 2^16 requests that wait at the same time",
			KilledBy:  []string{"C36"},
		},
		{
			Impl:      fifo("two-beginnings", newTwoBeginnings),
			ID:        "K42",
			Defect:    "the state is made at the first call, and two first calls make two",
			Reference: "two first calls that meet; random programs found it as well",
			KilledBy:  []string{"C1"},
			Narrow:    true,
		},
		{
			Impl:      fifo("one-follower", newOneFollower),
			ID:        "K43",
			Defect:    "a leaver that was granted hands its permits to one waiter, though they are enough for two",
			Reference: "a large request that leaves when its grant comes; explore.Semaphore passed it, and C20",
			KilledBy:  []string{"C20"},
		},
		{
			Impl:      fifo("undrained", newUndrained),
			ID:        "K44",
			Defect:    "a leaver that was granted leaves the signal in the channel that the next waiter gets",
			Reference: "a wait on the same semaphore after a cancellation met a grant; explore.Semaphore passed it, and C20",
			KilledBy:  []string{"C20"},
		},
	}
	return slices.Concat(kinds, surroundings(), repeated(), company())
}
