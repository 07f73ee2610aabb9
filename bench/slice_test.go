package bench_test

import (
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
)

// A duel of two versions compares slices of the timed pass. With its environment variable set, a
// sample has no other pass: those would take longer than a slice.
func TestSliceHasOnlyTheTimedPass(t *testing.T) {
	c, impl := bench.Cases(bench.Workloads(), false)[0], impls.All()[0]
	for _, only := range []string{"", "1"} {
		t.Setenv("SEMABENCH_SLICE", only)
		// Not the shortest time: latencies are withheld if the pass that records them is cut off by other
		// work on the machine before each goroutine had its turns.
		line, err := c.Sample(impl, 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		for unit, otherPass := range map[string]bool{
			"ns/op": false, "exact-allocs/op": true, "acquire-p50-ns": true} {
			if got, want := strings.Contains(line, unit), only == "" || !otherPass; got != want {
				t.Errorf("SEMABENCH_SLICE=%q: the line has %s: %v, want %v", only, unit, got, want)
			}
		}
	}
}
