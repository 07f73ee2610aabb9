// Package stress checks a semaphore against every clause of the contract in package impls, and runs
// random programs on it.
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
// Each clause is a subtest with the sentence that it checks; -v lists them all. Two clauses need
// the race detector. Without -race they run in a child process that is built with it, unless
// -stress.instrument=false or -short is set.
//
// A failing clause says what was observed, where the goroutines of the implementation are, and how
// to repeat it. This is the whole output for a semaphore whose Release wakes one waiter where it
// should wake several:
//
//	--- FAIL: TestLimiter/C18-release-admits-all (0.02s)
//	    limiter: FAIL: C18 release-admits-all: “Release(k) admits every waiter that fits.”
//	        stress/liveness.go:202: Acquire(1) still waits
//	        goroutine 2639 [select (durable), synctest bubble 18]:
//	        example.org/limiter.(*Limiter).Acquire(0xc0002a1280, {0xab56e0, 0xe5b640}, 0x1)
//	            /home/you/limiter/limiter.go:34 +0xd2
//	    replay: go test -race -run '^TestLimiter$/^C18-release-admits-all$'
//
// # Random programs
//
// Random programs find defects that no clause names. A program is drawn from a seed: several
// workers acquire, try to acquire, and release permits. They also release permits that another
// worker acquired, rest, and are cancelled.
//
// The check R1 watches a program while it runs. It fails if more permits are held than the size, if
// a call returns a wrong result, if a request waits that could be granted, or if a permit is
// missing in the end.
//
// The check C34 takes shorter programs and records when each call began and returned. It asks
// whether there is an order in which the calls could have taken effect one after the other. This is
// linearizability, decided by the search of github.com/anishathalye/porcupine. The model has two
// events for a wait, its request and its grant. If a call was observed to be blocked, its request
// took effect before that instant, so before all requests that were called later. That is how the
// order of grants is judged.
//
// A program that fails is shrunk. The report shows its history as a table, with a column for each
// goroutine and time downwards. For the semaphore above, this was left of 4 workers and 89
// operations:
//
//	--- FAIL: TestLimiter/R1-random (5.36s)
//	    limiter: FAIL: R1 random: “Whatever programs do, C1, C2, C5, C6, C8, C9, C14, C16, C17 and C22 hold.”
//	        stress/runner.go:99: C17 no-lost-wakeup: nothing can move any more, and
//	        worker 1 waits in Acquire(1): could be served
//	        1 of 2 permits are free
//	        goroutine 71233 [select (durable), synctest bubble 8987]:
//	        example.org/limiter.(*Limiter).Acquire(0xc0000ac300, {0xab5800, 0xc0002980f0}, 0x1)
//	            /home/you/limiter/limiter.go:34 +0xd2
//	        program: 2: a2 w | a1 | a1 w
//	        drawn from seed 113829946 with 4 workers and 89 operations; after 8670 tries to shrink it, it has 3 workers and 5 operations, and fails in 10 of 52 runs
//	          worker 0           worker 1    worker 2
//	          Acquire(2) = nil
//	                                         Acquire(1)
//	                             Acquire(1)
//	          --- nothing can move any more
//	          Release(2) = done
//	                                         = nil
//	          --- nothing can move any more
//	          --- here the failure was observed
//	    replay: go test -race -run '^TestLimiter$/^R1-random$' -stress.program='2: a2 w | a1 | a1 w'
//
// The program has a semaphore of size 2, a worker that acquires 2 permits and rests until nothing
// can move, and two workers that acquire 1 permit. These are the letters:
//
//	a  acquire                          d  acquire with a ctx that is done
//	b  acquire, context.Background      t  try
//	c  acquire, and cancel              r  release
//	y  acquire, and cancel; the ctx     h  let another goroutine release
//	   has methods that yield           w  rest until nothing can move
//
// A letter is followed by the number of permits. After a dot stands how many times the worker
// yields (lets other goroutines run) while it holds the permits, or after how many yields the
// cancellation comes.
//
// A history that is not linearizable is also drawn as a page to open in a browser; its path is
// printed.
//
//	-stress.ops=N         operations to run, 100000 by default; C34 runs a tenth
//	-stress.time=D        run for this long instead, R1 and C34 each
//	-stress.seed=S        run the program of this seed again and again
//	-stress.program=P     run this program again and again
//	-stress.out=DIR       folder for pictures; by default the system's folder for temporary files
//	-stress.instrument=B  false: the clauses that need -race stay unknown without it
//
// [Fuzz] lets the fuzzer of the go command write the programs. The verb stress of the command
// semabench runs programs for hours and saves failing programs; it uses [Campaign].
//
// # How the checks know that a goroutine is blocked
//
// No check sleeps for a time and then takes a goroutine for blocked. A clause runs in a
// testing/synctest bubble, and looks when no goroutine in the bubble can move. This is exact, but
// the waiters must be parked on channels or on a sync.Cond of their own semaphore. Other
// implementations have to declare how their waiters wait:
//
//	impl := impls.Of("mine", mine.New)
//	impl.Waits = impls.Elsewhere // or Spinning
//	stress.Run(t, impl)
//
// Their waiters are watched without a bubble: the check yields a number of times, and a call that
// has not returned by then counts as waiting. Such a check can miss a waiter that returns too early,
// and never fails a correct semaphore.
//
// Declare Waits for waiters that spin, that sleep for a time and then look again, or that wait in a
// sync.Mutex or in the kernel. Without the declaration these fail with “still waits” or “nothing
// moved”. Declare Waits also if all semaphores share waiter channels in a sync.Pool, or if New
// starts a goroutine that no Close method ends. Without the declaration, the Go runtime may end the
// test process:
//
//	fatal error: select on synctest channel from outside bubble
//
// To have the order of waiters checked, declare it by impl.Order: impls.FIFO if waiters are served
// in the order in which they began to wait, impls.Barging if every request that fits is served,
// whichever other requests wait.
//
// # Limiters of one permit
//
// A limiter with Acquire(ctx) error and Release() is checked through impls.Unit:
//
//	impl := impls.Unit("mine", func(size int64) *mine.Limiter { return mine.New(int(size)) })
//	impl.DoneContext = impls.DoneMayWin // if Acquire selects between a permit and ctx.Done()
//	stress.Run(t, impl)
//
// The clauses and the random programs then ask for one permit at a time. A check is left out if it
// needs a request of several permits, or a TryAcquire that the limiter does not have. A clause in
// which no other check is left is skipped, with that reason.
//
// A clause in impl.Defects is skipped as a declared defect. The other clauses still guard an
// implementation that is known to break this one.
//
// # If the implementation ends the process
//
// An implementation that ends its goroutine or panics fails the clause that was checked, and the
// others go on. If it ends the process, by os.Exit, log.Fatal, a panic in a goroutine of its own or
// a fatal error of the runtime, the last lines of the output name the clause and the failures so
// far:
//
//	stress: FAIL: the process ended while this clause was checked: limiter: C3 failed-try: “…”
//
// # What this does not show
//
// A verdict is pass, fail or unknown. Unknown is a skipped subtest that says what was missing. A
// pass is the absence of a counterexample.
//
// The Go scheduler of this machine chooses the schedules; they are not enumerated. A defect that
// shows only if a goroutine is preempted between two certain instructions may not show in 10000
// programs. Package explore plays all schedules of small programs.
//
// C36 looks for counters that wrap. With -race it plays too few waits for a counter of 16 bits, so
// run it without -race, too. It then makes 2^16 waits that are granted and as many that are
// cancelled, and goes on to 2^20 calls and granted waits as long as these take less than half a
// second of processor time. Counters of 32 bits that wrap are not found: to reach their end takes
// minutes of calls and hours of waits. A changed copy whose counters start near their end would
// prove nothing, because in many counters a zero has a meaning, such as an empty line. A waiter that
// compares a number of 16 bits before and after its sleep is not found either: it would have to
// sleep through 2^16 calls.
//
// The order of two requests is judged only if one was observed to be blocked before the other was
// called. Starvation is judged only where its absence is promised.
//
// The race detector counts for the whole process. A race of another test that runs in parallel
// counts against the clause that is running. C38 collects garbage and changes GOMAXPROCS while it runs, so
// tests that run in parallel with it see both. GOMAXPROCS is set back at the end. But the runtime does not
// adjust it to the limit of a container any more, as after each call of runtime.GOMAXPROCS.
//
// What the checks find is measured by 56 semaphores that are broken on purpose, 41 of them after
// bugs that were published. stress/mutants.md lists which check finds which. 92 more stand for kinds
// of input that earlier versions of the checks did not try: 69 of these had passed every check here.
//
// # Why one package of more than twenty files
//
// A clause drives a semaphore through a trial, which has its waiters, its clock and its verdict.
// The clauses of each subject have a file of their own. With a package for each subject, the trial
// would have to be exported from one more package, although only the clauses of this package use
// the trial.
package stress
