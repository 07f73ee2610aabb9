package compare

import (
	"cmp"
	"math"
	"slices"
)

// ManyColumns is the number of columns from which a ranking says more than a map of all cells.
const ManyColumns = 13

// A Rank is the place of one column in a table.
//
// The counts stand beside the mean, because a column with the best mean may fail rows.
type Rank struct {
	Col     string
	Overall Overall // the mean ratio to the best
	Worst   float64 // the greatest ratio to the best of a row; 0 if a row has none

	// the numbers of rows that the column serves, that are open and in which it is worse
	Serves, Open, Worse int
}

// Ranking returns the columns of t in the order of their mean ratio to the best. Columns without
// a mean come last. The order of the means is no verdict: a column is recommended only if it
// serves all rows.
//
// Ties in the mean are ordered by the worst row, and then stay in the order of the columns.
func (t *Table) Ranking() []Rank {
	u := t.Primary()
	list := make([]Rank, len(t.Cols))
	for col, name := range t.Cols {
		r := Rank{Col: name, Overall: u.Overall[col]}
		for _, cells := range u.Cells {
			switch c := cells[col]; {
			case c == nil:
			case c.Serves:
				r.Serves++
			case c.isOpen():
				r.Open++
			default:
				r.Worse++
			}
			if c := cells[col]; c != nil {
				r.Worst = max(r.Worst, c.Ratio)
			}
		}
		list[col] = r
	}
	mean := func(r Rank) float64 {
		if r.Overall.Ratio == 0 {
			return math.Inf(1)
		}
		return r.Overall.Ratio
	}
	slices.SortStableFunc(list, func(a, b Rank) int {
		return cmp.Or(cmp.Compare(mean(a), mean(b)), cmp.Compare(a.Worst, b.Worst))
	})
	return list
}
