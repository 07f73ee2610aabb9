package gate

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/internal/plural"
)

// This file explains why a row is slower: by the functions that differ, and by the time that each function takes.

// NeedsReasons returns the indices, in the rows of the run, of the rows that a reader wants to understand: those
// that REGRESSED, need a waiver or execute more instructions.
func (r *Report) NeedsReasons() (rows []int) {
	for _, j := range r.Rows {
		if j.index >= 0 && (j.Verdict == Regressed || j.Verdict == MoreWork || j.Verdict == Waived) {
			rows = append(rows, j.index)
		}
	}
	return rows
}

// mostFunctions is how many functions of a row the text, the page and the Markdown show. The JSON has all of them.
const mostFunctions = 10

// A changedFunction is a line of the table of a row.
type changedFunction struct{ Name, Size string }

// functions returns the table of a row, and how many lines it lacks. The order is the one of the run: the largest
// changes first.
func (j *Judged) functions() (list []changedFunction, more int) {
	for _, f := range j.Row.Functions {
		if len(list) == mostFunctions {
			return list, len(j.Row.Functions) - mostFunctions
		}
		list = append(list, changedFunction{printable(cut(f.Name, 300)), f.size()})
	}
	return list, 0
}

// size is "120 → 152 bytes", or says which side alone reaches the function. Code of the same size differs all the
// same.
func (f Function) size() string {
	switch {
	case f.Data:
		return fmt.Sprintf("variable, %d → %d bytes", f.Old, f.New)
	case f.Old == 0:
		return fmt.Sprintf("only the new side reaches it: %s", plural.Of(f.New, "byte"))
	case f.New == 0:
		return fmt.Sprintf("only the old side reaches it: %s", plural.Of(f.Old, "byte"))
	case f.Old == f.New:
		return fmt.Sprintf("%s, other code", plural.Of(f.New, "byte"))
	}
	return fmt.Sprintf("%d → %d bytes", f.Old, f.New)
}

// functionsTitle is "2 functions differ that the benchmark reaches".
func (j *Judged) functionsTitle() string {
	if len(j.Row.Functions) == 1 {
		return "1 function differs that the benchmark reaches"
	}
	return plural.Of(len(j.Row.Functions), "function") + " differ that the benchmark reaches"
}

// writeFunctions writes the table of a row for a terminal.
func writeFunctions(w io.Writer, j *Judged) {
	list, more := j.functions()
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "    %s:\n", j.functionsTitle())
	width := 0
	for _, f := range list {
		width = max(width, min(len(f.Name), 80))
	}
	for _, f := range list {
		fmt.Fprintf(w, "      %-*s  %s\n", width, f.Name, f.Size)
	}
	if more > 0 {
		fmt.Fprintf(w, "      and %d more, in the JSON\n", more)
	}
}

// markdownFunctions returns the folded tables of the rows that have functions, as far as they fit into room
// bytes.
func (r *Report) markdownFunctions(room int) string {
	var out strings.Builder
	for _, j := range r.Rows {
		list, more := j.functions()
		if len(list) == 0 {
			continue
		}
		var table strings.Builder
		fmt.Fprintf(&table, "<details>\n<summary>%s: %s</summary>\n\n| function | machine code |\n| :-- | :-- |\n",
			escape.Markdown(printable(cut(j.ID, 300))), j.functionsTitle())
		for _, f := range list {
			fmt.Fprintf(&table, "| %s | %s |\n", escape.Markdown(f.Name), f.Size)
		}
		if more > 0 {
			fmt.Fprintf(&table, "\nAnd %d more, in the JSON.\n", more)
		}
		table.WriteString("\n</details>\n\n")
		if out.Len()+table.Len() > room {
			break
		}
		out.WriteString(table.String())
	}
	return out.String()
}

// A functionCost is a line of the table of costs.
type functionCost struct{ Name, Old, New, Change string }

// mostCosts is how many functions the text and the page show, and leastCost the change below which a function is not
// worth a line. The JSON has all that were recorded.
const mostCosts, leastCost = 8, 0.01

// scale returns the factor for shares of the new side. Multiplied with it, the shares of both sides are shares of the
// time of an old operation, and the changes of all functions add up to the change of the row.
//
// A row without a time has no such factor. Its shares are of each side's own time.
func (j *Judged) scale() float64 {
	if j.Time == nil || !(j.Time.Ratio > 0) {
		return 1
	}
	return j.Time.Ratio
}

// costsTitle explains the numbers of the table and of the picture.
func (j *Judged) costsTitle() string {
	c, of := j.Row.Costs, "100 % is the time of an operation of the old side"
	if j.scale() == 1 {
		of = "100 % is the time of either side"
	}
	return fmt.Sprintf("where the time goes, from CPU profiles with %d and %d samples; %s", c.OldSamples, c.NewSamples, of)
}

