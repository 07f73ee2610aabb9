package draw

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// A textTable lays out one table in the manner of benchstat: a label, then for each column a
// center and its spread, and from the second column on a delta with its test.
//
//	              │    cond     │              channel              │
//	              │   sec/op    │   sec/op     vs base              │
//	permits=4-2     12.34µ ± 2%   17.52µ ± 3%  +41.97% (p=0.002 n=6)
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
func width(s string) int { return utf8.RuneCountInString(s) }

func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-width(s))) }

func padLeft(s string, to int) string { return strings.Repeat(" ", max(0, to-width(s))) + s }

func centered(s string, to int) string {
	return pad(strings.Repeat(" ", max(0, to-width(s))/2)+s, to)
}
