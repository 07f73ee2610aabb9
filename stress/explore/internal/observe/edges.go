package observe

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// edges returns, for each step that is told, the steps of other goroutines that happen before it and
// before no other such step: those arrows from which all of the order follows.
func (t *builder) edges() map[int][]int {
	edges := map[int][]int{}
	clocks := make([]map[int32]int, len(t.trace.Steps)) // the last step of each goroutine that is before
	last := map[int32]int{}
	for i := t.from; i < t.till; i++ {
		s := &t.trace.Steps[i]
		clock := map[int32]int{}
		if own, ok := last[s.G]; ok {
			joinClock(clock, clocks[own])
		}
		for _, b := range t.conflicting(i) { // the latest first
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

// conflicting returns the earlier steps of others that this one comes after, the latest first.
func (t *builder) conflicting(i int) (before []int) {
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

func (t *builder) touches(step int, a schedrt.Access) bool {
	for _, other := range t.trace.Accesses(&t.trace.Steps[step]) {
		if other.Object == a.Object && schedrt.Conflict(other.Mode, a.Mode) {
			return true
		}
	}
	return false
}

func joinClock(into, from map[int32]int) {
	for g, at := range from {
		if was, ok := into[g]; !ok || at > was {
			into[g] = at
		}
	}
}
