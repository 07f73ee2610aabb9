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
//	        stress/liveness.go:75: Acquire(1) still waits
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
// bubble and looks when nothing in it can move any more. Implementations whose waiters are not
// parked declare so (see impls.Waits) and are watched from outside by counted yields.
// That can miss a waiter that returns too early. It refutes nobody wrongly.
//
// A verdict is pass, fail or unknown. Unknown is a skipped subtest that says what was missing.
//
// # What this does not show
//
// A pass is the absence of a counterexample. Schedules are those that the Go scheduler happened to
// choose, on this machine, this time; they are not enumerated. Histories are not checked for
// linearizability. Starvation is not looked for. An implementation that spins where it
// declared to park is given up after half a minute for each clause.
package stress
