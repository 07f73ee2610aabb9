package draw

import (
	"fmt"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
)

// isRanking reports whether c has so many columns that a ranking comes before the map of cells.
//
// A heat map with thirteen columns and more is wider than a screen, and a reader cannot compare
// the first column with the last.
func isRanking(c *compare.Comparison) bool {
	return c.Job() == compare.Choose && len(c.Cols) >= compare.ManyColumns
}

// A rankingRow is one column of a table in words.
//
// The texts are made once for terminal, Markdown and page. Only the escaping differs between
// them.
type rankingRow struct{ Place, Col, Mean, Worst, Serves, Open, Behind string }

// rankingRows writes the ranking of t. It returns the first columns, and how many are left.
//
// “n/a” and “–” stand for a mean that does not exist: a column that lacks a row must not look
// best for that.
func rankingRows(t *compare.Table) (rows []rankingRow, left int) {
	const most = 40
	list, left := page.First(t.Ranking(), most)
	for i, r := range list {
		row := rankingRow{
			Place: fmt.Sprint(i + 1), Col: clipped(r.Col), Mean: "n/a", Worst: "–",
			Serves: fmt.Sprint(r.Serves), Open: fmt.Sprint(r.Open), Behind: fmt.Sprint(r.Worse),
		}
		if r.Overall.Ratio != 0 {
			row.Mean = "×" + format.Ratio(r.Overall.Ratio)
		}
		if r.Worst != 0 {
			row.Worst = "×" + format.Ratio(r.Worst)
		}
		rows = append(rows, row)
	}
	return rows, left
}

// rankingHead are the headings of a ranking.
var rankingHead = []string{"", "mean ratio to the best", "worst row", "rows served", "undecided", "worse"}

// cells returns the fields of r in the order of rankingHead.
func (r rankingRow) cells() []string {
	return []string{r.Place + ". " + r.Col, r.Mean, r.Worst, r.Serves, r.Open, r.Behind}
}

// rankingNote says what the order of a ranking rests on.
const rankingNote = "The order is of the geometric means of the ratios to the best of each row. " +
	"No test compares the means: neighbours may stand in this order by chance."

// A figureTable holds the medians of a comparison with a single column: a row for each benchmark
// and a column for each unit.
//
// With one column no ratio exists, and a heat map would be empty. The values themselves are then
// all there is to show.
type figureTable struct {
	heading string
	units   []string
	rows    [][]string // the name, then the medians
}

// newFigureTable collects the medians of t. Units of noise are left out.
func newFigureTable(t *compare.Table) figureTable {
	f := figureTable{heading: t.Heading()}
	units := append([]*compare.Unit{t.Primary()}, t.Others()...)
	for _, u := range units {
		f.units = append(f.units, u.Name)
	}
	for i, row := range t.Rows {
		line := []string{row.Shape}
		for _, u := range units {
			text := "–"
			if c := u.Cells[i][0]; c != nil {
				h := newHeatCell(c, u)
				text = h.median() + " " + h.spread()
			}
			line = append(line, text)
		}
		f.rows = append(f.rows, line)
	}
	return f
}
