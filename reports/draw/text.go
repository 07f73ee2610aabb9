package draw

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/perf/benchunit"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
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
//
// reserveRows has made room for every row before, so adding does not copy the table.
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
//
// benchstat prints p=0.000 for a small p. No p is zero, so the text is changed here.
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
//
// “?” stands for a quotient that does not exist, as benchstat has it. The warning is a footnote.
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

// A textTable lays out one table in the manner of benchstat: a label, then for each column a
// center and its spread, and from the second column on a delta with its test.
//
//	              │    cond     │              channel              │
//	              │   sec/op    │   sec/op     vs base              │
//	permits=4-2     12.34µ ± 2%   17.52µ ± 3%  +41.97% (p=0.002 n=6)
//
// The layout is made by hand, because text/tabwriter aligns whole cells. Here the parts of a
// cell are aligned: all ± stand below each other.
type textTable struct {
	unit    string
	columns []string
	rows    []textRow
	free    []textCell // cells that are allocated, but in no row yet
}

type textRow struct {
	label   string
	entries []textCell
}

// A textCell is one cell in the pieces that are aligned below each other.
type textCell struct{ center, spread, note, delta, test, deltaNote string }

const vsBase = "vs base"

func newTextTable(unit string) *textTable { return &textTable{unit: unit} }

// column adds a column.
func (g *textTable) column(name string) { g.columns = append(g.columns, name) }

// set fills in a cell of the last row.
func (g *textTable) set(column int, e textCell) { g.rows[len(g.rows)-1].entries[column] = e }

// row adds a row. Its cells come from a large allocation: a report may have 25 000 rows.
//
// 64 rows share one allocation, with a capacity that keeps append from writing into the next
// row.
func (g *textTable) row(label string) {
	if len(g.free) < len(g.columns) {
		g.free = make([]textCell, 64*len(g.columns))
	}
	entries := g.free[:len(g.columns):len(g.columns)]
	g.free = g.free[len(g.columns):]
	g.rows = append(g.rows, textRow{label, entries})
}

// reserveRows makes room for a number of further rows.
func (g *textTable) reserveRows(rows int) { g.rows = slices.Grow(g.rows, rows) }

// widths are the widths of the pieces of a column. A note includes the space before it.
type widths struct{ center, spread, note, delta, test, deltaNote int }

// write writes the table. Two passes: the widths are known only when all rows are.
func (g *textTable) write(w io.Writer) {
	label := 0
	for _, r := range g.rows {
		label = max(label, width(r.label))
	}
	all := make([]widths, len(g.columns))
	for i := range g.columns {
		all[i] = g.measureColumn(i)
	}
	g.writeHead(w, label, all)
	var line bytes.Buffer
	for _, r := range g.rows {
		line.Reset()
		line.WriteString(pad(r.label, label))
		for i, e := range r.entries {
			line.WriteString(e.format(all[i], i > 0))
		}
		fmt.Fprintf(w, "%s\n", bytes.TrimRight(line.Bytes(), " "))
	}
}

// measureColumn returns the widths of column i. If its heading is wider than all cells, the
// center takes the difference.
//
// The unit is centred over the value, and “vs base” over the delta. Each takes the missing room
// from its own part first, and the name of the column takes the rest from the center.
func (g *textTable) measureColumn(i int) widths {
	var ws widths
	for _, r := range g.rows {
		e := r.entries[i]
		ws.center = max(ws.center, width(e.center))
		ws.spread = max(ws.spread, width(e.spread))
		ws.note = max(ws.note, width(spaced(e.note)))
		ws.delta = max(ws.delta, width(e.delta))
		ws.test = max(ws.test, width(spaced(e.test)))
		ws.deltaNote = max(ws.deltaNote, width(spaced(e.deltaNote)))
	}
	ws.center += max(0, width(g.unit)-ws.summary())
	if i > 0 {
		ws.test += max(0, width(vsBase)-ws.comparison())
	}
	ws.center += max(0, width(g.columns[i])-ws.total(i > 0))
	return ws
}

// summary is the width of a value with its spread and note.
func (ws widths) summary() int { return ws.center + width(" ± ") + ws.spread + ws.note }

// comparison is the width of a delta with its test and note.
func (ws widths) comparison() int { return ws.delta + ws.test + ws.deltaNote }

// total is the width of a column; compared columns have a delta.
func (ws widths) total(compared bool) int {
	if !compared {
		return ws.summary()
	}
	return ws.summary() + width("  ") + ws.comparison()
}

// writeHead writes the names of the columns and the units below them.
func (g *textTable) writeHead(w io.Writer, label int, all []widths) {
	names := strings.Repeat(" ", label)
	units := names
	for i, ws := range all {
		names += " │ " + centered(g.columns[i], ws.total(i > 0))
		units += " │ " + centered(g.unit, ws.summary())
		if i > 0 {
			units += "  " + pad(vsBase, ws.comparison())
		}
	}
	fmt.Fprintf(w, "%s │\n%s │\n", names, units)
}

// format joins the pieces of a cell, each padded to the width of its column.
//
// A cell without a value has no ±, but as many spaces: what follows it stays below its column.
func (e textCell) format(ws widths, compared bool) string {
	between := " ± "
	if e.spread == "" {
		between = "   "
	}
	s := "   " + padLeft(e.center, ws.center) + between + padLeft(e.spread, ws.spread) +
		pad(spaced(e.note), ws.note)
	if compared {
		s += "  " + padLeft(e.delta, ws.delta) + pad(spaced(e.test), ws.test) +
			pad(spaced(e.deltaNote), ws.deltaNote)
	}
	return s
}

// spaced puts a space before s, unless s is empty.
func spaced(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// width counts runes, as benchstat does.
//
// East Asian characters count as one here and take two columns on a terminal. Agreement with
// benchstat is worth more than their alignment.
func width(s string) int { return utf8.RuneCountInString(s) }

func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-width(s))) }

func padLeft(s string, to int) string { return strings.Repeat(" ", max(0, to-width(s))) + s }

func centered(s string, to int) string {
	return pad(strings.Repeat(" ", max(0, to-width(s))/2)+s, to)
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
	label := width(escape.Printable(u.Name))
	for _, r := range t.Rows {
		label = max(label, width(r.Name))
	}
	line := pad(escape.Printable(u.Name), label)
	var cols []int
	for i, name := range t.Cols {
		if i != u.Base && u.Measured(i) {
			cols = append(cols, i)
			line += "  " + pad(name, ratioWidth)
		}
	}
	fmt.Fprintf(w, "\n%s\n", strings.TrimRight(line, " "))
	for i, cells := range u.Cells {
		line, any := pad(t.Rows[i].Name, label), false
		for _, col := range cols {
			text := ""
			if c := cells[col]; c != nil && c.VsBase != nil {
				text, any = ratioLine(c.VsBase), true
			}
			line += "  " + pad(text, ratioWidth)
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
