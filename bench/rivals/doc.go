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
// Medians of 8 samples of 40 ms, all in one run, 2 cores under a load of about 20 by other
// programs. bypass and fifo are impls/semaphore, weighted is x/sync:
//
//	semabench run -impl all,rivals -samples 8 -benchtime 40ms -workload uncontended,handoff,cancel,readwrite
//
//	ns per operation        bypass  fifo  weighted  tokens  marusama  crlib-fifo  bulkhead  errgroup
//	uncontended                 24    24        48     129       172          52       144      1304
//	there and back            2084  1934      2381    1386      2035        1485      1449      3055
//	cancelled, per grant      7047  7067      7466   13753      7502        7082      7785      8088
//	readers and writers         30   806      1042       –       407         689         –         –
//
// Three rivals are the fastest in the row “there and back”, in which two goroutines wake each other
// in turns. A channel hands a token to a parked goroutine under one lock of the runtime, and
// crlib-fifo sends to a channel of its pool. impls/semaphore locks its mutex, sends to a channel,
// and reads a clock for its statistics.
//
// # What this does not show
//
// A rival that passes all checks may still have defects; see package stress. An adapter gives each
// rival the methods of impls.Semaphore. Its cost, one call of a method that the compiler may
// inline, is part of the figures.
package rivals
