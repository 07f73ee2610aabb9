package process_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
)

// units prints the Unit lines of the metrics in this file, once, for benchstat.
var units = sync.OnceFunc(func() {
	for _, u := range []struct{ unit, better string }{
		{"p50-ns", "lower"}, {"p99-ns", "lower"}, {"cpu-ns/op", "lower"}, {"acquired/s", "higher"},
		{"slowest/fastest", "higher"},
		{"more-threads", "lower"}, {"threads", "lower"}, {"more-B", "lower"},
	} {
		fmt.Printf("Unit %s better=%s assume=nothing\n", u.unit, u.better)
	}
})

// BenchmarkSemaphore runs the workloads of this suite on all mechanisms, and on the semaphores of
// one process for comparison. The flags of package bench choose others: -bench.workload,
// -bench.permits, -bench.goroutines.
func BenchmarkSemaphore(b *testing.B) {
	bench.Run(b, slices.Concat(impls.All(), process.All())...)
}

// BenchmarkUncontended measures Acquire and Release of a free permit. On a machine with other load,
// compare the processor time of this process, cpu-ns/op, which includes the broker's.
func BenchmarkUncontended(b *testing.B) {
	units()
	for _, impl := range slices.Concat(impls.All(), process.All()) {
		b.Run("impl="+impl.Name, func(b *testing.B) {
			sem := must2(impl.Make(1))
			ctx := context.Background()
			timed(b, func() {
				for b.Loop() {
					if err := sem.Acquire(ctx, 1); err != nil {
						b.Fatal(err)
					}
					sem.Release(1)
				}
			})
			must(b, impls.Close(sem))
		})
	}
}

// BenchmarkUncontendedChild measures the same pair in a child process, so the broker is in another
// process.
func BenchmarkUncontendedChild(b *testing.B) {
	forEachNamed(b, func(b *testing.B, s namedSem) { pairs(b, start(b, s.spec)) })
}

// pairs reports the time of one Acquire and Release in a child.
func pairs(b *testing.B, c *child) {
	var took []time.Duration
	for b.Loop() {
		const rounds = 200
		answer, err := strconv.ParseInt(c.do("pairs %d", rounds), 10, 64)
		must(b, err)
		took = append(took, time.Duration(answer/rounds))
	}
	report(b, took)
}

// timed reports the processor time of a loop besides its elapsed time.
func timed(b *testing.B, loop func()) {
	began := processorTime(b)
	loop()
	spent := processorTime(b) - began
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "cpu-ns/op")
}

