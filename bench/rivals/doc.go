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
//	uncontended                       24     24        48     135       141          51       148      1286
//	64 goroutines on 1 permit         27    915      1010     620       265         692       673      1356
//	1024 goroutines on 1 permit       29   1060      1460     721       334         813       655      1596
//	64 on 4 permits, hold 5 µs      6096   6476      6528    6336      6350        6326      6406      7044
//	there and back                  1972   1863      2192    1326      1804        1446      1416      3007
//	cancelled, per grant            6824   7690      7244    7282      7403        7680      7193      7550
//	mixed weights                    163   1024      1214       –       381         842         –         –
//	readers and writers               30    845      1004       –       316         694         –         –
//
// Over the 20 rows with contention, the geometric mean of the time of x/sync is 5.6 times the time of bypass and
// 1.71 times the time of fifo. No semaphore whose waiters sleep is faster than bypass by more than the noise,
// except in two rows. In one, 64 goroutines compute while they hold the only permit: cond and marusama, which let
// newcomers barge for any time, take 0.88 and 0.91 of its time.
//
// The other one is “there and back”, in which two goroutines wake each other in turns. A channel hands a token to
// a parked goroutine under one lock of the runtime, and crlib-fifo sends to a channel of its pool.
// impls/semaphore locks its mutex, sends to a channel, and reads a clock for its statistics.
//
// # What this does not show
//
// A rival that passes all checks may still have defects; see package stress. An adapter gives each
// rival the methods of impls.Semaphore. Its cost, one call of a method that the compiler may
// inline, is part of the figures.
package rivals
