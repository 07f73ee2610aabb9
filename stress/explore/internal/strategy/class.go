package strategy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Class returns a text that two traces have in common exactly if one becomes the other by swapping
// neighbouring steps that do not conflict. Goroutines are called by what started them, as their
// numbers depend on who started one first.
func Class(t *schedrt.Trace) string {
	var o order
	o.of(t, len(t.Steps))
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

// stepNames names each step by its goroutine and how many that had taken.
func stepNames(t *schedrt.Trace) []string {
	var names []string
	goroutines := map[int32]string{}
	taken := map[int32]int{}
	started := map[string]int{} // by the same step
	for _, g := range births(t) {
		s := &t.Steps[g.first]
		by := "-"
		if s.Cause >= 0 {
			by = fmt.Sprint(s.Cause)
		}
		goroutines[s.G] = fmt.Sprintf("%s/%d", by, started[by])
		started[by]++
	}
	// What started a goroutine is itself called by its name, which is known by then.
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

type birth struct{ g, first int32 }

// births returns the goroutines by number, with their first steps.
func births(t *schedrt.Trace) (all []birth) {
	seen := map[int32]bool{}
	for i := range t.Steps {
		if g := t.Steps[i].G; !seen[g] {
			seen[g] = true
			all = append(all, birth{g, int32(i)})
		}
	}
	slices.SortFunc(all, func(a, b birth) int { return int(a.g - b.g) })
	return all
}
