package draw

import (
	"strconv"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
)

// A sampleTable describes the samples of one unit. It has one line for each measured cell.
type sampleTable struct {
	Unit string
	Rows []sampleRow
}

// A sampleRow describes one sample. Label is set in the first line of each row of the comparison.
type sampleRow struct {
	Label  *sampleLabel
	Col    string
	Values []string // n, min, Q1, median, Q3, max, interval low and high, MAD, CV
}

// A sampleLabel names a row of the comparison, and says how many lines of the table it spans.
//
// The span is counted while lines are added, since a row has a line only for columns that were
// measured. The pointer lets later lines of the row raise it.
type sampleLabel struct {
	Text string
	Span int // in lines
}

// sampleRowBytes is the least that a line of the table takes.
const sampleRowBytes = 120

// sampleSection describes the samples of as many units as fit, the first units first.
//
// The estimate from the number of cells comes first: rendering a million lines to find them too
// long would take seconds.
func (a *pageBuilder) sampleSection() part {
	p := part{
		ID:    "samples",
		Title: "Samples",
		Intro: "Q1 and Q3 are the medians of the lower and " +
			"the upper half; MAD is the median absolute deviation; CV is the standard " +
			"deviation over " +
			"the mean.",
	}
	left := 0
	units := append([]string{""}, a.otherNames()...) // "" stands for the first unit of each table
	for _, unit := range units {
		find := (*compare.Table).Primary
		if unit != "" {
			find = otherUnit(unit)
		}
		if a.countCells(find)*sampleRowBytes > a.left {
			left++
			continue
		}
		if table := a.renderPart("figures", newSampleTable(a.c, find)); table.Note == "" {
			p.Body += table.Body
		} else {
			left++
		}
	}
	if left > 0 {
		p.Note = a.leftOutNote("Too large for this page: " + plural.Of(left, "unit"))
	}
	return p
}

// countCells returns the number of measured cells in the selected units.
//
// cellCount of pageRows counts places of the heat map; this counts samples.
func (a *pageBuilder) countCells(unit unitSelector) int {
	n := 0
	for _, t := range a.c.Tables {
		if u := unit(t); u != nil {
			for _, cells := range u.Cells {
				for _, c := range cells {
					if c != nil {
						n++
					}
				}
			}
		}
	}
	return n
}

// newSampleTable describes the samples of the selected units.
func newSampleTable(c *compare.Comparison, unit unitSelector) sampleTable {
	table := sampleTable{Unit: caption(c, unit)}
	for _, t := range c.Tables {
		u := unit(t)
		if u == nil {
			continue
		}
		for i, cells := range u.Cells {
			table.add(&sampleLabel{Text: sampleRowLabel(c, t, i)}, t.Cols, cells, u.Name)
		}
	}
	return table
}

// add adds the samples of one row.
func (f *sampleTable) add(label *sampleLabel, cols []string, cells []*compare.Cell, unit string) {
	first := label
	for j, cell := range cells {
		if cell != nil {
			f.Rows = append(f.Rows, sampleRow{first, cols[j], sampleFigures(cell, unit)})
			label.Span, first = label.Span+1, nil
		}
	}
}

// sampleRowLabel names a row. There are no headings here, so it includes the name of the table.
func sampleRowLabel(c *compare.Comparison, t *compare.Table, row int) string {
	if len(c.Tables) == 1 {
		return t.Rows[row].Shape
	}
	return tableName(c, t) + " " + t.Rows[row].Shape
}

// sampleFigures formats the figures of one sample in the order of the columns.
//
// The quartiles and the deviation are for readers that doubt the median. No verdict uses them.
func sampleFigures(c *compare.Cell, unit string) (values []string) {
	f, s := c.Figures(), c.Summary
	values = append(values, strconv.Itoa(f.N))
	for _, v := range []float64{f.Min, f.Q1, s.Center, f.Q3, f.Max, s.Lo, s.Hi, f.MAD} {
		values = append(values, format.Value(v, unit))
	}
	return append(values, format.Percent(f.CV))
}
