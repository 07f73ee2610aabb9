package strategy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Class returns a text that names the class of a trace: two traces have the same text exactly if
// one becomes the other by swapping neighbouring steps that do not conflict. Tests compare DPOR
// with DFS by it.
//
// Goroutines are named after the step that started them. Their numbers would not do, because they
// depend on the order in which independent steps start goroutines.
//
// It is as expensive as it is simple, and only tests call it: it must not share a mistake with
// DPOR.
func Class(t *schedrt.Trace) string {
	var o happensBefore
	o.compute(t, len(t.Steps))
	names := stepNames(t)
	var lines []string
	for i, s := range t.Steps {
		line := fmt.Sprintf("%s %d %d:", names[i], s.Kind, s.Choice)
		var before []string
		for _, last := range o.clocks[i] {
			if last > 0 {
				before = append(before, names[last-1])
			}
		}
		slices.Sort(before)
		lines = append(lines, line+" "+strings.Join(before, " "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// stepNames names each step by its goroutine and by the number of earlier steps of that goroutine.
//
// A name made of the path from the first goroutine is the same in every schedule of a class.
func stepNames(t *schedrt.Trace) []string {
	var names []string
	goroutines := map[int32]string{}
	taken := map[int32]int{}
	started := map[string]int{} // number of goroutines that a step has started so far
	for _, g := range firstSteps(t) {
		s := &t.Steps[g.step]
		by := "-"
		if s.Cause >= 0 {
			by = fmt.Sprint(s.Cause)
		}
		goroutines[s.G] = fmt.Sprintf("%s/%d", by, started[by])
		started[by]++
	}
	// Replace the index of the starting step by its name. That name is known by then, because the
	// step comes earlier.
	for i := range t.Steps {
		s := &t.Steps[i]
		if by, nth, ok := strings.Cut(goroutines[s.G], "/"); ok && by != "-" && taken[s.G] == 0 {
			goroutines[s.G] = "(" + names[s.Cause] + ")" + nth
		}
		names = append(names, fmt.Sprintf("%s.%d", goroutines[s.G], taken[s.G]))
		taken[s.G]++
	}
	return names
}

// A firstStep is the first step of a goroutine.
type firstStep struct{ g, step int32 }

// firstSteps returns the first steps of all goroutines, in the order of the goroutines' numbers.
func firstSteps(t *schedrt.Trace) (all []firstStep) {
	seen := map[int32]bool{}
	for i := range t.Steps {
		if g := t.Steps[i].G; !seen[g] {
			seen[g] = true
			all = append(all, firstStep{g, int32(i)})
		}
	}
	slices.SortFunc(all, func(a, b firstStep) int { return int(a.g - b.g) })
	return all
}
