// Package explore plays every schedule of ordinary Go code, or as many as there is time for.
//
// A test that passes has seen one schedule. A test that passes a million times has mostly seen the
// same schedule a million times, because the Go scheduler seldom preempts a goroutine. The
// following test is wrong, but go test -race -count=10000 may well pass it. There is no data race
// in it either:
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
// Under the explorer, the test fails within the first schedules. One line around the test's body is
// enough. The code that the body calls, dependencies included, stays as it is:
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
//	        --- from here on every schedule fails (all 2 continuations)
//	     5  counter_test.go:15                              │                           n.Store(n.Load() + 1): n = 1
//	     6                                                  │                           wg.Done(): counter 2 → 1, ends
//	     7  counter_test.go:15                              n.Store(n.Load() + 1): n = 1
//	     8                                                  wg.Done(): counter 1 → 0, ends
//	     9  counter_test.go:17  wg.Wait()
//	    10  counter_test.go:18  n.Load() = 1
//	        counter_test.go:19  fails
//	    found in schedule 1 (random, seed 1)
//	    1 preemption, the fewest: of 2 schedules with fewer none fails like this
//	    the decision is step 4, of goroutine 2: n.Load() = 0 at stress/explore/counter_test.go:15; from there on every schedule fails (all 2 continuations)
//	    replay: go test -run '^TestCounter$' example.org/counter -explore.schedule=x2.2
//
// # Four entry points
//
// A schedule is the order in which the goroutines of a program take their steps. All four entry
// points play schedules; each answers another question:
//
//   - [Run] explores a body that you write. It is complete if the body is small: two or three
//     goroutines and some operations each. It says nothing about more goroutines or other input.
//     [Semaphore] is Run with programs for semaphores.
//   - [Tests] explores the unmodified tests of a package, and says whether a schedule of them fails.
//     It cannot notice what the tests do not check. Most tests have too many schedules to play all.
//   - [Type] needs a constructor only. It draws programs over the methods of a type, and looks for a
//     history (the calls of one schedule, with their results and their overlaps in time) that no
//     sequential order explains. It cannot notice a method that is wrong for one goroutine alone.
//   - The command “semabench explore -mutate ./pkg” asks how good the tests of a package are. It
//     breaks the synchronization of the package at one place at a time; the changed copy is called a
//     mutant. It says which mutants the tests notice, under plain go test and explored. It does not
//     recognize a mutant that is equivalent, one in which the change makes no difference.
//
// # How to read a failure
//
// Time goes down the page, and each goroutine has a column. Goroutine 0 is the body. An operation
// is written as in the source, followed by its effect. The column on the left has the position of
// each operation; its heading shows the folder, relative to the module. Where a goroutine waits or
// ends, another one continues without comment. Where a goroutine could have continued, a line says
// that it is preempted. Look at these lines first: the failure needs each of these preemptions,
// because the explorer has removed the others.
//
// The schedule that is shown is simpler than the schedule that was found. The explorer removes
// preemptions that are not needed, moves the steps of each goroutine together, and then plays all
// schedules with fewer preemptions. The line about preemptions says how many schedules it has played
// for that. If more than 20000 schedules have the same number of preemptions, or if the search takes
// more than 10 s, the line says that a schedule with fewer preemptions may exist. The search may
// exceed -explore.time by at most 4 s.
//
// The line about the decision names the step after which every schedule fails, however it goes on.
// Before this step, another choice still led to a schedule that passes. So look at the decision for
// the cause; the steps after it only show the effect. The explorer plays the continuations of the
// first steps of the schedule: “all 2 continuations” were played, up to the order of independent
// operations, and “every one of 530 tried continuations” is a sample. A failure may be another one
// than the failure that is shown. A replay has no such line. Neither has a schedule of more than 5000
// steps, nor a failure whose continuations take more than 300000 steps or 10 s.
//
// If goroutines wait, a list before the columns says for which lock, channel or event each waits,
// which goroutine holds it or could have provided it, and what became of that goroutine. The list
// also has the locks that are held at the end. For a data race the failure shows both accesses and
// their goroutines. For a history that no semaphore has, the failure shows how far the calls can be
// put in an order, and why no call can come next. A loop that would go on for ever is shown once.
//
// With -explore.page=FILE, the failure is also written as an HTML page; with go test -artifacts,
// the page is in the folder of artifacts. The page has a lane for each goroutine and the source
// beside each step. It marks the steps that had to come before a step. With the arrow keys it shows
// the state of all objects after each step.
//
// The word at the end, x2.2 in the example, is the schedule. It lists only the decisions that differ
// from the default, which is that the running goroutine continues. The flag -explore.schedule plays
// that schedule again, and so does [Replay], in any process. If the program has changed so that the
// word no longer fits, the failure names the first decision that does not fit.
//
// A schedule fails in these cases:
//
//   - The body calls t.Error or similar, or a goroutine panics. A goroutine that calls t.Log after the
//     end of the test panics. Under go test it does so if no other test of the process is left.
//   - Deadlock: the body waits for something that cannot happen any more. A deadlock is called a
//     lost wake-up if the signal came when no goroutine was waiting for it.
//   - Leak: the body has returned, and a goroutine waits for something that cannot happen any more.
//   - Livelock: every goroutine that can move spins, or sleeps and looks again, without end.
//   - The race detector reports a race. It watches every schedule if the test runs with -race.
//
// A goroutine that a timer or a ticker would wake again and again is called a daemon. A daemon that
// is left is no leak, except with -explore.nodaemons.
//
// # Semaphores
//
// To explore a semaphore, no program has to be written; [Semaphore] has them:
//
//	func TestMine(t *testing.T) { explore.Semaphore(t, impls.Of("mine", mine.New)) }
//
// Semaphore plays small programs and compares their histories with the contract of package impls.
// It begins with scenarios: programs that were chosen after published bugs, each with a
// cancellation. It ends with all programs of one call, of two calls, and so on, on semaphores of
// size 0 to 3 and MaxInt64. They have every mixture of Acquire, TryAcquire and Release with weights
// from zero to above the size, cancellations, deadlines, contexts that are done, and misuse. In some
// programs each call begins only when no goroutine can move. In others two or three calls begin at
// once. Of programs that differ only in the names of goroutines, one is played. The result says
// which programs were played:
//
//	complete: all programs of size 1, up to 4 calls one at a time, up to 3 calls with 2 at once; …
//
// Between the scenarios and these small programs come twenty directed programs. They do what a few
// calls cannot: queues of hundreds of waiters, thousands of calls in turn, requests that share a
// ctx, deadlines that do not end a ctx, sizes up to 1000, and over-releases that run at the same
// time. Each checks its own steps, in one schedule or in a few. So directed programs find defects
// and prove nothing. -explore.scenario='line of 260' plays one of them. Two scenarios in which many
// calls meet are played with them, in schedules that are drawn at random.
//
// Then come crowds: programs whose three or four calls that may wait begin at once, alone or behind a
// call that holds every permit. Of each crowd 200 schedules are drawn. That finds defects in which three
// calls meet, which the enumeration reaches late, and proves nothing either.
//
// A history passes if the model, a sequential semaphore that package stress uses too, allows it. A
// call may not wait if its request could be granted, or if its context is done. No goroutine or
// callback of the semaphore may be left.
//
// Package stress is proven by 56 mutants, semaphores that are wrong on purpose. Of the 41 from the
// literature, schedules alone refute 37, and the race detector on them three more, with a median of
// 21 schedules. The last of the 41 lets large requests starve. No scenario shows that, but a directed
// program does: it repeats a round in which a request is passed, 2000 times by the same steps. Of
// the 15 that were added later, the explorer refutes 9; the clauses of package stress refute the
// others. The file kills.md in this folder has the table.
//
// # Types
//
// For other types no test has to be written either. [Type] generates programs that call the
// exported methods of a type. The type is its own specification: for each history there must be an
// order of the same calls, one after the other, that gives the same results on a fresh value.
//
//	func TestMap(t *testing.T) { explore.Type(t, NewMap[string, int]) }
//
// Programs have two or three goroutines with one or two calls each, and up to two calls before the
// goroutines start. The smallest programs come first. Of programs that differ only in the order of
// their goroutines, one is played. Each program ends with up to six calls whose results show the
// state that the other calls have left. The result says for which numbers of goroutines and calls
// all programs were played:
//
//	all 950 programs of 2 goroutines x 1 call; 2 goroutines x 1 call after 1 call; …, over the methods Load, Store of …
//
// A failure shows the program as Go code, the results of each call, and the schedule. It also shows
// the sequential order that explains most of the results, and the calls whose results differ there.
// The options [Without], [Only], [Values], [Make], [Arguments], [Equal], [Cleanup] and [Programs]
// tell Type what the types of the methods do not say.
//
// In a sequential order, the next call begins when nothing can move. A call that waits for ever is
// right if it also waits in a sequential order of the same calls. So a deadlock fails only if the
// calls return in every order that agrees with the results so far. A panic is right if a sequential
// order has the same panic.
//
// Type compares a type with itself. A method that is wrong for one goroutine is wrong in every
// sequential order too, so Type lets it pass. The same holds for a wake-up that is lost in a
// sequential order as well: a latch that signals one of two waiters leaves the other waiting in the
// order wait, wait, done. A type that promises less than linearizability fails, for example with a
// Len that counts one shard after the other: leave that method out. If results depend on random
// numbers or on the time, the test fails and names the method. Results that depend on the order in
// which a loop visits a map do not fail, because that order is fixed.
//
// # Tests of other packages
//
// The explorer can also run the unmodified tests of a package. [Tests] explores each Test function
// with its subtests, parallel ones included, by the rules of go test: a test fails if a schedule
// fails, and goroutines that the test leaves behind do not matter. A Fuzz function is explored with
// its seeds, from F.Add and from testdata/fuzz; no new inputs are made. An Example with a comment
// for its output is explored, too: each schedule has to print that output. Benchmarks are not
// explored. [Suite] does the same without a testing.T. So does the command semabench explore, if the
// tests of the package do not import this package.
//
//	func TestSuite(t *testing.T) { explore.Tests(t, "golang.org/x/sync/errgroup") }
//
// In a suite, time passes only when nothing else can move, because tests sleep to let other
// goroutines get to a certain point. A bubble of testing/synctest is a part of the schedule: its
// clock begins in the year 2000 and passes when all of its goroutines wait, and a bubble that does
// not end is a deadlock. examples/suites shows the results for 40 packages.
//
// # What is played
//
// At first the explorer draws some schedules at random, by strategies that find most bugs soon:
// random, priorities (PCT, with depths two and three), and priorities that know which operations
// conflict (POS). Then the strategy dpor (dynamic partial-order reduction: source-DPOR with sleep
// sets) plays all schedules. Of schedules that differ only in the order of independent operations
// it plays one. When none is left, the result is “complete: all N schedules”. That is a proof that
// no schedule of this body fails. Without go test -race it is a proof only if the program has no
// data race, and the result says so.
//
// Goroutines are alike if one goroutine starts them with the same function, and the function has
// captured the same variables: the workers of a pool, for example. Nothing but their numbers tells
// them apart, so of the orders in which they begin, dpor plays one. The result then counts schedules
// “up to renaming of alike goroutines”: four workers with three jobs have 23228 instead of some
// twenty times as many. Goroutines with a number or a channel of their own are not alike. If a
// schedule draws random numbers in such a goroutine, or reads the stacks, the number of a goroutine
// may decide what it does, and dpor plays all orders after all. Under the race detector, and in
// Semaphore and Type, no goroutines are alike.
//
// If a bound is reached first, the result is unknown. The test passes, and its log names the bound.
// go test shows the log of a test that passed only with -v. So a line on the standard error names
// the bound, too, but go test shows that line only if it runs the package in the current folder, or
// if another test fails. With -explore.strict the test fails. A program that cannot be explored is
// skipped, with the reason.
//
// Go test ends the whole test binary when the time of its flag -timeout is over. An exploration that
// would take longer ends earlier, with the result unknown, or with the failure that it has found.
// The processes of an exploration end with the test binary, even if the test binary is killed.
//
//	-explore.time=D        explore for at most D, 20s by default
//	-explore.schedules=N   play at most N schedules; with Semaphore, N for each scenario
//	-explore.strict        fail if the result is unknown
//	-explore.strategy=S    use only random, pct2 or another depth, pos, dpor, or dfs
//	                       (which is dpor without its reduction), or look for starvation with starve
//	-explore.seed=S        seed of the schedules that are drawn
//	-explore.lazyclock     let time pass only when nothing else can move, instead of at any moment
//	-explore.steps=N       end a schedule after N operations; by default after 100000, or after ten
//	                       million if no schedule ends before
//	-explore.nodaemons     report every goroutine that is left
//	-explore.preemptions=N with dfs: preempt goroutines at most N times in one schedule
//	-explore.workers=N     explore with N processes, 1 by default
//	-explore.schedule=W    play this schedule only
//	-explore.noalike       play alike goroutines in every order of their beginnings, see above
//	-explore.shard=I/N     play the I-th of N shares only, and write -explore.shardfile=F
//	-explore.join=F,F      play nothing, and join the files that the shards have written
//	-explore.page=FILE     write a schedule that fails as a page; a second one goes to FILE-2
//	-explore.perfetto=FILE write it as a trace for ui.perfetto.dev, with a track for each goroutine
//	-explore.scenario=P    with Semaphore and Type: play this scenario or program only, your own, or
//	                       one from a failure
//	-explore.calls=N       with Semaphore: enumerate programs up to N calls, 5 by default; none if
//	                       -explore.schedules or -explore.strategy is given. With Type: 4 by default
//
// The command semabench explore explores on all cores, shows the progress, and has exit codes for
// builds:
//
//	$ semabench explore ./pkg -run TestCounter
//
// The schedules are cut into tasks, and the answers are merged in the order of the tasks. So the
// schedules, their number and the failure that is reported depend on the flags alone, and not on
// the number of processes or their speed, unless the time is over first.
//
// With -explore.shard, several machines share these tasks, for example the jobs of a CI. The small
// tasks at the beginning, which decide how the schedules are split, are played by all of them. With
// -explore.join, the same test merges the recorded answers and comes to the result of one process:
// the same verdict, numbers and failure. The result of one shard is unknown. The joined result is
// unknown if a shard is missing or ended too early. With -explore.strict a shard that finds no
// failure passes, because it cannot know the others; the joined result fails if it is unknown.
//
// The result also counts ordered pairs of dependent operations. A pair is two places in the source,
// of which the second was seen right after the first, on the same object and in another goroutine.
// If nothing was found in a program that is too large to play all its schedules, look at the places
// that were seen in one order only.
//
// # How it works
//
// A test binary under plain go test builds a second one, in the user's cache folder, from copies of
// the packages of the test and of the modules that they need. In the copies, all concurrent
// operations are calls of package schedrt: go statements, channels, select, sync, sync/atomic,
// context, the environment, files, pipes, expvar, and everything that waits for time or reads the
// clock. Packages log, log/slog, database/sql, net/http with httptest, httputil and cookiejar,
// crypto/tls, net/rpc, net/smtp and net/textproto are copied, too, so the locks of a logger and of
// an http.Transport are under control, and a report shows them. In other packages of the standard
// library, a method call is one step if the type of the receiver has a lock, such as token.FileSet.
// Package schedrt runs one goroutine at a time, and stops it before each such operation. Reports
// show positions in the original source, and nothing is written into your tree. The first build
// takes some seconds, and a few more if the program imports net/http. A build that was not used for
// three days is removed.
//
// Time is virtual: the earliest timer may fire at any moment, and an hour takes no real time. Steps take
// time, too: 1 µs each, and 100 ns with -explore.lazyclock. Steps count since the timer was set, or since
// another one fired. At the latest, the timer fires when these steps have taken the time that is left
// until it is due, and are 2000 or more. So a goroutine that works until a timer fires comes to its end.
//
// A goroutine that repeats the same loads while nothing changes spins; it is not run again until
// something changes.
//
// # What this does not show
//
// “Complete” is about this body, with the values that it was given. It says nothing about more
// goroutines or other input. A schedule that is longer than the bound on steps is cut off, and its
// rest is unknown.
//
// A body of more than 100000 operations is sampled: the explorer plays schedules of up to ten
// million operations, which follow the default schedule except for some hundred random preemptions.
// The result says so, is never “complete”, and counts no pairs. A smaller body of the same code
// shows more: most bugs need two goroutines and a few operations.
//
// Goroutines are preempted only at operations on shared objects. For a program without data races
// other preemptions would make no difference; run with -race to know that yours has no race. Memory
// is sequentially consistent, as Go promises to programs without data races.
//
// Each schedule begins with the package variables that a process begins with. To that end, each
// rewritten package whose variables can change is initialized again, with its init functions and the
// goroutines that these start. Those goroutines are no leak. State inside the standard library is
// not initialized again. Three parts of it get back the values that they had before the first
// schedule: exported variables that the program assigns to, the default loggers, and the
// environment. A function that registers something there for good, such as flag.Int and
// expvar.NewInt, runs once, at the start of the process. A body that calls such a function is
// refused. The default client, transport and mux of net/http are restored, so a body may call
// http.Handle.
//
// A package variable that the test sets before the first schedule, in TestMain for example, has
// that value at the beginning of every schedule. If the variable is a map or a pointer, the entries
// of the map or the fields behind the pointer are restored too. Memory that these refer to in turn
// is not restored.
// A variable that the standard library refers to, such as a driver that an init function registers,
// is not initialized again: all memory behind it is restored in place.
//
// Each failure is played once more before it is reported, as the first schedule of a fresh process.
// If it does not fail again, the result is unknown (“depends on …”), names the first operation that
// differs, and the test is skipped. A schedule that ends the process is a failure if it ends a
// fresh process as well.
//
// The body may use the testing.T of the test around it. A schedule that fails this T has failed, and
// cleanups of this T run at the end of the schedule. synctest.Test takes this T, too. Parallel
// subtests need the T that Run gives to the body.
//
// The body has to do the same under the same schedule. The explorer checks this, and names a
// difference, for example a random source with a seed from the clock. A loop over a map visits the
// keys in a fixed order, and unseeded random numbers, crypto/rand and hash/maphash are the same in
// every schedule, so bugs that need another order or other numbers are missed.
//
// Outside of the body, a loop over a map has a random order. Of calls of this package in such a loop, all from
// the second on are refused. Put t.Run around the call, or range over sorted keys.
//
// The ends of os.Pipe are files that the program reads and writes. A call that would wait in the
// kernel waits in the scheduler instead, even if package io, bufio or fmt makes the call. So a test
// can assign an end to os.Stdout. A deadline of a pipe is refused, and so is os.Pipe on systems
// other than Linux and macOS. A write to the standard output of the process is no step.
//
// Files are real. Each call of package os or of an os.Root is one step, on all files together. A
// schedule begins with an empty folder, which os.TempDir and T.TempDir return. It may change files
// there only, and read any file. Code of the standard library uses files without a step. The
// process ID is the same in every process. The name of that folder and the addresses of variables
// are not, so a program whose decisions use them depends on more than its schedule.
//
// No signal comes from other processes. A goroutine that waits for a signal is no leak. A program that
// cannot return without one is refused. A signal that the program sends to itself, by syscall.Kill or
// os.Process.Signal, comes some time later, if signal.Notify was called; otherwise it is refused.
//
// The network is in memory: tcp and udp on localhost, and Unix sockets that are streams. A
// connection has a buffer of 64 KB in each direction, and is there before it is accepted. No packet
// overtakes another one, and only a packet for a port without a socket is lost. A Unix socket makes
// no file. The types and options are the same as in package net. Functions that need a descriptor, such
// as Dialer.Control and TCPConn.File, are refused. The hooks of net/http/httptrace are called.
//
// Servers and clients of net/http play over these connections. A request and its answer take about
// 150 steps, most of them locks of net/http, so a test with a server has too many schedules to be
// complete. A handler that is called with an httptest.ResponseRecorder has few schedules. Timers of
// net/http, such as the quarter of a second in which HTTP/2 drops a connection without requests,
// fire at any moment like all timers: -explore.lazyclock lets them wait.
//
// Hosts that are not this one have no address, and addresses elsewhere are unreachable, as on a machine
// without a network. A schedule that fails after such a dial or look-up is refused, and the host is named.
// What a program would do with an answer is not shown. The explorer does not control other processes: it
// refuses a program that uses one, and names the function. It also refuses packages with
// cgo, and packages that link to the runtime's parking functions. It notices after ten seconds that
// a goroutine waits inside the standard library, or loops without an operation, and names the
// goroutine. A program with such a wait is refused: the goroutine may wait for a lock that the
// library holds while it calls code of the program.
//
// Finalizers and cleanups do not run. testing.AllocsPerRun, runtime.ReadMemStats and debug.ReadGCStats return
// zeros, because the real numbers count what the engine does, too. A schedule that fails after the program
// has read such a number, or has called runtime.GC with a finalizer set, is refused, and the
// function is named. A deadlock is reported even after such a number. runtime.Stack and
// runtime.Callers show the goroutines and functions of the program only, with the names of go test,
// so leak checks and assertion libraries work. Only the number of a function literal, as in
// TestX.func2, may differ. The clock begins on 20 May 2026, some seconds after 10:24 UTC: code could
// mistake a round time for a special one.
//
// Starvation of a goroutine, which others pass for ever although every goroutine that can move does, is only
// looked for with -explore.strategy=starve. Many right programs allow it: a loop with TryLock has no promise of
// a turn. The strategy lets the others pass one goroutine in patterns that repeat themselves, such as one step
// after each lock. A schedule fails if a turn of the same steps is repeated 1000 times, with the same local
// variables. Every goroutine that can move must do so in each turn, and others must change what
// the goroutine waits for. That is no proof that the turn is repeated for ever: two states are equal only if
// all of their memory is, and a counter on the heap may end it later. Nothing found proves nothing, so the
// result is unknown. A wait for a sync.Mutex is no starvation, as Go hands the lock over after 1 ms, and
// neither is a case that a select never takes, as Go picks at random. Bodies in which the goroutine takes a part of
// what it needs and gives it back are missed. The other strategies call such a body unknown, as its
// schedules do not end.
//
// For an implementation that promises a turn, see Impl.StarvationFree, Semaphore plays two rounds of passing
// 2000 and 800 times, with time going by; C26 of package stress plays them 10000 times. Waiters that spin are
// left to C26.
//
// Other processes play a body, so go test -cover counts no statement of it.
//
// Assembly runs as one step, and so does code that changes a lock by package unsafe.
// runtime.NumCPU is 2, and a copy of a locked lock is not locked. A goroutine that was not chosen
// for 2000 steps runs next, because Go's own scheduler starves no goroutine for ever.
//
// A loop that counts its loads counts as a spinner at the third load with the value of the load
// before. The loop continues when nothing else can move, and several such loops continue in turn. If
// nothing has changed for nine tenths of -explore.steps, and the local variables of the loop have
// the same values again and again, this is a livelock. If the local variables still change, the
// loop may be counting, and the result is unknown. The explorer does not look at counters on the
// heap: a loop that counts there for so long is named a livelock, although it ends.
//
// The same holds for a goroutine that sleeps in a loop and, between two sleeps, only reads, tries
// locks, or takes locks. It is a livelock only if no other timer is left that could let it go on. A loop
// that waits for ticks of a ticker instead stays unknown.
//
// A loop that reads nothing but the clock waits for time to pass. From the 128th read on, each read takes
// 100 ns of virtual time, and after 10000 reads more and more, so that the loop ends.
//
// A sync.Pool returns the value that was put in last, or none; the pools of the standard library
// are empty. A TryLock fails only if the lock is held; Go allows it to fail at other times, too.
// sync.Map.Range visits keys in the order of insertion. The explorer does not see the panic of a
// WaitGroup that is reused too early.
//
// When the body has returned, time passes, so that the goroutines that are left may end. Once
// sixteen timers in a row have fired and none of these goroutines has ended, the rest of the
// schedule is played in one order only, and not shown. After 256 timers in a row, goroutines that
// another timer would wake count as daemons, and so do goroutines that daemons wake again and again.
// Other goroutines that still wait are a leak after more timers. If the daemons change nothing
// meanwhile, a tenth of -explore.steps is enough, at most 10000 timers. Otherwise it takes
// -explore.steps timers, at most 100000, and ten minutes of virtual time.
//
// The same holds before the body has returned, if the body waits, but for no timer, while daemons
// run. After sixteen timers in a row that change nothing, or after 2000 timers, the rest is played
// in one order. The wait counts as a deadlock after as many timers as a leak takes, and in both
// cases not before ten minutes of virtual time. So a body that waits while a ticker counts to a
// million is a false alarm. If ten minutes take more than ten times as many timers, the result is
// unknown.
package explore
