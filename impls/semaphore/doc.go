// Package semaphore has a counting semaphore for services: weights, contexts, a bounded wait,
// resizing and statistics. It needs the standard library only.
//
// A program that uses golang.org/x/sync/semaphore changes its import, and nothing else:
//
//	sem := semaphore.NewWeighted(10)
//	if err := sem.Acquire(ctx, 1); err != nil {
//		return err // ctx was done first; nothing is held
//	}
//	defer sem.Release(1)
//
// A semaphore of [NewWeighted] lets a newcomer, a call that begins while other calls wait, pass the
// waiting calls, within a bound. Take NewWeighted unless calls must be served in the order in which
// they came; then take [NewFIFO].
// [Weighted.Resize] changes the size of a semaphore in use. [Weighted.Stats] returns counts and
// waiting times, for package expvar for example.
//
// There are no priorities. With priorities, requests of low priority could starve. Make one
// semaphore for each class of requests instead, each with its own size, and Resize them as needed.
//
// # What differs from golang.org/x/sync
//
//   - After an over-release that was recovered, the semaphore is as it was before. After the same
//     mistake, the semaphore of x/sync v0.24.0 grants more permits than its size.
//   - The order of service and the memory order are stated, and tested by package stress.
//   - A call that waits reuses the memory of an earlier waiter. It allocates only if more calls
//     wait at once than ever before.
//   - With NewWeighted, newcomers may pass waiting calls for a short time. With x/sync and NewFIFO
//     they may not.
//
// # The word
//
// The fast paths share one word, an atomic int64. The word is called open if it holds the number of
// free permits, and closed if it holds -1. While the word is closed, the free permits are counted in
// the ledger, a struct under a mutex. This encoding has three merits.
//
// Acquire compares once. Free permits are never negative, so n <= word says both that the word is
// open and that n permits are free. Release and TryAcquire compare with -1 too.
//
// Every size up to the largest int64 fits. That would fail if the word also held the weight of the
// waiters, as a negative number: two waiters of the largest weight overflow an int64.
//
// While the word is closed it does not change, because each swap of a fast path expects an open
// word. So a goroutine that holds the mutex and has closed the word is alone with all permits, and
// the slow paths can be read as sequential code. They all have one form: lock (which closes),
// change the ledger, unlock (which serves waiters, and opens if it may).
//
// Release uses compare-and-swap. An add would be one instruction less, but an over-release would
// show permits that do not exist to other goroutines before Release could see its mistake. The
// contract says that an over-release changes nothing.
//
// # When the word is open
//
// Under strict hand-off, the policy of NewFIFO, the word is open if no call waits, and no permit is
// owed to a Resize to a smaller size. All releases then come to the mutex while a call waits, and
// each gives its permits to the first in line.
//
// Hand-off alone is slow when permits are held for a short time. The permit is idle from the
// release until its new holder has been woken and scheduled. Meanwhile the running goroutines ask
// for the permit, do not get it, and stand in line as well. From then on each operation costs a
// switch of goroutines. This state is called a convoy.
//
// Bounded bypass, the policy of NewWeighted, breaks the convoy. Release does not give the permits
// to the first in line. It wakes that waiter, and opens the word with the permits inside. Until the
// waiter has the mutex, all operations are on the fast path, Release included, so the permit is in
// use all the time. When the waiter has the mutex, it takes its permits if enough are free.
// Otherwise it leaves the word closed and sleeps again. sync.Mutex does the same, with a bit for “a
// waiter is awake”. Here an open word beside a line of waiters has the meaning of that bit.
//
// The bound: when a waiter is first in line for 50 µs, or was passed 32 times, it is overdue. The
// word then stays closed, permits stay in the ledger, and newcomers stand in line, until the waiter
// has been served. Nothing reads a clock on the fast path. So calls may pass a waiter that was
// woken until the Go scheduler runs it; the scheduler bounds that time, and this package cannot.
// The bound in number decides where the clock stands still, as in a bubble of testing/synctest.
//
// Bypass ends earlier where permits are held for long. A wake-up is then a small part of the time that
// a permit is out, so hand-off costs little. Bypass would cost fairness: the goroutine that releases a
// permit is running, so it takes the permit again, turn after turn. While calls wait, the ledger counts
// the releases that come to the mutex. If a permit is held for 200 µs on average, and releases are
// 12.5 µs apart, newcomers stand in line.
//
// For shorter holds, and for releases closer together, the ledger asks how soon waiters come that were
// called. They come soon where holders sleep, for a disk or a network: the caller leaves its core to them. They
// come late where all cores compute. If a hold takes 40 times as long as the wake-up of a waiter, and 10 µs at
// least, newcomers stand in line, too. One waiter in 17 is called nevertheless, so that a change of the load
// shows. pace.go has these numbers, and their reasons. Of unfair shapes those remain in which holders that
// sleep for less than 10 µs wake up together; package time and the network poller are not that fast.
//
// # Invariants
//
// Whenever the mutex is free:
//
//  1. size + debt = held + free permits, in word or ledger. The debt is the number of permits that
//     a shrink has yet to take. It is above 0 only while no permit is free.
//  2. The first in line does not fit into the free permits of a closed word. Else unlock would
//     have served it. So no wake-up is lost: the permits that it waits for are still held, and
//     their Release comes to the mutex, because the word is closed.
//  3. If calls wait in line and the word is open, then the first in line is on its way to the mutex,
//     because it got a message or because its ctx is done. In both cases it ends in unlock, which
//     looks at the line again.
//  4. A waiter has at most one message in its channel, and none when its memory is reused. A flag
//     under the mutex says that a message was sent and the waiter has not had the mutex since. A
//     waiter whose ctx is done receives that message with the mutex held, so the message cannot wake
//     the next user of the same memory.
//
// # The transitions
//
// Each changes the word at most once, or happens under the mutex with the word closed:
//
//   - Fast Acquire and TryAcquire: open n+k to open k. Held permits grow by n. These permits were
//     kept for no waiter: while permits are kept for a waiter they are in the ledger, and the word
//     is closed.
//   - Fast Release: open k to open k+n. The comparison with the size comes before the swap, so an
//     over-release changes nothing. No waiter is missed: beside an open word, the first in line has
//     been woken. It looks at the permits after this swap, or it closes the word before, and then
//     this swap fails.
//   - Close: open k to closed, with k in the ledger. Swaps that read k before it fail.
//   - Open, in unlock: closed to open k, with nothing left in the ledger. Unlock opens only if no
//     call waits, or if the first in line has been woken.
//   - Grant (a waiter gets its permits), call (a waiter is woken without permits), leave (a waiter
//     is cancelled) and Resize change the ledger alone.
//
// A cancellation that meets a grant: both happen under the mutex. If the grant is first, Acquire
// returns nil although ctx is done by now. If the cancellation is first, the waiter has left the
// list before unlock looks for waiters to serve.
//
// # Memory order
//
// Operations of sync/atomic are sequentially consistent, and an operation that observes another one
// synchronizes after it. There are four ways from a Release to the Acquire that it enables:
//
//   - Fast to fast: both swap the word, and each swap observes the one before.
//   - Fast to slow: a goroutine with the mutex closes the word by a swap that observes the Release. The grant
//     follows under the mutex and by the message in the channel. If the goroutine finds the word closed, an
//     earlier owner of the mutex has observed the Release in its swap, and the mutex passes that on.
//   - Slow to fast: the Release had the mutex before the goroutine that opens the word, and the swap
//     of Acquire observes that store.
//   - Slow to slow: both have the mutex, one after the other.
//
// The number in an open word is the whole state that a fast path depends on. So the ABA problem does
// not arise: if a swap finds the number that was loaded, the state is the same, whatever happened in
// between. The exception is Release during a Resize, because the size is a second word; see
// [Weighted.Resize].
//
// # What was tried
//
// These figures are from one machine with 2 cores and 10 to 30 runnable threads of other programs,
// so only large differences count. They were measured with:
//
//	go test -run '^$' -bench Semaphore ./bench -bench.workload=contended
//
// At first the 50 µs counted from the beginning of the wait. With 1024 goroutines on one permit,
// every waiter was then overdue before it was first in line. The semaphore was a convoy again, at
// 4.0 µs an operation. Now the 50 µs count from the moment at which a waiter is first in line: 0.05
// to 0.08 µs an operation.
//
// Then the first in line was passed for 50 µs, however long permits were held. Holders that sleep for
// 1 ms wake up in bursts. The first Release of a burst served the first in line. All other holders of
// the burst came within the 50 µs of the next waiter, so each of them took its permit again. Half of the
// calls did not wait at all, and the others waited three times as long as with NewFIFO. The pace of
// releases ended that. In a run of 2.5 s for each figure, in turns, with a load of 24 by other programs,
// Jain's index (1 if all goroutines got the same number of permits) was, over 22 turns of each goroutine:
//
//	permits held for 1 ms               before          now             NewFIFO
//	                                    Jain    p99     Jain    p99     Jain    p99
//	32 goroutines on 2 permits          0.975   70 ms   1.000   66 ms   1.000   120 ms
//	128 goroutines on 2 permits         0.976  263 ms   1.000  129 ms   1.000   224 ms
//	64 goroutines on 4 permits          0.948  159 ms   1.000   98 ms   1.000   86 ms
//	64 goroutines on 16 permits         0.803  105 ms   1.000   28 ms   1.000   31 ms
//	128 goroutines on 16 permits        0.681  158 ms   1.000   57 ms   1.000   27 ms
//
// That rule left holds of less than 200 µs alone, and 16 permits held for 100 µs. In virtual time, where a
// waiter runs at once, Jain's index over 22 turns and the longest wait were:
//
//	permits                               before          now             NewFIFO
//	                                      Jain  longest   Jain  longest   longest
//	64 goroutines on 4, held for 50 µs    0.89  3.0 ms    1.00  0.9 ms    0.75 ms
//	64 on 16, held for 100 µs             0.73  4.8 ms    1.00  0.6 ms    0.30 ms
//	128 on 16, held for 100 µs            0.69  11.2 ms   1.00  1.4 ms    0.70 ms
//	128 on 16, held for 20 µs             0.42  3.6 ms    0.98  0.5 ms    0.14 ms
//	128 on 16, held for 5 µs              0.40  0.9 ms    0.45  0.9 ms    0.04 ms
//
// TestPromptWaitersTakeTurns plays the shapes from 50 µs on. With real sleeps of 20 µs to 199 µs, which last
// longer, the index was 0.960 to 1.000 before, in 20 shapes, and 0.996 to 1.000 now, at a load of 30. Where
// holders compute, for 1 µs to 40 µs in 9 shapes, at most 1.5 % of the calls waited, as before, so bypass stays.
//
// In the table before that one, the p99 varies with the load of the machine, the index does not. At raised
// priority, with an HTTP request of 1 ms under each of 16 permits and 64 goroutines, 99.9 % of the waits
// are over after 8.5 ms (NewWeighted) and 7.2 ms (NewFIFO), with a Jain's index of 0.9997 for both; on 4
// permits after 25.7 ms and 24.0 ms, with 0.9999 for both. Each figure is the median of 8 samples, of 60 ms
// on 16 permits and of 200 ms on 4 permits:
//
//	semabench run -impl bypass,fifo -workload io -samples 8 -benchtime 60ms -priority
//
// With permits held for 0 to 10 µs, an operation takes 0.99 to 1.08 times the processor time of before,
// 1.01 in the median of 16 rows of contended, crowd, mixed and readwrite. These are medians of 12 to 16
// pairs.
//
// Hand-off alone, which is NewFIFO, took 1.2 to 6.9 µs an operation with 64 goroutines on one
// permit. Bypass took 0.06 to 0.21 µs, a loop that spins 0.04 to 0.13 µs, and golang.org/x/sync 1.1
// to 4.8 µs.
//
// A call whose ctx is never done, such as context.Background, waits by a plain receive, and not by a
// select with a case that never comes. Two goroutines that wake each other then take 1.69 times as
// long as with a channel of tokens instead of 1.89 times (NewWeighted), and 1.41 and 1.56 in two runs
// instead of 1.74 (NewFIFO): medians of 150 pairs in one process. With a ctx that can be cancelled they
// took 1.7 and 1.5 times as long.
//
// A quarter of that time were clock readings, of about 21 ns each: three for each wait with NewWeighted, for
// the begin, the call and the answer, and two with NewFIFO. An answer that finds its permits, and no call behind
// it, now reads no clock. Without that, and without the copy of a whole waiter, NewWeighted takes 644 ns
// instead of 689 ns for two goroutines that wake each other, and NewFIFO 613 ns instead of 627 ns, with a ctx
// that can be cancelled; without cancellation 459 ns instead of 506 ns, and 429 ns instead of 447 ns. A channel of
// tokens takes 442 and 305 ns, and 517 and 385 ns if it records the waiting time, with the same two readings. These
// are 10th percentiles of 150 slices of 500 rounds, in turns in one process, on a machine with a load of 30.
// The begin of a wait and its end need a reading each, or Stats could not tell the waiting time.
//
// A loop of 1 µs to 2 µs before a call sleeps, which looks for the wake-up, was tried and lost: 3.5 µs
// for two goroutines that wake each other, instead of 0.6 µs. The goroutine that wakes another one goes
// on to wait itself, so both run on one core, and the loop keeps that core.
//
// A lock-free queue instead of the mutex was not built. It pays if many cores release at once while
// calls wait. Two designs are known. Koval, Khalanskiy and Alistarh, “CQS: A Formally-Verified
// Framework for Fair and Abortable Synchronization” (PLDI 2023), put waiters into an infinite array
// of cells; its semaphores have no weights, and its order is strict. Dice and Kogan, “Semaphores
// Augmented with a Waiting Array” (arXiv 2501.18447, 2025), hash tickets onto an array, so that
// waiters spread over cache lines; they have neither weights nor cancellation. Both remove the mutex
// as a bottleneck. Here the mutex is none, because newcomers do not lock it while the word is open.
// On machines with many cores the word itself will be the bottleneck.
//
// # Figures
//
// Medians of one run, in which all implementations took turns: 16 samples of 100 ms each, every
// sample a process of its own, 2 cores with a load of 28 by other programs, at raised priority. The
// text of that run is in git, in 8e4c115:reports/sample/bench.txt. docs/which.md has a later run,
// on a quieter machine, so its figures differ. The bare pair is a compare-and-swap and an add,
// without a semaphore:
//
//	semabench run -samples 16 -benchtime 100ms
//
//	ns per operation                    NewWeighted   NewFIFO   x/sync   a spin loop
//	uncontended (the bare pair: 22)              24        24       49            24
//	2 goroutines on 1 permit                     27        44      176            63
//	64 goroutines on 1 permit                    27      1022     1102            51
//	1024 goroutines on 1 permit                  29      1026     1530            50
//	64 goroutines on 16 permits                  44        46     1039            61
//	64 on 4 permits, hold 100 ns                135       971     1328           141
//	64 on 4 permits, hold 10 µs                6634      7190     7323          6344
//	requests of mixed weights                   168      1019     1206           223
//	readers and writers                          30       842     1010            65
//	there and back between two goroutines      2130      1935     2292          1720
//	cancelled requests, per grant              7119     10664    10374          7052
//
// The geometric mean over the 13 rows with contention, against x/sync: 13.3 times faster with
// NewWeighted, 1.88 times with NewFIFO. NewWeighted took at most 1.05 times as long as the spin
// loop in each of them. With permits held for 1 ms of I/O, the spin loop used 17 and 40 times the
// processor time of NewWeighted (16 and 4 permits). Where holders compute, both use the same,
// because the holders use all cores.
//
// That run was before the pace of releases counted, so NewWeighted was less fair with permits held for
// 1 ms than it is now: see “What was tried”. It also counted the first wait of each goroutine, which
// allocates the waiter and its channel. Further waits allocate nothing: 0.00 allocations an operation in
// every row without a ctx of its own, where x/sync has 2 to 4.
//
// An uncontended pair, called without an interface, in 600 slices of 20 000 pairs in turns with the bare
// pair and x/sync, takes 6.4 ns with context.Background and 6.7 ns with a ctx that can be cancelled. The
// bare pair takes 4.8 ns, and x/sync 11.2 and 15.0 ns. So the pair takes 1.33 and 1.41 times as long as
// the bare pair, and x/sync takes 1.77 and 2.2 times as long as the pair. These are medians of paired
// ratios. What is above the bare pair are two calls, the question whether ctx is done, and the comparison
// with the size.
//
// The interface impls.Semaphore and that question are not free for any semaphore. A compare-and-swap and an
// add behind them, with nothing else, take 5.7 ns where the bare pair takes 4.5 ns, a pair of NewWeighted
// takes 6.3 ns, and x/sync 10.7 ns: 10th percentiles of 500 slices of 5000 pairs, the same in six layouts of the
// program within 0.3 ns. So NewWeighted takes 1.1 times as long as the cheapest pair of methods. Step methods of
// workload floor measures that pair in a full run. Even it is not twice as fast as x/sync here.
//
// Tried without gain, in the same six layouts: one attempt instead of a loop, one unsigned comparison for three
// questions, panics moved out of the fast path, and the directive nosplit. To know context.Background without a
// call saves 0.5 ns; but an equal comparison of interfaces is a call, too, and takes 0.5 ns longer than Err.
// Reading the type word by package unsafe is not worth it. Release is too large to be inlined (cost 106 of 80). With
// plain atomic functions, one attempt, and the smallest int64 as the value of a closed word, its cost is still 90.
//
// Tried without gain on the slow paths of NewFIFO, in 60 to 100 slices in turns in one process, in nine shapes of
// waiting goroutines. To send the messages after the mutex is unlocked takes 0.96 to 1.07 times as long in the
// medians, while the same code twice differs by 0.89 to 1.06. To load the word before the swap that closes it takes
// 0.89 to 1.03 times. Both together take 0.95 to 1.02 times, which does not pay for twice as many schedules to explore.
// Without any clock reading the shapes take 0.75 to 0.91 times as long; so the two readings of each wait, which Stats
// needs, are the largest part that is not the channel and the scheduler.
//
// The semaphore falls short in two cases. Two goroutines that wake each other in turns (there and back)
// are slower than with the spin loop, which needs no wake-up, and than with a channel. And with
// context.Background, an uncontended pair is less than twice as fast as x/sync, see above.
//
// # Past two cores
//
// The model: a swap needs the cache line of the word in its core. Let P be the time of a pair of
// swaps on a line that is there already, and T the time to fetch the line from another core. A pair
// of Acquire and Release, each with its own load and swap, then takes between P and 4T of the
// line's time. It takes P if the line stays, 2T if each call fetches it once, and 4T if another
// core takes it between each load and its swap. The line serves one core at a time. So all cores
// together do at most one pair in that time, however many they are.
//
// Checked against two cores, in the run of “Figures”: P is 22 ns. Two goroutines that hand the line
// over and back take 90 ns in the undisturbed samples, so T is 45 ns. The model then says 22 to
// 180 ns for a pair. With a permit for each of 64 goroutines, where no call waits, a pair took
// 45 ns. That is half of 2T: a core often keeps the line for several pairs before the other core
// gets it.
//
// A core that holds a permit for the time H leaves the line alone meanwhile. So c cores keep the
// line busy when c (2T) reaches H + 2T, and more cores than 1 + H/2T gain nothing. With T = 100 ns,
// as within one socket, and T = 250 ns, as between sockets (both assumed, not measured here):
//
//	cores   H below which the word is the limit
//	        T = 100 ns    T = 250 ns
//	16      3.0 µs        7.5 µs
//	64      12.6 µs       31.5 µs
//	256     51 µs         128 µs
//
// A limiter holds permits for a request to a disk or a network, which is longer. For shorter holds
// on that many cores, the free permits could be split into several words, each for a few cores, and
// be collected under the mutex before a call waits. Then one comparison would no longer be enough on
// the fast path, because a large weight may need the permits of several words. This is not built:
// no machine was there to measure its gain. The mutex follows the same model, but only calls that
// wait come to it.
//
// # What was checked
//
// Package stress checks the contract, and its explorer the schedules of semaphore programs, of both
// policies. The tests of this package add Resize. They play every schedule of 44 programs of at most
// three calls at once, for both policies. One or two users acquire, try or are cancelled, one or two
// goroutines resize, and held permits are released. With one pass as the bound of bypass, the programs
// reach hand-off. Programs of four calls have too many schedules; make test-long plays 2000 of each. At random,
// 399 832 schedules of the 92 programs of four calls passed, for both policies together:
//
//	SEMABENCH_LONG=1 go test -run TestEnumeratedAtRandom -v -timeout 5h ./impls/semaphore -resize.random=400000
//
// TestStorm lets 16 goroutines acquire weights 1 to 5 of 5 permits, try, and cancel each other. At most 5
// permits were held at any time, each request for all 5 was alone, and no permit was lost, in 1000 million
// operations of NewWeighted, of which 2.3 million waited, and in 937 million operations of NewFIFO, of which
// 806 million waited. With -race it did 318 million operations of NewWeighted and 68 million of NewFIFO without a
// report, in 67 minutes on two cores with a load of 20 to 60:
//
//	go test -run TestStorm/bypass -v -timeout 3h ./impls/semaphore -storm.operations=1000000000
//	go test -run TestStorm/fifo -v -timeout 3h ./impls/semaphore -storm.operations=1000000000 -storm.time=67m
//	go test -race -run TestStorm/fifo -v -timeout 3h ./impls/semaphore -storm.operations=1000000000 -storm.time=67m
//
// The tests of this package judge mutants of it that a machine makes, by one small change each; then package stress
// and the explorer judge the survivors. stress/generated.md counts, under “With the tests of their package”, which
// judge refuted how many, and argues for each survivor that is equivalent:
//
//	go run ./stress/internal/generated -designs bypass -sample 300
//
// # What this does not show
//
// No measurement was made on more than two cores. The figures for more are the model above.
//
// The channels of waiters stay with the semaphore. If calls have waited inside a bubble of
// testing/synctest, the semaphore must not be used outside of that bubble: make one in each bubble.
package semaphore
