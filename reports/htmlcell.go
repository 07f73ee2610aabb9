package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// steps is the number of colours for “worse”. Each step is a factor of the square root of two, so
// equal distances in colour are equal distances in time; the last one takes all that is beyond.
const steps = 8

func heat(ratio float64) string {
	step := 1 + int(2*math.Log2(ratio))
	return fmt.Sprintf("h%d", max(1, min(steps, step)))
}

func legend() []legendEntry {
	entries := []legendEntry{{"best", "best"}, {"tie", "tie"}}
	for i := range steps {
		text := "to " + times(math.Pow(2, float64(i+1)/2)) + "×"
		switch i {
		case 0:
			text = "worse, up " + text
		case steps - 1:
			text = "beyond"
		}
		entries = append(entries, legendEntry{fmt.Sprintf("h%d", i+1), text})
	}
	return append(entries, legendEntry{"unknown", "? too few samples"},
		legendEntry{"none", "not measured"})
}

func newPageCell(c *Cell, u *Unit) pageCell {
	if c == nil {
		return pageCell{Class: "none", Main: "not measured"}
	}
	value := measure(c.Summary.Center, u.Name) + " " + c.spread()
	cell := pageCell{Main: times(c.Ratio) + "×", Sub: value, Title: explain(c, u)}
	if c.Ratio == 0 {
		cell.Main, cell.Sub = measure(c.Summary.Center, u.Name), c.spread()
	}
	if c.VsBest != nil && c.VsBest.Ratio.Confidence > 0 {
		cell.Sub = c.VsBest.Ratio.interval() + " " + value
	}
	switch c.Standing {
	case Best:
		cell.Class, cell.Mark = "best", "best"
		if c.Why != "" {
			cell.Class, cell.Mark = "unknown lowest", "best median ?"
		}
	case Tie:
		cell.Class, cell.Mark = "tie", "tie"
	case Unknown:
		cell.Class, cell.Mark = "unknown", "?"
	case Worse:
		cell.Class = heat(c.Ratio)
		if c.Ratio == 0 { // mostly something where the best has nothing at all
			cell.Class, cell.Mark = fmt.Sprintf("h%d", steps), "no ratio"
		}
	default:
		cell.Class = "plain"
	}
	return cell
}

// explain is the whole story of a cell, for its tooltip.
func explain(c *Cell, u *Unit) string {
	story := []string{fmt.Sprintf("median %s of %s, %.0f %% interval %s to %s",
		measure(c.Summary.Center, u.Name), plural(len(c.Values), "sample"), 100*confidence,
		measure(c.Summary.Lo, u.Name), measure(c.Summary.Hi, u.Name))}
	if c.VsBest != nil && !u.Exact {
		story = append(story, fmt.Sprintf("against the best p = %.3f, corrected for %s %.3f",
			c.VsBest.P, plural(c.VsBest.Tests, "test"), c.VsBest.Corrected))
	}
	if c.Why != "" {
		story = append(story, c.Why)
	}
	for _, w := range c.Summary.Warnings {
		story = append(story, w.Error())
	}
	return strings.Join(story, "; ")
}

// overallRow has a cell for every column of the comparison, whether t has it or not.
func overallRow(c *Comparison, t *Table, s section) pageRow {
	row := pageRow{Link: s.ID, Label: s.Heading}
	u := t.Primary()
	for _, col := range c.Cols {
		cell := pageCell{Class: "none", Main: "not measured"}
		if i := slices.Index(t.Cols, col); i >= 0 {
			cell = overallCell(u.Overall[i])
		}
		cell.Col = col
		row.Cells = append(row.Cells, cell)
	}
	return row
}

func overallCell(o Overall) pageCell {
	cell := pageCell{Class: heat(o.Ratio), Main: times(o.Ratio) + "×"}
	switch {
	case o.Ratio == 0:
		return pageCell{Class: "none", Main: "n/a", Sub: o.Why}
	case o.Unknown:
		cell.Class, cell.Mark = "unknown", "?"
		cell.Title = "some rows have too few samples to tell"
	case o.Ratio == 1:
		cell.Class, cell.Mark = "best", "always best"
	case o.Tied:
		cell.Class, cell.Mark = "tie", "tie in every row"
	}
	if o.Lowest && cell.Mark == "" {
		cell.Class, cell.Mark = cell.Class+" lowest", "lowest"
	}
	return cell
}

// A figureTable describes the samples of one unit.
type figureTable struct {
	Unit string
	Rows []figureRow
}

type figureRow struct {
	Shape, Col string
	N          int
	Values     []string // min, Q1, median, Q3, max, interval low and high, MAD, CV
}

func newFigureTable(t *Table, u *Unit) figureTable {
	table := figureTable{Unit: u.Name}
	for i, cells := range u.Cells {
		for j, c := range cells {
			if c == nil {
				continue
			}
			f, s := c.Figures(), c.Summary
			row := figureRow{Shape: t.Rows[i].Shape, Col: t.Cols[j], N: f.N}
			for _, v := range []float64{f.Min, f.Q1, s.Center, f.Q3, f.Max, s.Lo, s.Hi, f.MAD} {
				row.Values = append(row.Values, measure(v, u.Name))
			}
			row.Values = append(row.Values, percent(f.CV))
			table.Rows = append(table.Rows, row)
		}
	}
	return table
}

func percent(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}
