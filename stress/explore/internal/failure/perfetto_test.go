package failure_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// A trace has a slice for each step, on a track with a name; slices of one track do not overlap, and each
// arrow has two ends. Viewers drop what breaks one of these rules without a word.
func TestTrace(t *testing.T) {
	for _, name := range append(samples(t), "hostile", "crowd") {
		s := read(t, name)
		var b strings.Builder
		if err := s.WriteTrace(&b); err != nil {
			t.Fatal(err)
		}
		var trace struct {
			TraceEvents []struct {
				Name, Cat, Ph         string
				Ts, Dur, Pid, Tid, ID int
			}
		}
		if err := json.Unmarshal([]byte(b.String()), &trace); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		named, till, ends := map[int]bool{}, map[int]int{}, map[int]string{}
		steps := 0
		for _, e := range trace.TraceEvents {
			switch e.Ph {
			case "M":
				named[e.Tid] = true
			case "X":
				if e.Cat != "wait" {
					steps++
				}
				if !named[e.Tid] || e.Pid == 0 {
					t.Errorf("%s: %q is on track %d, which has no name", name, e.Name, e.Tid)
				}
				if e.Ts < till[e.Tid] || e.Dur <= 0 {
					t.Errorf("%s: %q begins at %d, and the slice before ends at %d", name, e.Name, e.Ts, till[e.Tid])
				}
				till[e.Tid] = e.Ts + e.Dur
			case "s", "f":
				ends[e.ID] += e.Ph
			}
		}
		if steps != len(s.Steps) {
			t.Errorf("%s: %d slices for %d steps", name, steps, len(s.Steps))
		}
		for id, both := range ends {
			if both != "sf" {
				t.Errorf("%s: arrow %d has the ends %q", name, id, both)
			}
		}
	}
}
