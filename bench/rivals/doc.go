// Package rivals has semaphores of other modules that a program could use instead, behind
// impls.Impl.
//
//	bench.Run(b, append(impls.All(), rivals.All()...)...)
//
// It is a module of its own, so that a program which uses the suite does not depend on them. The
// semaphore of golang.org/x/sync is not here: it is in impls.All, as weighted.
//
// # How to run it
//
//	semabench run -impl all,rivals        measures them beside the implementations of package impls
//	cd bench/rivals && go test -race      judges them by the contract
//
// # What was found
//
// Each rival declares in Impl.Defects which clauses of the contract it does not keep. The
// declarations are findings of stress.Run, in the versions of go.mod. Several are choices that the
// authors document; a program that changes its import has to know them all the same.
//
//   - marusama: no clause fails. It keeps no order, and each Release wakes every waiter, so a large
//     request can starve. Release allocates a channel whether or not a call waits.
//   - crlib-fifo: a request for more than the size is granted when no permit is held, as
//     documented: Acquire(4) of a semaphore of 1 succeeds. Acquire with a done context succeeds if
//     permits are free. A negative weight does not panic. After a recovered over-release of 3
//     permits, 5 are granted. A size of 0 is refused.
//   - tokens and bulkhead: a select between two ready channels is a coin, so Acquire with a done
//     context succeeds half of the time. Release without a permit blocks for ever and does not
//     panic. They know no weights; taking permits one by one deadlocks when two calls hold a part.
//   - errgroup: Go takes no context, so a call that waits cannot be cancelled. The permit comes
//     back after Release has returned, when the goroutine of the group has ended.
//
// # Figures
//
// Medians of 8 samples of 60 ms, all in one run on 30 November 2026, 2 cores without other work. bypass and fifo
// are impls/semaphore, weighted is x/sync:
//
//	semabench run -impl all,rivals -samples 8 -benchtime 60ms -priority
//
//	ns per operation              bypass   fifo  weighted  tokens  marusama  crlib-fifo  bulkhead  errgroup
//	uncontended                      6.4    6.4      11.4      44        70          10        49       463
//	64 goroutines on 1 permit         10    305       329     241       136         265       248       494
//	1024 goroutines on 1 permit       11    301       474     237       182         306       263       563
//	64 on 4 permits, hold 5 µs      4190   4272      4390    4334      4350        4306      4352      4535
//	there and back                   783    735       851     540       701         543       538      1022
//	cancelled, per grant            4393   4570      4756    4668      4774        4838      4650      4627
//	mixed weights                    100    399       510       –       189         355         –         –
//	readers and writers               17    282       363       –       152         255         –         –
//
// Over the 19 rows with contention, the geometric mean of the time of x/sync is 5.2 times the time of bypass and
// 1.61 times the time of fifo. An uncontended pair of bypass takes 1.40 times as long as the bare
// compare-and-swap and add of 4.6 ns. With permits held for 1 ms of I/O, 64 goroutines on 16 permits, Jain's index
// is 0.9998 with both policies, and 99.9 % of the waits are over after 8.3 ms with bypass and 7.5 ms with fifo.
//
// No semaphore whose waiters sleep is faster than bypass by more than the noise, except in two rows. In one,
// 64 goroutines compute while they hold the only permit: cond and channel take 0.86 of its time in this run, and
// channel takes 0.95 to 0.98 in six runs of this row beside bypass and fifo alone.
//
// The other one is “there and back”, in which two goroutines wake each other in turns. A channel hands a token to
// a parked goroutine under one lock of the runtime, and crlib-fifo sends to a channel of its pool.
// impls/semaphore locks its mutex, sends to a channel, and reads a clock for its statistics. It takes 1.45 times as
// long as tokens, and fifo takes 1.36 times as long.
//
// # What this does not show
//
// A rival that passes all checks may still have defects; see package stress. An adapter gives each
// rival the methods of impls.Semaphore. Its cost, one call of a method that the compiler may
// inline, is part of the figures.
package rivals
