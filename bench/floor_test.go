package bench

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

// Each step of the floor gives a row, once for all implementations, and ParseRow reads its name.
func TestFloor(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	for _, c := range Cases([]Workload{floor}, true) {
		on := c.MeasuredOn(impls.All())
		if len(on) != 1 || on[0].Name != "floor" {
			t.Errorf("step %s is measured on %d implementations, want on the floor alone", c.Step, len(on))
		}
		parsed, impl, err := ParseRow(c.Name(Floor()))
		if err != nil || impl != "floor" || parsed.Step != c.Step {
			t.Errorf("ParseRow of step %s = step %q on %q, %v", c.Step, parsed.Step, impl, err)
		}
		line, err := c.Sample(Floor(), time.Millisecond)
		if err != nil || !strings.Contains(line, "/step="+c.Step) || !strings.Contains(line, " ns/op") {
			t.Errorf("step %s: %q, %v", c.Step, line, err)
		}
	}
	if now := runtime.GOMAXPROCS(0); now != procs {
		t.Errorf("GOMAXPROCS is %d after the floor, want %d again", now, procs)
	}
}

// A workload with weights is measured on implementations that take them.
func TestWeightedWorkloadsLeaveUnitsOut(t *testing.T) {
	one, any := impls.Impl{Name: "one", UnitWeights: true}, impls.Impl{Name: "any"}
	for _, w := range Workloads() {
		on := Case{Workload: w}.MeasuredOn([]impls.Impl{one, any})
		if want := 2; !w.Weighted && len(on) != want || w.Weighted && (len(on) != 1 || on[0].Name != "any") {
			t.Errorf("workload %s is measured on %d implementations", w.Name, len(on))
		}
	}
}
