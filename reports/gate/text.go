package gate

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/internal/plural"
)

// WriteText writes r for a terminal: the outcome, a table of all rows, worst
// first, and an explanation of every row that is not quiet.
func WriteText(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w) // keeps the first error until Flush
	fmt.Fprintf(out, "gate: %s: %s (exit %d)\n", r.outcome(), r.totals(), r.Exit())
	fmt.Fprintf(out, "old: %s\nnew: %s\n", r.Old.text(), r.New.text())
	for _, f := range r.Facts {
		fmt.Fprintf(out, "%s: %s\n", printable(f.Key), printable(f.Value))
	}
	writeList(out, "warning: ", r.warnings())
	writeList(out, "note: ", r.notes())
	fmt.Fprintln(out)
	writeTable(out, r)
	writeExplanations(out, r)
	writeList(out, "control ", r.controls())
	if r.Command != "" {
		fmt.Fprintf(out, "repeat: %s\n", printable(r.Command))
	}
	fmt.Fprintf(out, "%s\n", r.promise())
	return out.Flush()
}

// writeList writes lines with a prefix.
func writeList(w io.Writer, prefix string, list []string) {
	for _, line := range list {
		fmt.Fprintf(w, "%s%s\n", prefix, line)
	}
}

// writeTable writes one line for each row.
func writeTable(w io.Writer, r *Report) {
	if len(r.Rows) == 0 {
		return
	}
	var table bytes.Buffer
	tab := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "verdict\trow\tratio\t95 % interval\tmargin\tp\twould find")
	for _, j := range r.Rows {
		f := j.figures()
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.label(j), printable(j.ID), f.Ratio, f.Interval,
			f.Margin, f.P, f.MDE)
	}
	tab.Flush()
	for line := range strings.Lines(table.String()) { // tabwriter fills the last column with blanks
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	fmt.Fprintln(w)
}

// writeExplanations writes, for each row that is not quiet, why, what else
// regressed, and how to repeat it.
func writeExplanations(w io.Writer, r *Report) {
	for _, j := range r.Rows {
		if j.Verdict.quiet() {
			break // all rows after it are quiet too, because the order is worst first
		}
		fmt.Fprintf(w, "%s %s\n    %s\n", r.label(j), printable(j.ID), j.why())
		writeList(w, "    ", j.also())
		if settle := j.settle(); settle != "" {
			fmt.Fprintf(w, "    %s\n", settle)
		}
		writeFunctions(w, j)
		writeCosts(w, j)
		if j.repeatable() {
			fmt.Fprintf(w, "    repeat: %s\n", printable(j.Row.Reproduce))
		}
		for _, p := range []string{j.Row.OldProfile, j.Row.NewProfile} {
			if p != "" {
				fmt.Fprintf(w, "    profile: %s\n", printable(p))
			}
		}
		fmt.Fprintln(w)
	}
}

// rowDetails is the part of the page that shows how one row came to its verdict.
type rowDetails struct {
	ID, Name, Verdict, Why string
	Counts                 []string
	Changed                string            // how many functions differ
	Functions              []changedFunction // some of them
	MoreFunctions          int               // others
	CostsTitle             string            // explains the two fields below
	Costs                  []functionCost
	Picture                []pictureFrame
	Settle, Reproduce      string // how many pairs would decide the row; the command that repeats it
	Profiles               []profile
	Drift                  *driftPlot
	Layout                 *layoutPlot
}

// A profile is a link to a CPU profile.
type profile struct{ Side, Path string }

// A driftPlot shows the pairs in the order of time. Each side of a pair has a
// mark at its typical slice and a line over the middle half of its slices.
// Typical slices are fast ones, so the line lies above the mark. A drift that
// both sides share comes from the machine; a drift of one side does not.
//
// The fields are paths in a box of boxWidth × boxHeight.
type driftPlot struct {
	Words                                  string
	OldMarks, NewMarks, OldLines, NewLines string
}

// A layoutPlot shows the ratio of each pair, in ascending order. Each pair has code layouts of its
// own, so a ratio that a few pairs alone cause is an effect of the layout, and not of the change.
type layoutPlot struct {
	Words, Marks                 string
	One, Ratio, MarginY, MarginH float64 // heights in the box: no change, the ratio, the margin
}

const boxWidth, boxHeight = 600, 120

// newRowDetails limits every text: a hostile name must not fill the page.
func newRowDetails(r *Report, j *Judged, id string) rowDetails {
	d := rowDetails{ID: id, Name: printable(cut(j.ID, 300)), Verdict: r.label(j),
		Why: cut(j.why(), 2000)}
	if j.repeatable() {
		d.Reproduce = printable(cut(j.Row.Reproduce, 2000))
	}
	for _, c := range j.Counts {
		d.Counts = append(d.Counts, printable(fmt.Sprintf("%s: %s", c.Verdict, c.Why)))
	}
	if d.Functions, d.MoreFunctions = j.functions(); len(d.Functions) > 0 {
		d.Changed = j.functionsTitle()
	}
	if d.Costs, d.Picture = j.costs(), j.picture(); j.Row.Costs != nil {
		d.CostsTitle = j.costsTitle()
	}
	for _, f := range []profile{{"old", j.Row.OldProfile}, {"new", j.Row.NewProfile}} {
		if f.Path != "" {
			d.Profiles = append(d.Profiles, f)
		}
	}
	if j.Time == nil {
		return d
	}
	if settle := j.settle(); settle != "" {
		d.Settle = strings.ToUpper(settle[:1]) + settle[1:] + "."
	}
	if pairs := j.deciding(); len(pairs) > 1 {
		d.Drift, d.Layout = newDriftPlot(pairs), newLayoutPlot(pairs, j.Time)
	}
	return d
}

