package history

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/internal/stats"
	"github.com/semabench/semabench/reports/internal/format"
)

// Headline says in one sentence what a history found.
//
// The number of rows that are worse now comes first, because a reader has to act on them. A
// history without changes says how many rows could have shown one.
func (h *History) Headline() string {
	worse, better := 0, 0
	for _, r := range h.Rows {
		for _, c := range r.Changes {
			if c.Worse {
				worse++
			} else if c.Better {
				better++
			}
		}
	}
	span := plural.Of(len(h.Runs), "run") + " from " + h.Name(0)
	if last := len(h.Runs) - 1; last > 0 {
		span += " to " + h.Name(last)
	}
	span += ", " + plural.Of(len(h.Rows), "row") + ": "
	switch {
	case h.isTooShort():
		return span + "too few runs to look for changes"
	case worse+better == 0:
		return span + "no change shows"
	}
	s := span + fmt.Sprintf("%s for the worse and %d for the better", plural.Of(worse, "change"), better)
	if now := h.BecameWorse(); now > 0 {
		s += fmt.Sprintf("; the last change of %s is for the worse", plural.Of(now, "row"))
	}
	return s
}

// Place says where a change is: "at 1a2b3c4d5e (2026-05-03)", or since when a row creeps. A slope
// has no commit of its own: all of those between its ends share in it.
func (h *History) Place(c Change) string {
	if c.Rate != 0 {
		return "from " + h.Name(c.Run) + " to " + h.Name(c.Last)
	}
	return "at " + h.Name(c.Run)
}

// Size says how large a change is: "+12.3 %", "×2.40", "creeping +2.1 % a month". From twice on a
// factor is easier to read than a percentage. A value that is not positive has no ratio.
func (h *History) Size(c Change) string {
	if c.Rate != 0 {
		return "creeping " + signed(c.Rate) + " a month"
	}
	switch r := c.Ratio(); {
	case math.IsInf(r, 0) || c.After <= 0 || c.Before < 0:
		return "changed"
	case r >= 2:
		return "×" + format.Ratio(r)
	default:
		return signed(r - 1)
	}
}

// The minus is the sign and no hyphen, so it is as wide as the plus in a column.
func signed(v float64) string {
	if math.Abs(v) < 0.0005 {
		return "±0 %" // a gate judged by a count
	}
	if v > 0 {
		return "+" + format.Percent(v)
	}
	return "−" + format.Percent(-v)
}

// Values says what a change is in absolute terms, and on how many runs each value stands.
func (h *History) Values(r Row, c Change) string {
	before, after := r.value(c.Before), r.value(c.After)
	switch {
	case c.By == "gate":
		return "a gate judged it: REGRESSED"
	case c.Rate != 0:
		return fmt.Sprintf("%s to %s over %s", before, after, plural.Of(c.Runs[0], "run"))
	}
	return fmt.Sprintf("%s to %s, %s before and %d since", before, after, plural.Of(c.Runs[0], "run"),
		c.Runs[1])
}

func (r Row) value(v float64) string {
	if r.Chained {
		return "×" + format.PreciseRatio(v)
	}
	return format.Value(v, r.Unit)
}

// Commits returns the git command that lists the commits between two runs, or "" where there is none:
// not every commit has a run, and any of those between may be the cause.
func (h *History) Commits(c Change) string {
	if c.Rate != 0 || c.Run == 0 {
		return ""
	}
	return fmt.Sprintf("git log %s..%s", short(h.Runs[c.Run-1].Commit), short(h.Runs[c.Run].Commit))
}

// Last returns the newest value of a row.
func (h *History) Last(r Row) string { return r.value(r.Points[len(r.Points)-1].Value) }

// Direction returns the word for a change: worse, better or changed.
func (c Change) Direction() string {
	switch {
	case c.Worse:
		return "worse"
	case c.Better:
		return "better"
	}
	return "changed"
}

// bars are the heights of a curve on a terminal.
var bars = []rune("▁▂▃▄▅▆▇█")

// Curve returns the values of a row as a line of bars, at most width of them: each is the median of
// its share of the runs. The scale is logarithmic and spans at least 10 %, so that noise looks
// small. With fewer runs than places each run has its own bar.
func (r Row) Curve(width int) string {
	var heights []float64
	for i := range min(width, len(r.Points)) {
		n := min(width, len(r.Points))
		var part []float64
		for _, p := range r.Points[i*len(r.Points)/n : (i+1)*len(r.Points)/n] {
			part = append(part, p.Value)
		}
		heights = append(heights, stats.Median(part))
	}
	low, high := scaleOf(heights)
	var b strings.Builder
	for _, v := range heights {
		b.WriteRune(bars[int(math.Round(placeIn(v, low, high)*float64(len(bars)-1)))])
	}
	return b.String()
}