func processorTime(b *testing.B) time.Duration {
	var used unix.Rusage
	must(b, unix.Getrusage(unix.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkHandoff measures the time from Release in one process to the return of Acquire in
// another process, which slept. Both processes read the same clock.
func BenchmarkHandoff(b *testing.B) {
	forEachNamed(b, func(b *testing.B, s namedSem) { handOff(b, s.open(b), start(b, s.spec)) })
}

func handOff(b *testing.B, sem process.Semaphore, waiter *child) {
	var took []time.Duration
	for b.Loop() {
		mustAcquire(b, sem, 1)
		waiter.tell("stamp 1")
		// Long enough for the waiter to sleep. Observing the waiter would keep both processors
		// awake, and the benchmark would not measure the wake-up of an idle one.
		time.Sleep(2 * time.Millisecond)
		released := clock()
		sem.Release(1)
		took = append(took, since(b, released, waiter.answer()))
	}
	report(b, took)
}

// BenchmarkKilledHolder measures the time from kill -9 of the holder to the return of Acquire in
// another process.
func BenchmarkKilledHolder(b *testing.B) {
	forEachNamed(b, func(b *testing.B, s namedSem) {
		if !s.reclaims() {
			b.Skip("the tokens of a killed process are lost")
		}
		waiter := start(b, s.spec)
		var took []time.Duration
		for b.Loop() {
			holder := start(b, s.spec)
			holder.must("acquire 1")
			waiter.tell("stamp 1")
			time.Sleep(5 * time.Millisecond) // as in BenchmarkHandoff
			killed := clock()
			holder.kill()
			took = append(took, since(b, killed, waiter.answer()))
		}
		report(b, took)
	})
}

// BenchmarkCancel measures the time from the cancellation of a waiter to the return of its Acquire.
func BenchmarkCancel(b *testing.B) {
	forEachNamed(b, func(b *testing.B, s namedSem) {
		sem := s.open(b)
		mustAcquire(b, sem, 1)
		defer sem.Release(1)
		var took []time.Duration
		for b.Loop() {
			ctx, cancel := context.WithCancel(context.Background())
			returned := make(chan int64)
			go func() { _ = sem.Acquire(ctx, 1); returned <- clock() }()
			time.Sleep(time.Millisecond) // as in BenchmarkHandoff
			cancelled := clock()
			cancel()
			took = append(took, time.Duration(<-returned-cancelled))
		}
		report(b, took)
	})
}

// BenchmarkFourProcesses lets four processes compete for one permit, and hold it for 20 µs each. It
// reports the throughput of all, and the throughput of the slowest divided by the fastest.
func BenchmarkFourProcesses(b *testing.B) {
	const processes, long = 4, 300 * time.Millisecond
	forEachNamed(b, func(b *testing.B, s namedSem) {
		var children []*child
		for range processes {
			children = append(children, start(b, s.spec))
		}
		total := make([]int, processes)
		for b.Loop() {
			for _, c := range children {
				c.tell("bench %d", long.Milliseconds())
			}
			for i, c := range children {
				n, err := strconv.Atoi(c.answer())
				must(b, err)
				total[i] += n
			}
		}
		all := 0
		for _, n := range total {
			all += n
		}
		b.ReportMetric(float64(all)/b.Elapsed().Seconds(), "acquired/s")
		b.ReportMetric(float64(slices.Min(total))/float64(slices.Max(total)), "slowest/fastest")
	})
}

// BenchmarkBlocked reports the threads and the memory that many waiting goroutines cost a process.
func BenchmarkBlocked(b *testing.B) {
	units()
	for _, goroutines := range []int{1000, 10000} {
		for _, impl := range process.All() {
			b.Run(fmt.Sprintf("goroutines=%d/impl=%s", goroutines, impl.Name), func(b *testing.B) {
				for b.Loop() {
					s := newNamed(b, impl, 1)
					sem, c := s.open(b), start(b, s.spec)
					mustAcquire(b, sem, 1)
					threads, kilobytes := c.status(b, "Threads"), c.status(b, "VmRSS")
					c.must("block %d", goroutines)
					time.Sleep(50 * time.Millisecond) // as in BenchmarkHandoff
					b.ReportMetric(float64(c.status(b, "Threads")-threads), "more-threads")
					b.ReportMetric(float64(c.status(b, "Threads")), "threads")
					b.ReportMetric(float64(c.status(b, "VmRSS")-kilobytes)*1024, "more-B")
					c.kill()
					sem.Release(1)
				}
			})
		}
	}
}

// forEachNamed measures each mechanism, with a named semaphore of one permit.
func forEachNamed(b *testing.B, measure func(b *testing.B, s namedSem)) {
	units()
	for _, impl := range process.All() {
		b.Run("impl="+impl.Name, func(b *testing.B) { measure(b, newNamed(b, impl, 1)) })
	}
}

// status returns a number from /proc/PID/status of the child.
func (c *child) status(b *testing.B, field string) (n int) {
	text := must2(os.ReadFile("/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/status"))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			_, err := fmt.Sscan(rest, &n)
			must(b, err)
		}
	}
	return n
}

// since returns the time from began to the time in an answer, both of clock.
func since(b *testing.B, began int64, answer string) time.Duration {
	at, err := strconv.ParseInt(answer, 10, 64)
	must(b, err)
	return time.Duration(at - began)
}

// report reports the median and the 99th percentile of durations.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // 0 hides it: the time of a whole round has no meaning
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}
