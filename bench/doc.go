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
// # How to run it
//
//	go test -run '^$' -bench Mine -count 6 | tee new.txt
//	benchstat -col /impl new.txt
//
// Run prints configuration lines (commit, cpu, kernel, gomaxprocs), the unit of its own metric,
// and a line `workload: name` before each workload, by which benchstat makes one table of each.
// Beside the time per operation there is cpu-ns/op, the processor time per operation of the whole
// process: where waiters spin, it is far above what the work needs.
//
// The benchmarks of the implementations of this module:
//
//	go test -run '^$' -bench . ./bench
//
// # What this does not show
//
// go test runs one row after the other in one process, so whatever disturbs the machine meanwhile
// falls on some rows and not on others, and the samples of a row are not independent: a test may
// call two runs of the same code different. Its text says `order: sequential`. `semabench run`
// measures each sample in a process of its own, with implementations taking turns, and says
// `order: interleaved`.
// No workload here shows how fair a semaphore is or how long the unlucky wait.
package bench
