// Package bench measures semaphores at the work that programs use them for.
//
// To benchmark your own semaphore, add one line to one of your test files:
//
//	func BenchmarkMine(b *testing.B) { bench.Run(b, impls.Of("mine", mine.New)) }
//
// To compare it with the implementations of package impls, pass those as well:
//
//	bench.Run(b, append(impls.All(), impls.Of("mine", mine.New))...)
//
// A workload of your own is one value, a [Workload], for [RunWorkloads].
//
// # How to run it
//
//	go test -run '^$' -bench Mine -count 6 | tee new.txt
//	benchstat -col /impl new.txt
//
// Run prints configuration lines (commit, cpu, kernel, gomaxprocs) and the units of its own
// metrics. Before each workload it prints a line `workload: name`, so that benchstat makes a table
// of each.
//
// Lines that begin with “Unit /impl=” say what each implementation declares, whether its waiters
// sleep for example; see [WriteDeclarations]. A report recommends only implementations with the
// properties that a user needs.
//
// Flags choose other workloads, and replace the parameters that workloads are measured with. A
// flag that lists several values measures all combinations. The command semabench run has the same
// flags without the prefix. For go test they follow the package:
//
//	go test -run '^$' -bench Mine . -bench.workload=all
//	go test -run '^$' -bench Mine . -bench.workload=contended -bench.permits=1,4,16
//	go test -run '^$' -bench Mine . -bench.workload=crowd,mixed -bench.hold=50,500,5000
//	go test -run '^$' -bench Mine . -bench.workload=io -bench.latency=500us,5ms
//
// The name of a row contains every parameter. Rows with different parameters therefore never
// have the same name, and no tool mixes them up.
//
// # Workloads
//
// A default run measures:
//
//   - uncontended: one goroutine takes a permit and releases it.
//   - contended: many goroutines do the same. One series varies goroutines with 1 permit, another
//     varies permits with 64 goroutines; scaling curves need both. A full run adds 1024 goroutines
//     on 4 and 16 permits, and 1024 permits.
//   - crowd: like contended, with CPU work of hold=50 or hold=5000 steps under each permit, which
//     is about 100 ns and 10 µs. A full run has 64 and 1024 goroutines on 1, 4 and 16 permits.
//   - cpu: workers that compute SHA-256.
//   - io: clients of an HTTP server on loopback that answers after 1 ms.
//   - mixed: requests of many sizes; one in sixteen asks for all permits.
//   - readwrite: a reader takes one permit, a writer takes all.
//   - cancel: each request cancels the request before it.
//   - handoff: two goroutines wake each other in turns.
//   - burst: requests arrive on a schedule, all goroutines at once.
//
// The command semabench run also measures floor, without any semaphore: a compare-and-swap with an
// add in a bare loop, and in the loop of this package; a cache line that two cores change in turns;
// a switch between goroutines; and two goroutines that park and wake each other.
//
// A full run adds the following, and a default run has them if they are named:
//
//   - cpu-compress, io-files, io-sleep: workers that compress, read files, or sleep.
//   - pool: requests to a pool of database connections.
//   - timeout: requests that give up after 200 µs.
//   - try: TryAcquire alone, so no goroutine waits.
//
// # Metrics
//
// Three passes make one line of text. Each pass has a fresh semaphore, so no metric pays for the
// instruments of another. Before a pass, its goroutines wait for each other; creating them is not
// measured.
//
// In contended, crowd, cpu, io, mixed and readwrite, the timed and the recorded pass begin while every goroutine
// waits for a permit. Go takes the core from a goroutine after 10 ms, and if that goroutine holds a permit, the
// others queue up. A semaphore that hands its permits over in order keeps such a queue, and is slower from then on.
// A program that runs for minutes is in that state. A sample without the queue would have both states, and chance
// would decide how much of each: one row of 80 ms took 20 to 1300 ns/op.
//
// The timed pass has nothing between the workload and the semaphore:
//
//   - ns/op: wall time of the pass divided by its operations, over all goroutines together.
//   - ops/s: its inverse.
//   - ns/grant: wall time divided by the granted requests, in cancel and timeout. A refusal is
//     quick, so ns/op favours the semaphore that refuses most. Where a row has ns/grant, reports
//     compare by it.
//   - cpu-ns/op: processor time of the whole process per operation. Where waiters spin, it
//     is far above the time that the work needs.
//   - vcsw/op: voluntary context switches of the process (ru_nvcsw) per operation. It counts
//     threads that gave up their core to wait in the kernel. It does not count a goroutine that
//     parks while its thread finds another goroutine to run. Not on Windows.
//   - B/op, allocs/op: as package testing counts them, rounded down.
//
// The counting pass does a fixed number of operations, Workload.Counted, with the garbage
// collector off. It does twice as many on another semaphore and takes the difference, so what a new
// semaphore allocates once is left out. All goroutines of the row wait once for each semaphore before
// the count begins, so their first waits are left out, too. A goroutine that gets permits yields its
// core at once, so that goroutines meet:
//
//   - exact-allocs/op, exact-B/op: fractions, not rounded, so half an allocation per operation is
//     visible. The count itself is exact. The counted program varies a little under contention,
//     because goroutines that have to wait allocate more.
//
// The recorded pass lasts a quarter of the timed one, or until each goroutine had 20 operations on
// average, with a recorder for each goroutine:
//
//   - acquire-p50-ns, p90, p99 and p99.9: how long Acquire took, granted or not. Each goroutine
//     times its first call, and then one call in 8 on average, at random. A timed call stands for
//     the untimed calls around it. Percentiles are exact to 1 % of the timed calls. With few
//     operations a high percentile is the longest call: p99.9 needs ten thousand operations.
//   - acquire-max-ns: the longest of all calls. It is exact if that call was timed. An untimed call
//     is bounded from below by the clock readings of other goroutines. With many operations the
//     bound may be below the true time by two thousandths of the length of the pass. It is left out with one
//     goroutine, where no call waits.
//   - jain: Jain's index of the permits granted to each goroutine: 1 if all got the same number,
//     1/n if one of n goroutines got all. It describes the time of this pass only: a goroutine that
//     is behind after 25 ms may catch up within a second.
//   - longest/median-wait: the longest Acquire divided by the median one. It is large where most
//     calls return at once and one goroutine starves.
//   - grants/try: the share of requests that got their permits, for workloads that let requests
//     fail. Compare times only together with it, because refusing is quick.
//   - turns/goroutine: operations of each goroutine on average, only where they were fewer than 20.
//     All latencies and jain are then left out: with one turn each, all goroutines look alike, and
//     the longest wait is as long as the pass. For these metrics, take longer samples with
//     -benchtime.
//   - recorder-ns/op: the time that the recorder adds to an Acquire, averaged over timed and
//     untimed calls. It is the least of 8 measurements on a semaphore that does nothing. If it
//     reaches 25 ns because the clock is slow, one call in 16 is timed, then one in 32, and so on.
//     The other metrics of this pass include it, and every latency includes two clock readings.
//
// # Length
//
// A sample ([Case.Sample]) takes about 1.6 times the requested time; [Case.Estimate] predicts it.
// It performs a number of operations that a warm-up of bounded length determines, or fewer: the timed pass begins
// no operation after twice the requested time. Where 20
// operations of each goroutine last longer than a quarter of the requested time, the recorded pass
// lasts until they are done, at most eight times the requested time. go test -bench searches for the
// number of operations in its own way, which takes 2 to 4 times the requested time, and sometimes
// 10 times.
//
// # Coordinated omission
//
// Every workload except burst is a closed loop: a goroutine asks again when its operation is done.
// While it waits it does not ask. A stall of the semaphore is therefore seen once per goroutine.
// The many requests that would have arrived from outside in the meantime do not exist. The
// percentiles answer “how long does a worker of this pool wait”, not “how long does a client of
// this server wait”. They are not corrected for the difference. In burst, requests have a schedule.
// A latency counts from the time at which its request was due, even if the goroutine was not free
// to make it.
//
// # What this does not show
//
// go test runs one row after the other in one process. A disturbance of the machine therefore
// falls on some rows and not on others, and the samples of a row are not independent: a
// significance test may call two runs of the same code different. The text says `order:
// sequential`. The command semabench run measures each sample in a process of its own and lets
// implementations take turns; its text says `order: interleaved`.
//
// Percentiles, the longest wait and fairness include the effects of the Go scheduler and of the
// machine: on a core that other processes use, they cause the longest wait. Goroutines do nothing
// between operations, so a running goroutine asks again at once. A semaphore that admits newcomers
// before waiters looks less fair here than in a program that works in between. Every figure comes
// from one process on one machine: no metric predicts a machine with more cores.
package bench
