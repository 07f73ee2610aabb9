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
//	uncontended                      6.4    6.4      11.3      44        60          10        49       417
//	64 goroutines on 1 permit         10    290       329     241       155         264       236       459
//	1024 goroutines on 1 permit       11    325       513     272       236         318       268       578
//	64 on 4 permits, hold 5 µs      4192   4263      4296    4224      4301        4430      4338      4500
//	there and back                   798    696       831     507       756         535       539      1054
//	cancelled, per grant            4348   4846      4456    4625      4940        4926      4606      4578
//	mixed weights                     98    389       529       –       178         341         –         –
//	readers and writers               16    287       343       –       163         252         –         –
//
// Over the 19 rows with contention, the geometric mean of the time of x/sync is 5.4 times the time of bypass and
// 1.66 times the time of fifo. An uncontended pair of bypass takes 1.42 times as long as the bare
// compare-and-swap and add of 4.5 ns. With permits held for 1 ms of I/O, 64 goroutines on 16 permits, Jain's index
// is 0.9999 with bypass and 0.9998 with fifo, and 99.9 % of the waits are over after 7.2 and 7.6 ms.
//
// No semaphore whose waiters sleep is faster than bypass by more than the noise, except in two rows. In one,
// 64 goroutines compute while they hold the only permit: cond and channel take 0.95 and 0.96 of its time.
//
// The other one is “there and back”, in which two goroutines wake each other in turns. A channel hands a token to
// a parked goroutine under one lock of the runtime, and crlib-fifo sends to a channel of its pool.
// impls/semaphore locks its mutex, sends to a channel, and reads a clock for its statistics. It takes 1.57 times as
// long as tokens, and fifo takes 1.37 times as long.
//
// # What this does not show
//
// A rival that passes all checks may still have defects; see package stress. An adapter gives each
// rival the methods of impls.Semaphore. Its cost, one call of a method that the compiler may
// inline, is part of the figures.
package rivals