// scaleOf returns the bounds of a curve: 10 % and more apart, so that noise looks like noise. A
// scale that always filled the height would make the noise of a quiet row look like a mountain
// range.
func scaleOf(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	const least = 1.1
	switch {
	case low == high && low == 0:
		return 0, 1
	case low > 0 && high < least*low:
		middle := math.Sqrt(low * high)
		return middle / math.Sqrt(least), middle * math.Sqrt(least)
	case low == high: // below zero
		return low - 1, high + 1
	}
	return low, high
}

// placeIn returns where v is between low and high, from 0 to 1: by logarithms if all are positive.
// Logarithms give a doubling the same height wherever it happens.
func placeIn(v, low, high float64) float64 {
	if low > 0 {
		v, low, high = math.Log(v), math.Log(low), math.Log(high)
	}
	return (v - low) / (high - low)
}

// WriteText writes a history for a terminal: the headline, the changes, and a curve of each row.
// Changes for the worse come first, because a reader has to act on them.
func WriteText(w io.Writer, h *History) error {
	var b strings.Builder
	b.WriteString(h.Headline() + "\n")
	for _, err := range h.Broken {
		fmt.Fprintf(&b, "broken: %v\n", err)
	}
	for _, n := range h.Notes {
		b.WriteString("note: " + n + "\n")
	}
	for _, direction := range []string{"worse", "better", "changed"} {
		first := true
		for _, r := range h.Rows {
			for _, c := range r.Changes {
				if c.Direction() != direction {
					continue
				}
				if first {
					b.WriteString("\n" + direction + ":\n")
					first = false
				}
				fmt.Fprintf(&b, "  %s %s: %s %s: %s", r.Name, r.Unit, h.Size(c), h.Place(c), h.Values(r, c))
				if s := h.Commits(c); s != "" {
					b.WriteString("; " + s)
				}
				if c.Also != "" {
					b.WriteString("; with it changed " + c.Also)
				}
				b.WriteString("\n")
			}
		}
	}
	b.WriteString("\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range h.Rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.Unit, h.Last(r), r.Curve(60), r.state())
	}
	return table.Flush()
}

// state says in a word what became of a row.
func (r Row) state() string {
	if n := len(r.Changes); n > 0 {
		return r.Changes[n-1].Direction()
	}
	return ""
}

// WriteMarkdown writes a history as Markdown: the headline, a table of changes and one of rows.
func WriteMarkdown(w io.Writer, h *History) error {
	var b strings.Builder
	b.WriteString("# Benchmark history\n\n" + inMarkdown(h.Headline()) + "\n")
	if len(h.Broken)+len(h.Notes) > 0 {
		b.WriteString("\n")
	}
	for _, err := range h.Broken {
		b.WriteString("- **broken**: " + inMarkdown(err.Error()) + "\n")
	}
	for _, n := range h.Notes {
		b.WriteString("- " + inMarkdown(n) + "\n")
	}
	first := true
	for _, r := range h.Rows {
		for _, c := range r.Changes {
			if first {
				b.WriteString("\n| change | row | unit | size | where | values |\n|:--|:--|:--|--:|:--|:--|\n")
				first = false
			}
			values := h.Values(r, c)
			if c.Also != "" {
				values += "; with it changed " + c.Also
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", c.Direction(), inMarkdown(r.Name), inMarkdown(r.Unit),
				h.Size(c), h.Place(c), inMarkdown(values))
		}
	}
	b.WriteString("\n| row | unit | last | curve |\n|:--|:--|--:|:--|\n")
	for _, r := range h.Rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", inMarkdown(r.Name), inMarkdown(r.Unit), h.Last(r), r.Curve(40))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownSigns have a meaning in Markdown or in the HTML that Markdown passes on. Names of
// benchmarks come from the program under test, which may be another's, so they are no markup.
var markdownSigns = strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", ">", "&gt;",
	"&", "&amp;", "[", `\[`, "]", `\]`, "\\", `\\`)

func inMarkdown(s string) string { return markdownSigns.Replace(s) }
