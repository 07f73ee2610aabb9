package draw

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"golang.org/x/perf/benchunit"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
	"github.com/semabench/semabench/reports/internal/texttable"
)

// WriteText writes c as benchstat would: one table for each configuration and unit, with every
// column against the first one and the p of each test alone. The ratios follow, with their
// intervals and with corrected p. The warnings come before the tables.
//
// The tables repeat benchstat to the character where it has an opinion: users compare the two
// outputs, and scripts that parse benchstat parse this one.
func WriteText(w io.Writer, c *compare.Comparison) error {
	out := bufio.NewWriter(w) // keeps the first error for Flush
	if warnings := warningLines(c); len(warnings) > 0 {
		fmt.Fprintf(out, "%s\n\n", strings.Join(warnings, "\n"))
	}
	for _, f := range c.Facts {
		fmt.Fprintf(out, "%s: %s\n", f.Key, f.Value)
	}
	for i, t := range c.Tables {
		if i > 0 {
			fmt.Fprintln(out)
		}
		for _, f := range t.Config {
			fmt.Fprintf(out, "%s: %s\n", f.Key, f.Value)
		}
		for j, u := range t.Units {
			if j > 0 {
				fmt.Fprintln(out)
			}
			writeUnit(out, t, u)
		}
	}
	writeRatios(out, c)
	if text := caveat(c); text != "" {
		fmt.Fprintf(out, "\n%s\n", strings.Replace(text, ": ", ":\n", 1))
	}
	return out.Flush()
}

// writeUnit writes one table of t. Columns without a value in the unit u are left out.
func writeUnit(w io.Writer, t *compare.Table, u *compare.Unit) {
	var notes footnotes
	g := texttable.New(escape.Printable(u.Name))
	var cols []int // the columns that have this unit
	for col, name := range t.Cols {
		if u.Measured(col) {
			cols = append(cols, col)
			g.Column(name)
		}
	}
	g.Reserve(len(u.Cells) + 1)
	rows := 0
	for i, cells := range u.Cells {
		if addRow(g, t.Rows[i].Name, u, cells, cols, &notes) {
			rows++
		}
	}
	if rows > 1 {
		addGeomeans(g, u, cols, &notes)
	}
	g.Write(w)
	for i, n := range notes.list {
		fmt.Fprintf(w, "%s %s\n", superscript(i+1), n)
	}
}

// addRow adds a row, unless it has no cell in this unit. It reports whether it added one.
//
// Reserve has made room for every row before, so adding does not copy the table.
func addRow(
	g *texttable.Table,
	name string,
	u *compare.Unit,
	cells []*compare.Cell,
	cols []int,
	notes *footnotes,
) bool {
	var centers []float64
	for _, col := range cols {
		if cells[col] != nil {
			centers = append(centers, cells[col].Summary.Center)
		}
	}
	if len(centers) == 0 {
		return false
	}
	// One scale for the row, so that its values can be compared at a glance.
	scale := benchunit.CommonScale(centers, benchunit.ClassOf(u.Name))
	g.Row(name)
	for i, col := range cols {
		if cells[col] != nil {
			g.Set(i, newTextCell(cells[col], cells[u.Base], scale, notes))
		}
	}
	return true
}

// newTextCell formats a cell in the scale of its row.
//
// benchstat prints p=0.000 for a small p, and ± -33% for a negative median. No p is zero, and no spread is
// negative, so the texts are changed here.
func newTextCell(c, base *compare.Cell, scale benchunit.Scaler, notes *footnotes) texttable.Cell {
	e := texttable.Cell{
		Center: scale.Format(c.Summary.Center),
		Spread: strings.TrimPrefix(c.Summary.PctRangeString(), "-"),
		Note:   notes.mark(c.Summary.Warnings),
	}
	if c.VsBase != nil {
		e.Delta = c.VsBase.FormatDelta(base.Summary.Center, c.Summary.Center)
		e.Test = "(" + strings.Replace(c.VsBase.String(), "p=0.000", "p<0.001", 1) + ")"
		e.DeltaNote = notes.mark(c.VsBase.Warnings)
	}
	return e
}

// addGeomeans adds the row of the geometric means, in the notation of benchstat.
//
// “?” stands for a quotient that does not exist, as benchstat has it. The warning is a footnote.
func addGeomeans(g *texttable.Table, u *compare.Unit, cols []int, notes *footnotes) {
	g.Row("geomean")
	for i, col := range cols {
		mean := u.Geomeans[col]
		var e texttable.Cell
		if mean.Center != 0 {
			e.Center = benchunit.Scale(mean.Center, benchunit.ClassOf(u.Name))
		}
		mark := notes.mark(mean.Warnings)
		if col == u.Base {
			e.Note = mark
			g.Set(i, e)
			continue
		}
		e.Delta, e.DeltaNote = "?", mark
		if mean.VsBase != 0 {
			e.Delta = fmt.Sprintf("%+.2f%%", (mean.VsBase-1)*100)
		}
		g.Set(i, e)
	}
}

