// Package explore plays every schedule of ordinary Go code, or as many as there is time for.
//
// A test that passes has seen one schedule, and a test that is run a million times has mostly seen the
// same one a million times: the Go scheduler likes to go on with what it does. This program is wrong,
// and go test -race -count=10000 may well pass it. There is no data race in it, either:
//
//	func TestCounter(t *testing.T) {
//		var n atomic.Int64
//		var wg sync.WaitGroup
//		for range 2 {
//			wg.Go(func() { n.Store(n.Load() + 1) })
//		}
//		wg.Wait()
//		if got := n.Load(); got != 2 {
//			t.Errorf("n = %d, want 2", got)
//		}
//	}
//
// Explored, it fails in the first schedules. One line around the body does it; the code that is
// called, dependencies included, stays as it is:
//
//	func TestCounter(t *testing.T) {
//		explore.Run(t, func(t *explore.T) {
//			…
//		})
//	}
//
//	$ go test -run TestCounter
//	--- FAIL: TestCounter (1.77s)
//	    counter_test.go:12: counter_test.go:20: n = 1, want 2
//	        goroutine 0                         goroutine 1                       goroutine 2
//	        WaitGroup.Add #3 counter_test.go:16
//	        WaitGroup.Add #3 counter_test.go:16
//	                                            atomic load #4 counter_test.go:16
//	        --- goroutine 1 could go on and does not
//	                                                                              atomic load #4 counter_test.go:16
//	                                                                              atomic store #4 counter_test.go:16
//	                                                                              WaitGroup.Add #3 at its end
//	                                            atomic store #4 counter_test.go:16
//	                                            WaitGroup.Add #3 at its end
//	        WaitGroup.Wait #3 counter_test.go:18
//	        atomic load #4 counter_test.go:19
//	        found in schedule 1 (random, seed 1); 1 preemption(s) are enough
//	        replay: go test -run '^TestCounter$' -explore.schedule=x2.2
//
// # How to read a failure
//
// Time goes downwards and each goroutine has a column; goroutine 0 is the body. #4 is the fourth
// object that was used, wherever it is. What is shown is not the schedule that was found but the
// one with the fewest preemptions that fails in the same way. Before it stands who waits for what,
// if somebody does, and who has it. The word at the end is the schedule: it names only the
// decisions that are not the usual one, which is that whoever runs goes on. [Replay] plays it, and so
// does the flag, in any process. A word that does not fit the program any more says where it does
// not.
//
// A schedule fails if the body calls t.Error or the like, if a goroutine panics, if the body waits
// for what cannot come (deadlock; lost wake-up, if it was signalled when nobody waited), if
// a goroutine is left that waits for what cannot come (leak), or if all that can move spins (livelock).
// Under go test -race, every schedule is watched by the race detector as well.
//
// # Semaphores
//
// For a semaphore there is nothing to write but [Semaphore]:
//
//	func TestMine(t *testing.T) { explore.Semaphore(t, impls.Of("mine", mine.New)) }
//
// It plays small programs, each with a cancellation, and holds their histories to the contract
// of package impls: what the model of package stress allows, that nobody waits who could be served or
// whose ctx is done, and that nothing is left behind. Of the 41 mutants that package stress is proven by,
// 37 are refuted by schedules alone and three more by the race detector on them, the median within
// 20 schedules. The one that is not takes for ever: a large request that starves.
//
// # What is played
//
// First some schedules are drawn, by strategies that find most bugs soon: at random, by priorities
// (PCT with two and three), and by priorities that know which operations conflict (POS). Then all
// are gone through, one of each class that differs in more than the order of operations that commute
// (source-DPOR with sleep sets). When none is left the verdict is “complete: all N schedules”,
// and that is a proof, for this body. When a bound comes first, the test passes and says which bound.
//
//	-explore.schedules=N   schedules at most, 20000 by default; for Semaphore in each scenario
//	-explore.time=D        time at most, 20s by default
//	-explore.strategy=S    only random, pct2 or of another depth, pos, dpor or dfs, which is DPOR without reduction
//	-explore.seed=S        of what is drawn
//	-explore.steps=N       operations in one schedule, 100000 by default
//	-explore.preemptions=N of dfs: how often a goroutine may lose its turn in one schedule
//	-explore.workers=N     processes that play, 1 by default
//	-explore.schedule=W    play this schedule only
//	-explore.scenario=P    play this program only, of Semaphore, which is your own or one of a failure
//
// The same with all cores, with a line that says how far it is, and with exit codes for builds:
//
//	$ semabench explore ./pkg -run TestCounter
//
// What is played is cut into tasks, and what follows from them follows in their order. So the schedules,
// their number and the failure that is reported depend on the flags, and neither on the number of
// processes nor on which one is faster, unless time is over before. How much of the program was seen is
// told as ordered pairs of dependent operations: places in the source of which the second one was seen
// right after the first, on the same thing and in another goroutine. One of two places in one order only
// is where to look when nothing was found in a program that is too large to be complete.
//
// # How it works
//
// A test binary under plain go test builds a second one, in the user's cache folder, from copies of
// the packages of the test and of the modules they need. In them go statements, channels, select,
// sync, sync/atomic, context and what waits or tells the time are calls of package sched, which lets
// one goroutine run at a time and stops it before each such operation. Positions are those of the
// originals; nothing is written into your tree. The first build takes some seconds.
//
// Time is virtual: the earliest timer may fire at any moment, and an hour takes none. A goroutine that
// looks at the same things again while nothing changes is passed over until something does.
//
// # What this does not show
//
// Goroutines are preempted at operations on something shared only. For programs without data races
// nothing is lost by this; run with -race to know that yours is one. Memory is
// sequentially consistent, which in Go is what programs without data races get.
//
// The body has to do the same under the same schedule. That is checked, and what differs is named:
// random numbers, the order of a map, and package variables that keep something from the last schedule.
//
// Not under control are the network, files, other processes, the standard library's own goroutines,
// and locks inside it. Who waits for one of these is found after ten seconds, and named.
// Packages with cgo and import . "sync" are refused, and go.work is where a module outside has to be
// instrumented. t.Run, t.Parallel and the clock of the outer test are not for the body.
//
// A loop that counts its looks is taken for a spinner on the third look that is like the one before:
// it goes on when nothing else can. A sync.Pool always gives back what was put in last, and a sync.Map is
// one critical section for each call.
package explore
