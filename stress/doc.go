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
// Without -race two clauses cannot be judged and say so. Each clause is a subtest with the sentence
// that it checks. One that fails says what was seen, where the implementation's goroutines
// are, and how to see it again. This is the whole output for a semaphore whose Release
// wakes one waiter where it should wake several:
//
//	--- FAIL: TestLimiter/C18-release-admits-all (0.01s)
//	    limiter: FAIL: C18 release-admits-all: “Release(k) admits every waiter that fits.”
//	        stress/liveness.go:92: Acquire(1) still waits
//	        goroutine 1798 [select (durable), synctest bubble 18]:
//	        example.org/limiter.(*Limiter).Acquire(0x2e16475d8920, {0x81ee68, 0xb3cc80}, 0x1)
//	            /home/you/limiter/limiter.go:34 +0x98
//	    replay: go test -race -run '^TestLimiter$/^C18-release-admits-all$'
//
// Random programs (R1) are several workers that acquire, try, release, hand over, rest and are
// cancelled, drawn from a seed:
//
//	-stress.ops=N   how many operations to run, 100000 by default
//	-stress.seed=S  run the program of this seed again and again; failures print theirs
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
// choose, on this machine, this time; they are not enumerated. Histories are not checked for
// linearizability. Starvation is looked for only where its absence is promised. The race detector
// counts for the whole process: a race of another test that runs in parallel is held against the
// clause being played.
package stress
