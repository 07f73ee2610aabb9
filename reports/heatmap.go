package reports

import (
	"slices"
	"strings"

	"github.com/semabench/semabench/reports/internal/picture"
)

// A drawnRow is one row of one table in its primary unit, with a cell for each column of the
// comparison, so that rows of different tables stand below each other.
type heatMapRow struct {
	table *Table
	group string // what sets its table apart
	label string // group and row
	cells []*Cell
}

// drawnRows are the rows that compare something: of others a picture of ratios shows nothing.
func (c *Comparison) comparedRows() []heatMapRow {
	var rows []heatMapRow
	for _, t := range c.Tables {
		group, at := t.shortName(), c.columnsOf(t)
		for i, cells := range t.Primary().Cells {
			r := heatMapRow{table: t, group: group, cells: make([]*Cell, len(c.Cols))}
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
		return mark(Tie) + shortRatioText(c.Ratio)
	case c.Standing == Unknown || c.Why != "":
		return shortRatioText(c.Ratio) + mark(Unknown)
	}
	return shortRatioText(c.Ratio)
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

func heatCell(c *Cell) picture.HeatCell {
	cell := picture.HeatCell{Text: c.cellText()}
	if c == nil {
		return cell
	}
	switch c.Standing {
	case Best:
		cell.Kind = picture.Best
		if c.Why != "" {
			cell.Kind = picture.Unknown
		}
	case Tie:
		cell.Kind = picture.Tie
	case Unknown:
		cell.Kind = picture.Unknown
	case Worse:
		cell.Kind, cell.Step = picture.Worse, picture.StepOf(c.Ratio)
		if c.Ratio == 0 {
			cell.Step = picture.Steps
		}
	default:
		cell.Kind = picture.Plain
	}
	return cell
}

// spread is the interval of a cell in percent of its median.
func (c *Cell) spread() string { return "± " + c.Summary.PctRangeString() }
