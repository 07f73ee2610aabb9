// Package texttable lays out tables in the manner of benchstat. It knows widths and no benchmarks:
// its cells are texts.
package texttable

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Table lays out one table in the manner of benchstat: a label, then for each column a
// center and its spread, and from the second column on a delta with its test.
//
//	              │    cond     │              channel               │
//	              │   sec/op    │   sec/op     vs base               │
//	permits=4-2     12.34µ ± 2%   17.52µ ± 3%  +41.97% (p=0.002 n=6)
//
// The layout is made by hand, because text/tabwriter aligns whole cells. Here the parts of a
// cell are aligned: all ± stand below each other.
type Table struct {
	unit    string
	columns []string
	rows    []row
	free    []Cell // cells that are allocated, but in no row yet
}

type row struct {
	label   string
	entries []Cell
}

// A Cell is one cell in the pieces that are aligned below each other.
type Cell struct{ Center, Spread, Note, Delta, Test, DeltaNote string }

const vsBase = "vs base"

// New returns a table of values in one unit, without columns.
func New(unit string) *Table { return &Table{unit: unit} }

// Column adds a column.
func (g *Table) Column(name string) { g.columns = append(g.columns, name) }

// Set fills in a cell of the last row.
func (g *Table) Set(column int, e Cell) { g.rows[len(g.rows)-1].entries[column] = e }

// Row adds a row. Its cells come from a large allocation: a report may have 25 000 rows.
//
// 64 rows share one allocation, with a capacity that keeps append from writing into the next
// row.
func (g *Table) Row(label string) {
	if len(g.free) < len(g.columns) {
		g.free = make([]Cell, 64*len(g.columns))
	}
	entries := g.free[:len(g.columns):len(g.columns)]
	g.free = g.free[len(g.columns):]
	g.rows = append(g.rows, row{label, entries})
}

// Reserve makes room for a number of further rows.
func (g *Table) Reserve(rows int) { g.rows = slices.Grow(g.rows, rows) }

// widths are the widths of the pieces of a column. A note includes the space before it.
type widths struct{ center, spread, note, delta, test, deltaNote int }

// Write writes the table. Two passes: the widths are known only when all rows are.
func (g *Table) Write(w io.Writer) {
	label := 0
	for _, r := range g.rows {
		label = max(label, Width(r.label))
	}
	all := make([]widths, len(g.columns))
	for i := range g.columns {
		all[i] = g.measureColumn(i)
	}
	g.writeHead(w, label, all)
	var line bytes.Buffer
	for _, r := range g.rows {
		line.Reset()
		line.WriteString(Pad(r.label, label))
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
func (g *Table) measureColumn(i int) widths {
	var ws widths
	for _, r := range g.rows {
		e := r.entries[i]
		ws.center = max(ws.center, Width(e.Center))
		ws.spread = max(ws.spread, Width(e.Spread))
		ws.note = max(ws.note, Width(spaced(e.Note)))
		ws.delta = max(ws.delta, Width(e.Delta))
		ws.test = max(ws.test, Width(spaced(e.Test)))
		ws.deltaNote = max(ws.deltaNote, Width(spaced(e.DeltaNote)))
	}
	ws.center += max(0, Width(g.unit)-ws.summary())
	if i > 0 {
		ws.test += max(0, Width(vsBase)-ws.comparison())
	}
	ws.center += max(0, Width(g.columns[i])-ws.total(i > 0))
	return ws
}

// summary is the width of a value with its spread and note.
func (ws widths) summary() int { return ws.center + Width(" ± ") + ws.spread + ws.note }

// comparison is the width of a delta with its test and note.
func (ws widths) comparison() int { return ws.delta + ws.test + ws.deltaNote }

// total is the width of a column; compared columns have a delta.
func (ws widths) total(compared bool) int {
	if !compared {
		return ws.summary()
	}
	return ws.summary() + Width("  ") + ws.comparison()
}

// writeHead writes the names of the columns and the units below them.
func (g *Table) writeHead(w io.Writer, label int, all []widths) {
	names := strings.Repeat(" ", label)
	units := names
	for i, ws := range all {
		names += " │ " + centered(g.columns[i], ws.total(i > 0))
		units += " │ " + centered(g.unit, ws.summary())
		if i > 0 {
			units += "  " + Pad(vsBase, ws.comparison())
		}
	}
	fmt.Fprintf(w, "%s │\n%s │\n", names, units)
}

// format joins the pieces of a cell, each padded to the width of its column.
//
// A cell without a value has no ±, but as many spaces: what follows it stays below its column.
func (e Cell) format(ws widths, compared bool) string {
	between := " ± "
	if e.Spread == "" {
		between = "   "
	}
	s := "   " + padLeft(e.Center, ws.center) + between + padLeft(e.Spread, ws.spread) +
		Pad(spaced(e.Note), ws.note)
	if compared {
		s += "  " + padLeft(e.Delta, ws.delta) + Pad(spaced(e.Test), ws.test) +
			Pad(spaced(e.DeltaNote), ws.deltaNote)
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

// Width counts runes, as benchstat does.
//
// East Asian characters count as one here and take two columns on a terminal. Agreement with
// benchstat is worth more than their alignment.
func Width(s string) int { return utf8.RuneCountInString(s) }

// Pad fills s with spaces behind it, up to a width.
func Pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-Width(s))) }

func padLeft(s string, to int) string { return strings.Repeat(" ", max(0, to-Width(s))) + s }

func centered(s string, to int) string {
	return Pad(strings.Repeat(" ", max(0, to-Width(s))/2)+s, to)
}
