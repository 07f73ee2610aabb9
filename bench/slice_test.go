package bench_test

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
)

// What a duel compares is the timed pass; the others would take longer than a slice.
func TestSliceIsOnlyTheTimedPass(t *testing.T) {
	c, impl := bench.Cases(bench.Workloads(), false)[0], impls.All()[0]
	for _, only := range []string{"", "1"} {
		t.Setenv("SEMABENCH_SLICE", only)
		line, err := c.Sample(impl, shortest)
		if err != nil {
			t.Fatal(err)
		}
		for unit, beside := range map[string]bool{"ns/op": false, "exact-allocs/op": true, "acquire-p50-ns": true} {
			if got, want := strings.Contains(line, unit), only == "" || !beside; got != want {
				t.Errorf("SEMABENCH_SLICE=%q: %s is there: %v, want %v", only, unit, got, want)
			}
		}
	}
}
