package gate

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// A panel shows how one row came to its verdict.
type panel struct {
	ID, Name, Verdict, Why string
	Counts                 []string
	Settle, Reproduce      string
	Profiles               []profile
	Drift                  *drift
	Layout                 *layout
}

type profile struct{ Side, Path string }

// A drift is the pairs in the order of time, each side a mark at what stands for the process and a line
// over the middle half of its slices, which are slower: what stands for a process are fast ones. What both sides share is the machine's; what only one has is not.
type drift struct {
	Words                                  string
	OldMarks, NewMarks, OldLines, NewLines string // paths in a box of boxWidth × boxHeight
}

// A layout is the ratio of each pair, in ascending order: each pair has code layouts of its own,
// so a ratio that rests on a few of them is the luck of the linker.
type layout struct {
	Words, Marks                 string
	One, Ratio, MarginY, MarginH float64
}

const boxWidth, boxHeight = 600, 120

func newPanel(r *Report, j *Judged, id string) panel {
	p := panel{ID: id, Name: shown(cut(j.ID, 300)), Verdict: r.label(j), Why: cut(j.why(), 2000),
		Reproduce: shown(cut(j.Row.Reproduce, 2000))}
	for _, c := range j.Counts {
		p.Counts = append(p.Counts, shown(fmt.Sprintf("%s: %s", c.Verdict, c.Why)))
	}
	for _, f := range []profile{{"old", j.Row.OldProfile}, {"new", j.Row.NewProfile}} {
		if f.Path != "" {
			p.Profiles = append(p.Profiles, f)
		}
	}
	if j.Time == nil {
		return p
	}
	if n := j.Time.Needs; n > 0 {
		p.Settle = fmt.Sprintf("About %d pairs would settle it; it had %d.", n, j.Time.Pairs)
	}
	if pairs := j.deciding(); len(pairs) > 1 {
		p.Drift, p.Layout = newDrift(pairs), newLayout(pairs, j.Time)
	}
	return p
}

func (p panel) size() int {
	size := 900
	for _, s := range append([]string{p.Name, p.Why, p.Reproduce}, p.Counts...) {
		size += len(template.HTMLEscapeString(s))
	}
	if p.Drift != nil {
		size += len(p.Drift.OldMarks) + len(p.Drift.NewMarks) + len(p.Drift.OldLines) +
			len(p.Drift.NewLines) + len(p.Layout.Marks) + 600
	}
	return size
}

// quartiles are those of the slices, or the median alone if they were not kept.
func quartiles(median float64, parts []float64) (low, high float64) {
	if len(parts) < 4 || slices.Min(parts) <= 0 { // no place on a logarithmic scale
		return median, median
	}
	sorted := slices.Sorted(slices.Values(parts))
	return sorted[len(sorted)/4], sorted[len(sorted)-1-len(sorted)/4]
}

func newDrift(pairs []Pair) *drift {
	inTime := slices.Clone(pairs)
	slices.SortStableFunc(inTime, func(a, b Pair) int { return cmp.Compare(a.At, b.At) })
	low, high := math.Inf(1), 0.
	for _, p := range inTime {
		oldLow, oldHigh := quartiles(p.Old, p.OldSlices)
		newLow, newHigh := quartiles(p.New, p.NewSlices)
		low, high = min(low, oldLow, newLow), max(high, oldHigh, newHigh)
	}
	d := &drift{Words: fmt.Sprintf("%s in the order of time, from %s at the bottom to %s at the top.",
		plural(len(pairs), "pair"), nanoseconds(low), nanoseconds(high))}
	y := logarithmic(low, high)
	step := boxWidth / float64(len(inTime))
	var oldMarks, newMarks, oldLines, newLines strings.Builder
	for i, p := range inTime {
		x := step * (float64(i) + 0.35)
		mark(&oldMarks, &oldLines, x, y, p.Old, p.OldSlices)
		mark(&newMarks, &newLines, x+step*0.3, y, p.New, p.NewSlices)
	}
	d.OldMarks, d.NewMarks = oldMarks.String(), newMarks.String()
	d.OldLines, d.NewLines = oldLines.String(), newLines.String()
	return d
}

// dot is a line of hardly any length, drawn by its ends. Of no length at all, square ends have no
// direction, and printed pages leave them out.
const dot = "M%.1f %.1fh.01"

// mark adds a point and the line through it.
func mark(marks, lines *strings.Builder, x float64, y func(float64) float64, median float64,
	parts []float64) {
	fmt.Fprintf(marks, dot, x, y(median))
	if low, high := quartiles(median, parts); low < high {
		fmt.Fprintf(lines, "M%.1f %.1fV%.1f", x, y(low), y(high))
	}
}

// logarithmic maps low to high onto the height of a box, upwards.
func logarithmic(low, high float64) func(float64) float64 {
	const edge = 6.
	width := math.Log(high / low)
	return func(v float64) float64 {
		if width == 0 {
			return boxHeight / 2
		}
		at := math.Log(v/low) / width
		return boxHeight - edge - (boxHeight-2*edge)*min(1, max(0, at))
	}
}

func newLayout(pairs []Pair, t *Timing) *layout {
	ordered := slices.SortedStableFunc(slices.Values(pairs), func(a, b Pair) int {
		return cmp.Compare(a.New/a.Old, b.New/b.Old)
	})
	first, last := ordered[0], ordered[len(ordered)-1]
	low, high := first.New/first.Old, last.New/last.Old
	l := &layout{Words: fmt.Sprintf("Ratios of the pairs, ascending: from ×%s (layout seeds %d old, "+
		"%d new) to ×%s (%d old, %d new).", ratio(low), first.OldLayout, first.NewLayout,
		ratio(high), last.OldLayout, last.NewLayout)}
	y := logarithmic(min(low, 1/(1+t.Margin)), max(high, 1+t.Margin))
	step := boxWidth / float64(len(ordered))
	var marks strings.Builder
	for i, p := range ordered {
		fmt.Fprintf(&marks, dot, step*(float64(i)+0.5), y(p.New/p.Old))
	}
	round := func(v float64) float64 { return math.Round(v*10) / 10 }
	l.Marks, l.One, l.Ratio = marks.String(), round(y(1)), round(y(t.Ratio))
	l.MarginY = round(y(1 + t.Margin))
	l.MarginH = round(y(1/(1+t.Margin)) - y(1+t.Margin))
	return l
}
