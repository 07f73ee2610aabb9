package draw

import (
	"math"
	"slices"
	"strings"

	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
	"github.com/semabench/semabench/reports/internal/picture"
)

// A heatCell holds the parts of a cell that a heat map shows, decided once. The picture, the
// terminal, the page and the Markdown table all draw from it. They choose only the notation,
// because each has room for a different amount of text: six characters in a terminal, a ratio and a
// value on the page, both with intervals in Markdown.
//
// If each output decided for itself, a cell could be a tie in the picture and undecided in the
// table below it.
type heatCell struct {
	kind  picture.Kind // Missing if the cell was not measured
	shade int          // 1 to picture.Steps for the kind Worse, 0 for other kinds

	// best marks the best median of the row. Its kind is Undecided if another cell may be better.
	best bool

	ratio     float64 // times worse than the best of the row; 0 without a ratio
	low, high float64 // the interval of ratio; both 0 without one

	// The texts of the measured value are made on demand: a picture of 60 rows must not format
	// the values of 25 000.
	cell *compare.Cell
	unit *compare.Unit

	// changes says that the comparison is one of an old and a new column. old is then the cell of the
	// old column if this one is of the new column, and ratio and its interval are new over old; see newChangeCell.
	changes bool
	old     *compare.Cell
}

// newHeatCell decides how c is shown. c may be nil: not measured.
//
// The kind never is better than the samples allow: the best cell itself becomes Undecided as
// soon as another cell may beat it, which Why then says.
func newHeatCell(c *compare.Cell, u *compare.Unit) heatCell {
	if c == nil {
		return heatCell{}
	}
	h := heatCell{cell: c, unit: u, ratio: c.Ratio, best: c.Standing == compare.Best}
	if c.VsBest != nil && c.VsBest.Ratio.Confidence > 0 {
		h.low, h.high = c.VsBest.Ratio.Lo, c.VsBest.Ratio.Hi
	}
	switch c.Standing {
	case compare.Best:
		h.kind = picture.Best
		if c.Why != "" {
			h.kind = picture.Undecided
		}
	case compare.Tie:
		h.kind = picture.Tie
	case compare.Undecided:
		h.kind = picture.Undecided
	case compare.Worse:
		h.kind, h.shade = picture.Worse, picture.StepOf(c.Ratio)
		if c.Ratio == 0 { // the best has nothing of the unit at all: worse by no finite factor
			h.shade = shadeAboveZero(c.Summary.Center, u.Name)
		}
	default:
		h.kind = picture.Plain
	}
	return h
}

// shadeAboveZero returns the shade of a value beside a best of zero. There is no ratio, so the
// shade follows the amount: 3 allocations are much beside none, and 0.0015 are hardly any.
//
// 16 bytes are the step of B for the same reason as one allocation is the step of a count:
// nothing smaller can be saved.
func shadeAboveZero(v float64, unit string) int {
	quantum := 1.0
	switch format.Symbol(unit) {
	case "":
	case "B":
		quantum = 16 // the smallest size class that holds a pointer and a length
	default:
		return picture.Steps // no amount of time or of another quantity is known to be small
	}
	return picture.StepOf(1 + math.Abs(v)/quantum)
}

// short returns the ratio with a sign for its kind, in at most six characters: "3.14", "≈1.02",
// "1.30?"; "·" for a cell that was not measured; "worse" if there is no finite ratio.
//
// “worse” has five characters and “1234?” too. A ratio is never left out in favour of its sign:
// on a terminal without colours the sign is all there is.
func (h heatCell) short() string {
	switch {
	case h.old != nil:
		return h.shortChange()
	case h.changes && h.kind == picture.Plain:
		return h.median()
	}
	text := "–"
	if h.ratio != 0 {
		text = format.ShortRatio(h.ratio)
	}
	switch h.kind {
	case picture.Missing:
		return "·"
	case picture.Tie:
		return "≈" + text
	case picture.Undecided:
		if h.ratio == 0 {
			return "?–"
		}
		return text + "?"
	case picture.Worse:
		if h.ratio == 0 {
			return "worse"
		}
	}
	return text
}

// interval returns the interval of the ratio without brackets, "1.38–1.45", or "".
//
// Both bounds are 0 only if there is no interval, because a ratio of times is above 0.
func (h heatCell) interval() string {
	if h.low == 0 && h.high == 0 {
		return ""
	}
	return format.Ratio(h.low) + "–" + format.Ratio(h.high)
}

// median returns the measured value with its unit: "46.63ns".
func (h heatCell) median() string { return format.Value(h.cell.Summary.Center, h.unit.Name) }

