package observe

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// edges returns, for each step of the report, the steps of other goroutines that happen before it,
// without the edges that follow from other edges: the transitive reduction of the order. It goes
// through the steps with vector clocks, whose entries are the last steps of each goroutine that
// happened before. All edges would be quadratic in the steps, and a drawing of them unreadable. A
// step that is reached through another one is skipped: its number is not above the entry of the
// clock for its goroutine. That is why conflicting returns the latest first.
//
// Conflicts and causes make the order, as in the reduction of a search. So a reader sees why two
// schedules count as one or as two.
func (t *translator) edges() map[int][]int {
	edges := map[int][]int{}
	clocks := make([]map[int32]int, len(t.trace.Steps)) // of each step
	last := map[int32]int{}
	for i := t.from; i < t.till; i++ {
		s := &t.trace.Steps[i]
		clock := map[int32]int{}
		if own, ok := last[s.G]; ok {
			joinClock(clock, clocks[own])
		}
		// The latest step first: it makes edges from the steps before it needless.
		for _, b := range t.conflicting(i) {
			g := t.trace.Steps[b].G
			if at, ok := clock[g]; ok && at >= b {
				continue
			}
			edges[i] = append(edges[i], b)
			joinClock(clock, clocks[b])
		}
		clock[s.G] = i
		clocks[i], last[s.G] = clock, i
	}
	return edges
}

// conflicting returns the earlier steps of other goroutines that a step comes after, the latest
// first: the step that caused it, and those with a conflicting access to an object. It compares
// each step with all before it: with at most 400 steps that costs less than the source does.
func (t *translator) conflicting(i int) (before []int) {
	s := &t.trace.Steps[i]
	if cause := int(s.Cause); cause >= t.from && t.trace.Steps[cause].G != s.G {
		before = append(before, cause)
	}
	for _, a := range t.trace.Accesses(s) {
		for b := i - 1; b >= t.from; b-- {
			if t.trace.Steps[b].G != s.G && t.touches(b, a) {
				before = append(before, b)
			}
		}
	}
	slices.Sort(before)
	before = slices.Compact(before)
	slices.Reverse(before)
	return before
}

// touches reports whether a step has an access that conflicts with a.
func (t *translator) touches(step int, a schedrt.Access) bool {
	for _, other := range t.trace.Accesses(&t.trace.Steps[step]) {
		if other.Object == a.Object && schedrt.Conflict(other.Mode, a.Mode) {
			return true
		}
	}
	return false
}

// joinClock sets each entry of into to the later one of both. A missing entry means "no step yet",
// which 0 would not: 0 is the first step.
//
// into belongs to the step at hand; from is the finished clock of an earlier step and stays as
// it is.
func joinClock(into, from map[int32]int) {
	for g, at := range from {
		if was, ok := into[g]; !ok || at > was {
			into[g] = at
		}
	}
}