// footnotes numbers the different warnings of one table.
// The numbers go through a table in the order of appearance, and one message has one number,
// however many cells have it.
type footnotes struct{ list []string }

// mark returns the superscripts of the warnings, and adds new ones to the list.
func (f *footnotes) mark(warnings ...[]error) string {
	var marks []string
	for _, list := range warnings {
		for _, w := range list {
			marks = append(marks, superscript(f.number(w.Error())))
		}
	}
	return strings.Join(marks, " ")
}

// number returns the number of a warning.
func (f *footnotes) number(msg string) int {
	for i, n := range f.list {
		if n == msg {
			return i + 1
		}
	}
	f.list = append(f.list, msg)
	return len(f.list)
}

// superscript writes n in superscript digits.
//
// The digits of Unicode are not in one block: ¹, ² and ³ are older than the others. Hence a
// table and no arithmetic.
func superscript(n int) string {
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	var b strings.Builder
	for _, d := range fmt.Sprint(n) {
		b.WriteRune(digits[d-'0'])
	}
	return b.String()
}

// writeRatios writes the ratios in tables of their own. The tables above them keep the layout of
// benchstat, which readers know by heart.
func writeRatios(w io.Writer, c *compare.Comparison) {
	begun := false
	for _, t := range c.Tables {
		heading := t.Heading()
		for _, u := range t.Units {
			if !u.Compares() {
				continue
			}
			if !begun {
				fmt.Fprintf(
					w,
					"\nRatios to the first column; p and intervals are corrected together "+
						"(Holm, %s).\n",
					familyText(c),
				)
				begun = true
			}
			if heading != "" {
				fmt.Fprintf(w, "\n%s", heading)
				heading = ""
			}
			writeUnitRatios(w, t, u)
		}
	}
}

// ratioWidth is the width of "0.812 [0.794, 0.823] p=0.001 different".
const ratioWidth = 44

// writeUnitRatios writes the ratios of one unit. The base column and rows without ratios are left
// out.
//
// A line is printed only if one of its columns has a ratio. The base column would be 1 in every
// row.
func writeUnitRatios(w io.Writer, t *compare.Table, u *compare.Unit) {
	label := texttable.Width(escape.Printable(u.Name))
	for _, r := range t.Rows {
		label = max(label, texttable.Width(r.Name))
	}
	line := texttable.Pad(escape.Printable(u.Name), label)
	var cols []int
	for i, name := range t.Cols {
		if i != u.Base && u.Measured(i) {
			cols = append(cols, i)
			line += "  " + texttable.Pad(name, ratioWidth)
		}
	}
	fmt.Fprintf(w, "\n%s\n", strings.TrimRight(line, " "))
	for i, cells := range u.Cells {
		line, any := texttable.Pad(t.Rows[i].Name, label), false
		for _, col := range cols {
			text := ""
			if c := cells[col]; c != nil && c.VsBase != nil {
				text, any = ratioLine(c.VsBase), true
			}
			line += "  " + texttable.Pad(text, ratioWidth)
		}
		if any {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
		}
	}
}

// ratioLine returns the ratio, its interval, the corrected p and the verdict: "0.812 [0.794,
// 0.823] p=0.001 different".
//
// The verdict is last, because readers scan the right edge for it.
func ratioLine(v *compare.Versus) string {
	var parts []string
	if v.Ratio.Medians != 0 {
		parts = append(parts, format.PreciseRatio(v.Ratio.Medians))
	} else {
		parts = append(parts, "no ratio")
	}
	if s := intervalText(v.Ratio); s != "" {
		parts = append(parts, s)
	}
	if v.Tests > 0 {
		parts = append(parts, pText(v.Corrected))
	}
	return strings.Join(append(parts, v.Verdict()), " ")
}

// pText returns a p-value with three digits. No p-value is zero, so "p=0.000" would be wrong.
func pText(p float64) string {
	if p < 0.0005 {
		return "p<0.001"
	}
	return fmt.Sprintf("p=%.3f", p)
}

// intervalText returns the interval in brackets. It returns "[0, ∞]" if the samples are too few,
// and "" if the values are exact or have no ratio.
func intervalText(r compare.Ratio) string {
	switch {
	case r.Confidence > 0:
		return "[" + format.PreciseRatio(r.Lo) + ", " + format.PreciseRatio(r.Hi) + "]"
	case r.Shift != 0:
		return "[0, ∞]"
	}
	return ""
}
