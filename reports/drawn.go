package reports

import (
	"fmt"
	"slices"
	"strings"
)

// A drawnRow is one row of one table in its primary unit, with a cell for each column of the
// comparison, so that rows of different tables stand below each other.
type drawnRow struct {
	table *Table
	group string // what sets its table apart
	label string // group and row
	cells []*Cell
}

// drawnRows are the rows that compare something: of others a picture of ratios shows nothing.
func (c *Comparison) drawnRows() []drawnRow {
	var rows []drawnRow
	for _, t := range c.Tables {
		group, at := t.short(), c.columnsOf(t)
		for i, cells := range t.Primary().Cells {
			r := drawnRow{table: t, group: group, cells: make([]*Cell, len(c.Cols))}
			r.label = strings.TrimSpace(group + " " + t.Rows[i].Shape)
			ranked := false
			for col, cell := range cells {
				r.cells[at[col]] = cell
				ranked = ranked || cell != nil && cell.Standing != Unranked
			}
			if ranked {
				rows = append(rows, r)
			}
		}
	}
	return rows
}

// columnsOf returns for each column of t which of c it is.
func (c *Comparison) columnsOf(t *Table) []int {
	at := make([]int, len(t.Cols))
	for i, name := range t.Cols {
		at[i] = slices.Index(c.Cols, name)
	}
	return at
}

// short names a table by the values of what sets it apart: "cpu" and not "workload: cpu".
func (t *Table) short() string {
	var list []string
	for _, f := range t.Config {
		if f.Value != nothing {
			list = append(list, f.Value)
		}
	}
	return strings.Join(list, " ")
}

// cellText is the ratio with its mark: "3.14", "≈1.02", "1.30?", "·".
func (c *Cell) cellText() string {
	switch {
	case c == nil:
		return "·"
	case c.Ratio == 0 && c.Standing == Worse: // something where the best has nothing at all
		return "worse"
	case c.Ratio == 0:
		return mark(c.Standing) + "–"
	case c.Standing == Tie:
		return mark(Tie) + brief(c.Ratio)
	case c.Standing == Unknown || c.Why != "":
		return brief(c.Ratio) + mark(Unknown)
	}
	return brief(c.Ratio)
}

func mark(s Standing) string {
	switch s {
	case Tie:
		return "≈"
	case Unknown:
		return "?"
	}
	return ""
}

// brief is times in at most five places: 3.14, 31.4, 9999, 2e+05.
func brief(ratio float64) string {
	switch {
	case ratio >= 9.5e99:
		return ">1e99"
	case ratio >= 9999.5:
		return fmt.Sprintf("%.0e", ratio)
	}
	return times(ratio)
}

// ratiosOf says which unit the ratios of rows are in.
func ratiosOf(rows []drawnRow) string {
	var units []string
	for _, r := range rows {
		u := r.table.Primary()
		s := u.Name + " (less is better)"
		if u.Better > 0 {
			s = u.Name + " (more is better)"
		}
		if !slices.Contains(units, s) {
			units = append(units, s)
		}
	}
	return strings.Join(units, ", ")
}

// A familyAnswer is an answer with the name of what it is about.
type familyAnswer struct{ name, text string }

// answers are those of the first tables, for the head of an output, and how many are left.
func (c *Comparison) answers() (list []familyAnswer, left int) {
	const most = 20
	all := c.Answers()
	for _, a := range all[:min(most, len(all))] {
		name := a.Table.short()
		if name == "" {
			name = "all benchmarks"
		}
		list = append(list, familyAnswer{name, a.String()})
	}
	return list, len(all) - len(list)
}