// size returns about how many bytes of the page the details take.
func (d rowDetails) size() int {
	size := 900 // of markup
	for _, s := range append([]string{d.Name, d.Why, d.Reproduce}, d.Counts...) {
		size += page.EscapedSize(s)
	}
	for _, f := range d.Functions {
		size += 40 + page.EscapedSize(f.Name) + len(f.Size)
	}
	for _, c := range d.Costs {
		size += 80 + page.EscapedSize(c.Name)
	}
	size += pictureSize(d.Picture) + 2*len(d.CostsTitle)
	if d.Drift != nil {
		size += len(d.Drift.OldMarks) + len(d.Drift.NewMarks) + len(d.Drift.OldLines) +
			len(d.Drift.NewLines) + len(d.Layout.Marks) + 600
	}
	return size
}

// middleHalf returns the quartiles of the slices. It returns the typical value
// twice if there are fewer than 4 slices, or a slice that has no place on a
// logarithmic scale.
func middleHalf(typical float64, parts []float64) (low, high float64) {
	if len(parts) < 4 || slices.Min(parts) <= 0 {
		return typical, typical
	}
	sorted := slices.Sorted(slices.Values(parts))
	return sorted[len(sorted)/4], sorted[len(sorted)-1-len(sorted)/4]
}

// newDriftPlot draws both sides on one logarithmic scale, on which equal ratios
// have equal heights.
func newDriftPlot(pairs []Pair) *driftPlot {
	inTime := slices.Clone(pairs)
	slices.SortStableFunc(inTime, func(a, b Pair) int { return cmp.Compare(a.At, b.At) })
	low, high := math.Inf(1), 0.
	for _, p := range inTime {
		oldLow, oldHigh := middleHalf(p.Old, p.OldSlices)
		newLow, newHigh := middleHalf(p.New, p.NewSlices)
		low, high = min(low, oldLow, newLow), max(high, oldHigh, newHigh)
	}
	d := &driftPlot{Words: fmt.Sprintf("%s in the order of time, from %s at the bottom to %s at the top.",
		plural.Of(len(pairs), "pair"), nanoseconds(low), nanoseconds(high))}
	y := logarithmic(low, high)
	step := boxWidth / float64(len(inTime))
	var oldMarks, newMarks, oldLines, newLines strings.Builder
	for i, p := range inTime {
		x := step * (float64(i) + 0.35) // the sides of a pair stand at 35 % and 65 % of its step
		drawProcess(&oldMarks, &oldLines, x, y, p.Old, p.OldSlices)
		drawProcess(&newMarks, &newLines, x+step*0.3, y, p.New, p.NewSlices)
	}
	d.OldMarks, d.NewMarks = oldMarks.String(), newMarks.String()
	d.OldLines, d.NewLines = oldLines.String(), newLines.String()
	return d
}

// dotPath draws a dot: a line of hardly any length, which is visible by its ends.
// A line of no length would not do: square ends then have no direction, and
// printed pages leave them out.
const dotPath = "M%.1f %.1fh.01"

// drawProcess adds the mark of one process and the line through it.
func drawProcess(marks, lines *strings.Builder, x float64, y func(float64) float64, typical float64,
	parts []float64) {
	fmt.Fprintf(marks, dotPath, x, y(typical))
	if low, high := middleHalf(typical, parts); low < high {
		fmt.Fprintf(lines, "M%.1f %.1fV%.1f", x, y(low), y(high))
	}
}

// logarithmic returns a function that maps low to the bottom and high to the top
// of the box. SVG counts downwards, so the top is the smaller number.
func logarithmic(low, high float64) func(float64) float64 {
	const edge = 6. // stays free for half a mark
	width := math.Log(high / low)
	return func(v float64) float64 {
		if width == 0 {
			return boxHeight / 2
		}
		at := math.Log(v/low) / width
		return boxHeight - edge - (boxHeight-2*edge)*min(1, max(0, at))
	}
}

// newLayoutPlot draws the ratios with the margin. The words name the seeds of the
// extreme pairs, so that their binaries can be built again.
func newLayoutPlot(pairs []Pair, t *Timing) *layoutPlot {
	ordered := slices.SortedStableFunc(slices.Values(pairs), func(a, b Pair) int {
		return cmp.Compare(a.New/a.Old, b.New/b.Old)
	})
	first, last := ordered[0], ordered[len(ordered)-1]
	low, high := first.New/first.Old, last.New/last.Old
	l := &layoutPlot{Words: fmt.Sprintf("Ratios of the pairs, ascending: from ×%s (layout seeds %d old, "+
		"%d new) to ×%s (%d old, %d new).", ratio(low), first.OldLayout, first.NewLayout,
		ratio(high), last.OldLayout, last.NewLayout)}
	y := logarithmic(min(low, 1/(1+t.Margin)), max(high, 1+t.Margin))
	step := boxWidth / float64(len(ordered))
	var marks strings.Builder
	for i, p := range ordered {
		fmt.Fprintf(&marks, dotPath, step*(float64(i)+0.5), y(p.New/p.Old))
	}
	round := func(v float64) float64 { return math.Round(v*10) / 10 } // keeps the page small
	l.Marks, l.One, l.Ratio = marks.String(), round(y(1)), round(y(t.Ratio))
	l.MarginY = round(y(1 + t.Margin))
	l.MarginH = round(y(1/(1+t.Margin)) - y(1+t.Margin))
	return l
}
