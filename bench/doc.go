// Package bench measures semaphores at the work they are used for.
//
// To benchmark your own semaphore, add one line to one of your test files:
//
//	func BenchmarkMine(b *testing.B) { bench.Run(b, impls.Of("mine", mine.New)) }
//
// and to compare it with others, hand them over as well:
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
// Run prints configuration lines (commit, cpu, kernel, gomaxprocs), the units of its own metrics,
// and a line `workload: name` before each workload, by which benchstat makes one table of each.
//
// Flags choose other workloads, and replace the parameters that they are measured with; a list
// is measured in all combinations. They are also those of semabench run, without the prefix.
// For go test they come after the package:
//
//	go test -run '^$' -bench Mine . -bench.workload=all
//	go test -run '^$' -bench Mine . -bench.workload=contended -bench.permits=1,4,16 -bench.goroutines=64
//	go test -run '^$' -bench Mine . -bench.workload=crowd,mixed -bench.hold=50,500,5000
//	go test -run '^$' -bench Mine . -bench.workload=io -bench.latency=500us,5ms
//
// Each parameter is in the names of rows, so no tool takes rows that differ in one for the same.
//
// # Workloads
//
// In a default run:
//
//   - uncontended: one goroutine takes a permit and gives it back.
//   - contended: many do. A series over goroutines with 1 permit, and one over permits with 64
//     goroutines, for curves; in a full run also 1024 goroutines on 4 and 16 permits, and 1024 permits.
//   - crowd: the same with CPU work of hold=50 or hold=5000 steps under each permit, about 100 ns and
//     10 µs; in a full run 64 and 1024 goroutines on 1, 4 and 16 permits with each.
//   - cpu: workers that compute SHA-256.
//   - io: clients of an HTTP server on loopback that answers after 1 ms.
//   - mixed: requests of many sizes, each sixteenth for all permits.
//   - readwrite: reading takes one permit, writing all.
//   - cancel: requests that are given up by others.
//   - handoff: two goroutines wake each other in turns.
//   - burst: requests come on a schedule, all at once.
//
// Only in a full run or by name:
//
//   - cpu-compress, io-files, io-sleep: more workers, that compress, read files, or wait.
//   - pool: connections to a database.
//   - timeout: requests that are given up after a while.
//   - try: nobody waits.
//
// # Metrics
//
// Three passes over fresh semaphores make one line, so that no figure pays for another. Goroutines
// wait for each other before each pass; making them is not in it.
//
// The timed pass has nothing between the workload and the semaphore:
//
//   - ns/op, ops/s: time between the ends of two operations, whoever does them; its inverse.
//   - cpu-ns/op: processor time of the whole process per operation. Where waiters spin, it
//     is far above what the work needs.
//   - vcsw/op: voluntary context switches of the process (ru_nvcsw). It counts threads that gave up
//     their core to wait in the kernel, for lack of work or in a system call. It does not count
//     goroutines that park while their thread finds another one to run. Not on Windows.
//   - B/op, allocs/op: those of package testing, which rounds down.
//
// The counted pass does a fixed number of operations, Workload.Counted, without collections, and
// whoever gets permits yields the core, so that goroutines meet:
//
//   - exact-allocs/op, exact-B/op: a fraction, not rounded: half an allocation per operation is
//     not none. The count is exact, what is counted varies a little where goroutines contend: who
//     has to wait allocates more. For the timed pass, see B/op.
//
// The recorded pass takes a quarter of the time of the timed one, with a recorder for each goroutine:
//
//   - acquire-p50-ns, p90, p99 and p99.9: how long Acquire took, granted or not. Each goroutine
//     times its first, and then one in 8 at random; the others count as those that were timed.
//     Percentiles are exact to 1 % of what was timed. A percentile of few is the longest of them:
//     p99.9 needs ten thousand operations.
//   - acquire-max-ns: the longest of all calls. It is exact if that one was timed. Else it is told
//     by the moments at which others looked at their clocks, and may be two of those short, each
//     of which is a thousandth of the pass where there are many operations.
//   - jain: Jain's index of the permits that each goroutine was granted: 1 if all got the same,
//     1/n if one of n got all. It is of this window: who has lost after 25 ms may
//     catch up in a second.
//   - longest/median-wait: the longest Acquire against the median one. Large where most
//     are served at once and somebody is not.
//   - grants/try: how many requests got their permits, where a workload lets them fail. Compare
//     times only together with it, because to refuse is quick.
//   - recorder-ns/op: what the recorder adds to an Acquire in this pass, on average over those it
//     times and those it does not, measured on a semaphore that does nothing, the least of 8 tries.
//     Where it is 25 or more, because the clock is slow, one in 16 is timed, and so on. It is in the
//     other figures of the pass, as two clock readings are in every latency.
//
// # Length
//
// A sample ([Case.Sample]) takes about 1.6 times the time it is given; [Case.Estimate] says it before.
// It is a fixed number of operations, found by a warm-up that ends in time. go test -bench looks
// for it in its own way, which takes 2 to 4 times the time, and at times 10.
//
// # Coordinated omission
//
// All workloads but burst are closed loops: a goroutine asks again when it is done. While it waits
// it does not ask, so a stall of the semaphore is seen once by each goroutine and not by the
// many requests that would have come meanwhile from outside. The percentiles answer “how long does a
// worker of this pool wait”, not “how long does a client of this server”; they are not corrected
// for it. In burst, requests have a schedule, and latencies count from when each was due, whether
// or not its goroutine was free to make it.
//
// # What this does not show
//
// go test runs one row after the other in one process, so whatever disturbs the machine meanwhile
// falls on some rows and not on others, and the samples of a row are not independent: a test may
// call two runs of the same code different. Its text says `order: sequential`. `semabench run`
// measures each sample in a process of its own, with implementations taking turns, and says
// `order: interleaved`.
//
// Percentiles, the longest wait and fairness hold what the scheduler and the machine do as well: on
// a core that others use, the longest wait is theirs. What goroutines do between operations is
// nothing, so whoever runs asks again at once: a semaphore that may be barged looks less fair here
// than in a program that does something else in between. One process, one machine: nothing here
// says how a figure grows with cores that this machine does not have.
package bench