// costs returns the functions whose time changed, the largest changes first. A change that two profiles of the
// same program would show, because samples are few, has a question mark.
func (j *Judged) costs() (list []functionCost) {
	if j.Row.Costs == nil {
		return nil
	}
	scale := j.scale()
	change := func(c Cost) float64 { return scale*c.New - c.Old }
	all := slices.DeleteFunc(slices.Clone(j.Row.Costs.Functions), func(c Cost) bool { return math.Abs(change(c)) < leastCost })
	slices.SortStableFunc(all, func(a, b Cost) int { return cmp.Compare(math.Abs(change(b)), math.Abs(change(a))) })
	for _, c := range all[:min(len(all), mostCosts)] {
		words := fmt.Sprintf("%+.0f", 100*change(c))
		if math.Abs(change(c)) < 2*j.Row.Costs.deviation(c, scale) {
			words += " ?"
		}
		list = append(list, functionCost{printable(cut(c.Name, 300)), points(c.Old), points(scale * c.New), words})
	}
	return list
}

// deviation returns by how much the change of a function varies between profiles of the same programs: the number of
// its samples is a binomial variable on either side.
func (c *Costs) deviation(f Cost, scale float64) float64 {
	variance := func(share float64, samples int64) float64 {
		n := float64(max(samples, 1))
		share = max(share, 1/n) // none of n samples does not mean never
		return share * max(1-share, 1/n) / n
	}
	return math.Sqrt(variance(f.Old, c.OldSamples) + scale*scale*variance(f.New, c.NewSamples))
}

// points formats a share in percent.
func points(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// writeCosts writes the table of a row for a terminal.
func writeCosts(w io.Writer, j *Judged) {
	list := j.costs()
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "    %s:\n", j.costsTitle())
	width := 0
	for _, f := range list {
		width = max(width, min(len(f.Name), 80))
	}
	for _, f := range list {
		fmt.Fprintf(w, "      %-*s  %5s → %5s  %s\n", width, f.Name, f.Old, f.New, f.Change)
	}
}

// A pictureFrame is one bar of the flame graph of a row, below the bar of its caller.
//
// A bar is as wide as the mean of both sides, because such widths add up: the calls of a function are never wider than
// it. The width of one side alone would hide what only the other side calls.
type pictureFrame struct {
	Label, Title, Class string
	Width               template.CSS
	Calls               []pictureFrame
}

// picture returns the bars of the flame graph, or none if the row has no profiles.
func (j *Judged) picture() []pictureFrame {
	if j.Row.Costs == nil || j.Row.Costs.Root == nil {
		return nil
	}
	return pictureOf([]*Frame{j.Row.Costs.Root}, 0, j.scale(), 0)
}

// pictureOf draws the bars of some calls. of is the width of their caller, from which theirs are reckoned.
// deepest bounds the recursion, because a run file may be damaged.
func pictureOf(calls []*Frame, of, scale float64, depth int) (bars []pictureFrame) {
	const deepest = 64
	for _, f := range calls {
		if f == nil || depth > deepest || !(f.Old >= 0 && f.New >= 0) {
			continue
		}
		width := f.Old + scale*f.New
		if width == 0 {
			continue
		}
		if of == 0 {
			of = width
		}
		change := scale*f.New - f.Old
		name := printable(cut(f.Name, 200))
		bar := pictureFrame{
			Label: name, Class: hue(change),
			Title: fmt.Sprintf("%s: %s → %s (%+.0f)", name, points(f.Old), points(scale*f.New), 100*change),
			Width: template.CSS(fmt.Sprintf("--w:%.2f", min(100, 100*width/of))),
			Calls: pictureOf(f.Calls, width, scale, depth+1),
		}
		if bar.Class != "" {
			bar.Label = fmt.Sprintf("%+.0f %s", 100*change, name)
		}
		bars = append(bars, bar)
	}
	return bars
}

// hue returns the class of a bar: "up" and "down" in two strengths, or none if its time hardly changed.
func hue(change float64) string {
	class := "up"
	if change < 0 {
		class = "down"
	}
	switch size := math.Abs(change); {
	case size >= 0.10:
		return class + " much"
	case size >= 0.02:
		return class
	}
	return ""
}

// pictureSize returns about how many bytes of the page some bars take.
func pictureSize(bars []pictureFrame) (size int) {
	for _, b := range bars {
		size += 90 + page.EscapedSize(b.Label) + page.EscapedSize(b.Title) + pictureSize(b.Calls)
	}
	return size
}
