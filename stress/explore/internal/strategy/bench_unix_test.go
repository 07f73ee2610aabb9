//go:build unix

package strategy_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/sync"
)

// pool returns the body of a worker pool: jobs come over one channel, and results leave by another.
func pool(workers, jobs int) func() {
	return func() {
		in, out := make(chan int), make(chan int)
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for r := schedrt.RangeChannel(in); r.Next(); {
					schedrt.To(out).Send(2 * r.Value())
				}
			})
		}
		schedrt.Go(func() { all.Wait(); schedrt.Close(out) })
		schedrt.Go(func() {
			for j := range jobs {
				schedrt.To(in).Send(j)
			}
			schedrt.Close(in)
		})
		for r := schedrt.RangeChannel(out); r.Next(); {
			_ = r.Value()
		}
	}
}

// BenchmarkChannels plays bodies of channels under DPOR, from the beginning again when all schedules were
// played. It reports CPU time, because the machine may be shared:
//
//	go test -run '^$' -bench Channels -cpu 1 ./stress/explore/internal/strategy
func BenchmarkChannels(b *testing.B) {
	for _, c := range []struct {
		name          string
		workers, jobs int
	}{
		{"workers=2/jobs=3", 2, 3},
		{"workers=3/jobs=4", 3, 4},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := schedrt.New(schedrt.Limits{AskAlways: true})
			defer x.Close()
			program := pool(c.workers, c.jobs)
			recorder := &strategy.Recorder{Search: &strategy.DPOR{}}
			steps, before := 0, cpuTime(b)
			for b.Loop() {
				recorder.Begin(x)
				x.Play(recorder, program)
				steps += len(x.Trace.Steps)
				if !recorder.Done(x) {
					recorder.Search = &strategy.DPOR{}
				}
			}
			spent := cpuTime(b) - before
			b.ReportMetric(float64(b.N)/spent.Seconds(), "schedules/CPU-s")
			b.ReportMetric(float64(steps)/float64(b.N), "steps")
		})
	}
}

// cpuTime returns the CPU time that this process has used.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
