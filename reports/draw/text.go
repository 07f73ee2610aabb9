package draw

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"golang.org/x/perf/benchunit"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/compare"
)

// WriteText writes c as benchstat would: one table for each configuration and unit, with every
// column against the first one and the p of each test alone. The ratios follow, with their
// intervals and with corrected p. The warnings come before the tables.
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
	g := newTextTable(escape.Printable(u.Name))
	var cols []int // the columns that have this unit
	for col, name := range t.Cols {
		if u.Measured(col) {
			cols = append(cols, col)
			g.column(name)
		}
	}
	g.reserveRows(len(u.Cells) + 1)
	rows := 0
	for i, cells := range u.Cells {
		if g.addRow(t.Rows[i].Name, u, cells, cols, &notes) {
			rows++
		}
	}
	if rows > 1 {
		g.addGeomeans(u, cols, &notes)
	}
	g.write(w)
	for i, n := range notes.list {
		fmt.Fprintf(w, "%s %s\n", superscript(i+1), n)
	}
}

// addRow adds a row, unless it has no cell in this unit. It reports whether it added one.
func (g *textTable) addRow(
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
	g.row(name)
	for i, col := range cols {
		if cells[col] != nil {
			g.set(i, newTextCell(cells[col], cells[u.Base], scale, notes))
		}
	}
	return true
}

// newTextCell formats a cell in the scale of its row.
func newTextCell(c, base *compare.Cell, scale benchunit.Scaler, notes *footnotes) textCell {
	e := textCell{
		center: scale.Format(c.Summary.Center),
		spread: c.Summary.PctRangeString(),
		note:   notes.mark(c.Summary.Warnings),
	}
	if c.VsBase != nil {
		e.delta = c.VsBase.FormatDelta(base.Summary.Center, c.Summary.Center)
		e.test = "(" + strings.Replace(c.VsBase.String(), "p=0.000", "p<0.001", 1) + ")"
		e.deltaNote = notes.mark(c.VsBase.Warnings)
	}
	return e
}

// addGeomeans adds the row of the geometric means, in the notation of benchstat.
func (g *textTable) addGeomeans(u *compare.Unit, cols []int, notes *footnotes) {
	g.row("geomean")
	for i, col := range cols {
		mean := u.Geomeans[col]
		var e textCell
		if mean.Center != 0 {
			e.center = benchunit.Scale(mean.Center, benchunit.ClassOf(u.Name))
		}
		mark := notes.mark(mean.Warnings)
		if col == u.Base {
			e.note = mark
			g.set(i, e)
			continue
		}
		e.delta, e.deltaNote = "?", mark
		if mean.VsBase != 0 {
			e.delta = fmt.Sprintf("%+.2f%%", (mean.VsBase-1)*100)
		}
		g.set(i, e)
	}
}

// footnotes numbers the different warnings of one table.
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
func superscript(n int) string {
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	var b strings.Builder
	for _, d := range fmt.Sprint(n) {
		b.WriteRune(digits[d-'0'])
	}
	return b.String()
}
