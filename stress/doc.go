// Package stress proves or refutes a semaphore: it holds it to every clause of the contract in
// package impls, and to random programs.
//
// To test your own semaphore, add one line to one of your test files:
//
//	func TestMine(t *testing.T) { stress.Run(t, impls.Of("mine", mine.New)) }
//
// # How to run it
//
//	go test -race -run TestMine
//
//	ok  	example.org/limiter	6.012s
//
// Each clause is a subtest with the sentence that it checks; -v names them all. Two need the race
// detector: without -race they are played in a child that is built with it, unless
// -stress.instrument=false or -short. One that fails says what was seen, where the
// implementation's goroutines are, and how to see it again. This is the whole output for a
// semaphore whose Release wakes one waiter where it should wake several:
//
//	--- FAIL: TestLimiter/C18-release-admits-all (0.02s)
//	    limiter: FAIL: C18 release-admits-all: “Release(k) admits every waiter that fits.”
//	        stress/liveness.go:92: Acquire(1) still waits
//	        goroutine 2639 [select (durable), synctest bubble 18]:
//	        example.org/limiter.(*Limiter).Acquire(0xc0002a1280, {0xab56e0, 0xe5b640}, 0x1)
//	            /home/you/limiter/limiter.go:34 +0xd2
//	    replay: go test -race -run '^TestLimiter$/^C18-release-admits-all$'
//
// # Random programs
//
// What no clause thought of is looked for by programs that are drawn from a seed: several workers
// that acquire, try, release, hand over, rest and are cancelled. R1 watches them while they
// run: never more held than the size, every result right, nobody waiting who could be
// served, all permits back in the end. C34 takes shorter ones, writes down when each call began
// and returned, and asks whether there is an order in which they could have taken effect one
// after the other: linearizability, by the search of github.com/anishathalye/porcupine against a
// model in which a wait is two events, its request and its grant. Who was seen to be blocked had
// made its request by then, which is how order in line is judged.
//
// A program that fails is shrunk and told with its history, a column for each goroutine, time
// downwards. The semaphore above again, of whose 4 workers and 89 operations this was left:
//
//	--- FAIL: TestLimiter/R1-random (5.36s)
//	    limiter: FAIL: R1 random: “Whatever programs do, C1, C2, C5, C6, C8, C9, C14, C16, C17 and C22 hold.”
//	        stress/perform.go:79: C17 no-lost-wakeup: nothing can move any more, and
//	        worker 1 waits in Acquire(1): could be served
//	        1 of 2 permits are free
//	        goroutine 71233 [select (durable), synctest bubble 8987]:
//	        example.org/limiter.(*Limiter).Acquire(0xc0000ac300, {0xab5800, 0xc0002980f0}, 0x1)
//	            /home/you/limiter/limiter.go:34 +0xd2
//	        program: 2: a2 w | a1 | a1 w
//	        drawn from seed 113829946 with 4 workers and 89 operations; after 8670 tries to shrink it, it has 3 and 5, and fails in 10 of 52 runs
//	          worker 0           worker 1    worker 2
//	          Acquire(2) = nil
//	                                         Acquire(1)
//	                             Acquire(1)
//	          --- nothing can move any more
//	          Release(2) = done
//	                                         = nil
//	          --- nothing can move any more
//	          --- here it was seen to be wrong
//	    replay: go test -race -run '^TestLimiter$/^R1-random$' -stress.program='2: a2 w | a1 | a1 w'
//
// That is a semaphore of size 2, a worker that acquires 2 permits and rests until nothing can move,
// and two that acquire 1. The letters: a acquire, b the same with context.Background, c with a
// cancellation, y with a cancellation and a ctx whose methods yield, d with a ctx that is done,
// t try, r release, h have another goroutine release, w rest; then the permits, and after a
// dot how many yields the permits are held, or the cancellation comes late. A history that is
// not linearizable is also drawn, as a page to open in a browser, whose path is printed.
//
//	-stress.ops=N         operations to run, 100000 by default; C34 runs a tenth
//	-stress.time=D        run for so long instead, R1 and C34 each
//	-stress.seed=S        play the program of this seed again and again
//	-stress.program=P     play this one again and again
//	-stress.out=DIR       where pictures go, the system's folder for temporary files by default
//	-stress.instrument=B  false: leave the clauses that need -race unknown without it
//
// [Fuzz] lets the fuzzer of the go command write the programs. The command semabench has a verb
// stress, which plays them for hours and keeps what fails; [Campaign] is what it is made of.
//
// # How it knows
//
// That a goroutine is blocked is observed, not slept for: a clause runs in a testing/synctest
// bubble and looks when nothing in it can move any more. That takes waiters that are parked on
// channels or a sync.Cond of their own semaphore. Of all others the implementation has to say
// so; they are watched from outside by counted yields, which can miss a waiter that
// returns too early and refutes nobody wrongly:
//
//	impl := impls.Of("mine", mine.New)
//	impl.Waits = impls.Elsewhere // or Spinning
//	stress.Run(t, impl)
//
// This goes for waiters that spin, sleep and look again, wait in a sync.Mutex or in the kernel;
// for waiter channels in a sync.Pool that all semaphores share; and for a goroutine that New
// starts and no Close method ends. Undeclared, the first three fail with “still waits” or
// “nothing moved”, and of the others the Go runtime may end the test process itself:
//
//	fatal error: select on synctest channel from outside bubble
//
// Likewise impl.Order = impls.FIFO, or Barging, makes the checks of order sharper.
//
// A verdict is pass, fail or unknown. Unknown is a skipped subtest that says what was missing.
//
// # What this does not show
//
// A pass is the absence of a counterexample. Schedules are those that the Go scheduler happened to
// choose, on this machine, this time; they are not enumerated. A window of a few instructions may
// stay shut for 10000 programs. Order in line is judged only between waiters of which one was seen
// to be blocked before the other called, and starvation only where its absence is promised.
// The race detector counts for the whole process: a race of another test that runs in
// parallel is held against the clause being played.
package stress
