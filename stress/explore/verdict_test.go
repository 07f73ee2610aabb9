package explore_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

// Four goroutines that are right, with more schedules than the bounds below let be played.
func counting(t *explore.T) {
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { n.Add(1); n.Add(1); n.Add(1) })
	}
	wg.Wait()
}

// What is not complete is unknown, and says which bound came first; what is, says so.
func TestBoundsAreSaid(t *testing.T) {
	for _, c := range []struct {
		options explore.Options
		program func(t *explore.T)
		verdict explore.Verdict
		says    string
	}{
		{explore.Options{Schedules: 300}, counting, "unknown", "-explore.schedules=300"},
		{explore.Options{Time: time.Nanosecond, Schedules: 1 << 30}, counting, "unknown", "-explore.time=1ns"},
		{explore.Options{Steps: 5, Schedules: 100}, counting, "unknown", "-explore.steps=5"},
		{explore.Options{Strategy: "dfs"}, func(*explore.T) {
			var n atomic.Int64
			var wg sync.WaitGroup
			wg.Go(func() { n.Add(1) })
			wg.Wait()
		}, "pass", "complete: all "},
	} {
		r := explore.Check(t, c.options, c.program)
		if r.Verdict != c.verdict || !strings.Contains(r.Text, c.says) {
			t.Errorf("%s, %q, want %s with %q", r.Verdict, r.Text, c.verdict, c.says)
		}
	}
}
