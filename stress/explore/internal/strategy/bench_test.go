package strategy_test

import (
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/sched"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
)

// One schedule of 3 goroutines with 11 operations each, drawn at random and recorded.
func BenchmarkSchedule(b *testing.B) {
	for name, search := range map[string]func() strategy.Search{
		"random": func() strategy.Search { return strategy.NewRandom(1) },
		"pct3":   func() strategy.Search { return strategy.NewPCT(3, 1) },
		"pos":    func() strategy.Search { return strategy.NewPOS(1) },
		"usual":  func() strategy.Search { return &strategy.Replay{} },
	} {
		b.Run("strategy="+name, func(b *testing.B) {
			x := sched.New(sched.Limits{})
			defer x.Close()
			recorder := &strategy.Recorder{Search: search()}
			var word atomic.Int64
			adds := func() {
				for range 11 {
					word.Add(1)
				}
			}
			program := func() { together(adds, adds, adds) }
			for b.Loop() {
				recorder.Begin(x)
				x.Play(recorder, program)
				recorder.Done(x)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
		})
	}
}