// spread returns the interval of the median in percent of the median: "± 2%".
//
// The package benchmath divides by the median, so a negative median has a negative spread there.
func (h heatCell) spread() string {
	return "± " + strings.TrimPrefix(h.cell.Summary.PctRangeString(), "-")
}

// picture returns h for the SVG.
// picture keeps package picture free of comparisons: it draws texts, kinds and shades, whatever
// they stand for.
func (h heatCell) picture() picture.HeatCell {
	return picture.HeatCell{Text: h.short(), Kind: h.kind, Step: h.shade}
}

// A heatRow is one row of one table in its primary unit. It has a cell for each column of the
// whole comparison, so that the rows of different tables line up.
type heatRow struct {
	table *compare.Table
	group string // the values that set its table apart from the others: "cpu"
	label string // group, and the name of the row within its table
	cells []heatCell
}

// heatRows returns the first rows in which at least two columns were ranked, at most most of
// them, and the number of all. A map of ratios has nothing to show of the others.
//
// Counting goes on after the limit, because every output names the number of rows that it leaves
// out. Preparing them all would take as long as the comparison.
func heatRows(c *compare.Comparison, most int) (rows []heatRow, total int) {
	for _, t := range c.Tables {
		group, columns, unit := t.ShortName(), indexesOf(rankedColumns(c), t), t.Primary()
		for i, cells := range unit.Cells {
			if !slices.ContainsFunc(cells, isRanked) {
				continue
			}
			if total++; total > most {
				continue
			}
			rows = append(rows, heatRow{
				table: t,
				group: group,
				label: strings.TrimSpace(group + " " + t.Rows[i].Shape),
				cells: heatCells(c.Job(), cells, unit, columns),
			})
		}
	}
	return rows, total
}

// isRanked reports whether c was measured and compared with the best of its row.
func isRanked(c *compare.Cell) bool { return c != nil && c.Standing != compare.Unranked }

// heatCells places the cells of one row of a table below the columns of the comparison.
//
// A column that the table lacks is the zero heatCell, whose kind is Missing.
func heatCells(job compare.Job, cells []*compare.Cell, u *compare.Unit, columns []int) []heatCell {
	list := make([]heatCell, len(columns))
	for i, col := range columns {
		if col >= 0 {
			list[i] = jobCell(job, cells, u, col)
		}
	}
	return list
}

// jobCell returns the cell of a column in the language of the job.
func jobCell(job compare.Job, cells []*compare.Cell, u *compare.Unit, col int) heatCell {
	if job == compare.Changed {
		return newChangeCell(cells[col], cells[u.Base], u)
	}
	return newHeatCell(cells[col], u)
}

// pageColumns returns the columns of the heat map of the page: the same columns as in the other heat
// maps, or all if no table has two. Columns that only stand alone are in a section of their own.
func pageColumns(c *compare.Comparison) []string {
	if ranked := rankedColumns(c); len(ranked) > 0 {
		return ranked
	}
	return c.Cols
}

// orderedColumns returns all columns, the columns of the heat map first. The scripts know a column by
// its place here, and so does its colour: a place in the heat map is then the same place everywhere.
func orderedColumns(c *compare.Comparison) []string {
	first := pageColumns(c)
	rest := slices.DeleteFunc(slices.Clone(c.Cols), func(col string) bool {
		return slices.Contains(first, col)
	})
	return slices.Concat(first, rest)
}

// standsAlone reports whether no column of t is in the heat map of the page.
func standsAlone(c *compare.Comparison, t *compare.Table) bool {
	shown := pageColumns(c)
	return !slices.ContainsFunc(t.Cols, func(col string) bool { return slices.Contains(shown, col) })
}

// columnIndexes returns, for each column of the heat map of the page, its index in t, or -1 if t
// lacks it.
func columnIndexes(c *compare.Comparison, t *compare.Table) []int {
	return indexesOf(pageColumns(c), t)
}

// indexesOf returns the place of each column in t, -1 for a column that t lacks.
func indexesOf(cols []string, t *compare.Table) []int {
	list := make([]int, len(cols))
	for i, col := range cols {
		list[i] = slices.Index(t.Cols, col)
	}
	return list
}

// rankedColumns returns the columns of the heat map, which share a table with another column.
// A column that only stands alone, such as the floor of the machine, would be empty in every row.
//
// The order stays the order of the comparison, so colours by column are equal in pictures with
// and without such a column.
func rankedColumns(c *compare.Comparison) []string {
	return slices.DeleteFunc(slices.Clone(c.Cols), func(col string) bool {
		return !slices.ContainsFunc(c.Tables, func(t *compare.Table) bool {
			return len(t.Cols) > 1 && slices.Contains(t.Cols, col)
		})
	})
}
