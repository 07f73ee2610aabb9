package strategy_test

import (
	"fmt"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
)

// turns lets the goroutines take one step each, in a circle, so that every step is a switch.
type turns struct{ strategy.Replay }

func (turns) Pick(p *schedrt.Point) int {
	for i, g := range p.Enabled {
		if p.Last == nil || g.ID > p.Last.ID {
			return i
		}
	}
	return 0
}

func (turns) Done(*schedrt.Exec) bool { return true }

// BenchmarkSchedule plays a schedule of 3 goroutines with 11 operations each, with a recorder, and
// with either way to hand over. With turns, each of the 33 operations is a switch; with random, two
// in three are. Under the race detector the engine has to be built without it, as it is used:
//
//	go test -run '^$' -bench Schedule -cpu 1 ./stress/explore/internal/strategy
//	go test -race -gcflags 'github.com/semabench/semabench/stress/explore/schedrt=-race=false -l' …
func BenchmarkSchedule(b *testing.B) {
	for _, s := range []struct {
		name string
		make func() strategy.Search
	}{
		{"turns", func() strategy.Search { return &turns{} }},
		{"random", func() strategy.Search { return strategy.NewRandom(1) }},
		{"pct3", func() strategy.Search { return strategy.NewPCT(3, 1) }},
		{"pos", func() strategy.Search { return strategy.NewPOS(1) }},
	} {
		for _, goroutines := range []bool{false, true} {
			if schedrt.RaceEnabled && !goroutines {
				continue // the race detector does not support coroutines
			}
			b.Run(fmt.Sprintf("strategy=%s/goroutines=%v", s.name, goroutines), func(b *testing.B) {
				benchmark(b, s.make(), schedrt.Limits{Goroutines: goroutines})
			})
		}
	}
}

func benchmark(b *testing.B, search strategy.Search, limits schedrt.Limits) {
	x := schedrt.New(limits)
	defer x.Close()
	recorder := &strategy.Recorder{Search: search}
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
	if steps := len(x.Trace.Steps); steps != 33 {
		b.Fatalf("%d steps, want 33", steps)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
}
