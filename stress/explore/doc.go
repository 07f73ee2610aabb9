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
//	    counter_test.go:19: n = 1, want 2
//	        stress/explore/     goroutine 0                 goroutine 1                 goroutine 2
//	     1  counter_test.go:15  wg.Go(func…): counter 0 → 1
//	     2  counter_test.go:15  wg.Go(func…): counter 1 → 2
//	        counter_test.go:17  waits in wg.Wait()
//	     3  counter_test.go:15                              n.Load() = 0
//	        --- goroutine 1 is preempted: it could go on
//	     4  counter_test.go:15                              │                           n.Load() = 0
//	     5  counter_test.go:15                              │                           n.Store(n.Load() + 1): n = 1
//	     6                                                  │                           wg.Done(): counter 2 → 1, ends
//	     7  counter_test.go:15                              n.Store(n.Load() + 1): n = 1
//	     8                                                  wg.Done(): counter 1 → 0, ends
//	     9  counter_test.go:17  wg.Wait()
//	    10  counter_test.go:18  n.Load() = 1
//	        counter_test.go:19  fails
//	    found in schedule 1 (random, seed 1)
//	    1 preemption, the fewest: of 2 schedules with fewer none fails like this
//	    replay: go test -run '^TestCounter$' -explore.schedule=x2.2
//
// # How to read a failure
//
// Time goes downwards and each goroutine has a column; goroutine 0 is the body. An operation is told as
// the source has it, with what came of it, and at its left stands where it is: the heading of the
// column has the folder, relative to the module. A goroutine changes without a word where one waits or
// ends. Where it could have gone on, and lost its turn, a line says that it is preempted: of these
// lines there are as few as this failure can have, and that is what to look at first.
//
// What is shown is not the schedule that was found. Turns that it does not need are left out, what each
// goroutine does is moved together, and then all schedules with fewer preemptions are played. The line
// before the last says how many those were; or, if there are more than 20000 or they take more than 10 s,
// that there may be a schedule with fewer.
//
// Before the columns stands, if somebody waits: in what, for what, who has it or could have brought it, and
// what became of those; which locks are held in the end; for a data race, both accesses and
// whose they are; for a history that no semaphore has, how far an order of the calls goes and why
// nothing can come next. A loop that goes on for ever is shown once.
//
// With -explore.page=FILE, or in the folder of go test -artifacts, the same is a page to open in a browser: with
// lanes, the source beside each step, what had to come before what, and, by the arrow keys, the state of all
// objects after each step.
//
// The word at the end is the schedule. It names only the decisions that are not the usual one, which
// is that whoever runs goes on. [Replay] plays it, and so does the flag, in any process. A word
// that does not fit the program any more says at which decision it does not.
//
// A schedule fails if the body calls t.Error or the like, if a goroutine panics, if the body waits
// for what cannot come (deadlock; lost wake-up, if it was signalled when nobody waited), if
// a goroutine is left that waits for what cannot come (leak), or if all that can move spins (livelock).
// Goroutines that a timer or a ticker would wake, over and over, are daemons and may live on; with
// -explore.nodaemons they are leaks.
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
// # Tests as they are
//
// The tests of a package, unmodified, are programs as well. [Tests] explores each of its Test functions,
// subtests and parallel ones included, by the rules of go test: it fails if a schedule does, and what it
// leaves behind is nobody's business. [Suite] does the same without a testing.T.
//
//	func TestSuite(t *testing.T) { explore.Tests(t, "golang.org/x/sync/errgroup") }
//
// In a suite time passes only when nothing else can move, as tests sleep to let others come to where they
// are going. examples/suites has what came of the tests of 26 packages.
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
//	-explore.lazyclock     time passes when nothing else can move, and not at any moment
//	-explore.steps=N       operations in one schedule, 100000 by default
//	-explore.nodaemons     no goroutine may be left
//	-explore.preemptions=N of dfs: how often a goroutine may lose its turn in one schedule
//	-explore.workers=N     processes that play, 1 by default
//	-explore.schedule=W    play this schedule only
//	-explore.page=FILE     write a schedule that fails as a page; a second one to FILE-2
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
// sync, sync/atomic, context and what waits or tells the time are calls of package schedrt, which lets
// one goroutine run at a time and stops it before each such operation. Positions are those of the
// originals; nothing is written into your tree. The first build takes some seconds. Modules in the module
// cache are copied; what no build has used for three days is removed.
//
// Time is virtual: the earliest timer may fire at any moment, and an hour takes none. A goroutine that
// looks at the same things again while nothing changes is passed over until something does.
//
// # What this does not show
//
// “Complete” is about this body, with the values that it was given: not about more goroutines, nor
// about other input. The step bound cuts a schedule, and what was cut is unknown.
//
// Goroutines are preempted at operations on something shared only. For programs without data races
// nothing is lost by this; run with -race to know that yours is one. Memory is
// sequentially consistent, which in Go is what programs without data races get.
//
// The body has to do the same under the same schedule. That is checked, and what differs is named:
// random sources that chance has seeded, and package variables that keep something from the last schedule.
// A loop over a map goes by its keys and unseeded random numbers are the same in every schedule, so
// that what other orders and other numbers would show is not seen.
//
// Not under control are the network, files, other processes, signals, io.Pipe, and channels by way of
// reflect: a program that comes to one of these is refused, by the name of the function. So are
// packages with cgo, go:linkname to where the runtime parks goroutines, and packages that start
// goroutines when they are initialized. What waits inside the standard library, or loops without an
// operation, is found after ten seconds, and named. Finalizers do not run. Assembly and what unsafe
// does to a lock are steps that nobody can interrupt. runtime.NumCPU is 2, unseeded random
// numbers are the same in every execution, and a copy of a locked lock is not locked.
//
// A goroutine that 2000 steps have passed over goes on, as under Go's own scheduler.
//
// A loop that counts its looks is taken for a spinner on the third look that is like the one before:
// it goes on when nothing else can, and several of them go on in turn. A sync.Pool gives back what was put
// in last, or nothing. A TryLock fails only if the lock is held, sync.Map.Range goes by insertion, and the
// panic of a WaitGroup that is reused too early is not seen. When the body has returned, time passes
// until nothing of what is left comes to its end any more, for sixteen timers in a row.
package explore
