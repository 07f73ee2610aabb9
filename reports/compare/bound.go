package compare

import (
	"math"
	"slices"

	"github.com/semabench/semabench/reports/internal/format"
)

// A Bound is the column among the open ones of an answer that is surely nowhere far behind, and how far
// behind it may be.
//
// A reader of an undecided answer still has to choose. The bound says how much the choice of this
// column costs at most. Answer.Worst is a ratio of medians; a bound comes from the intervals of the
// table, which hold together with 95 %.
type Bound struct {
	Col   string
	Times float64 // how many times worse than the best of a row the column may be, in any row
}

// tightest returns the bound of the open column with the smallest one, nil if none is bounded.
func (t *Table) tightest(u *Unit, open []string) *Bound {
	var tightest *Bound
	for col, name := range t.Cols {
		if !slices.Contains(open, name) {
			continue
		}
		greatest := 1.0
		for _, cells := range u.Cells {
			greatest = max(greatest, mostTimesWorse(cells, col))
		}
		if !math.IsInf(greatest, 0) && (tightest == nil || greatest < tightest.Times) {
			tightest = &Bound{name, greatest}
		}
	}
	return tightest
}

// mostTimesWorse returns how many times worse than the best of its row a cell may be, or +Inf if the
// samples bound nothing.
//
// The intervals compare with the cell of the best median, which need not be the best cell. Let b be
// that cell, c the asked one and j any other. Then c/j = (c/b) / (j/b), which is at most the upper
// end of the first interval over the lower end of the second. The true best is one of the j, or b.
func mostTimesWorse(cells []*Cell, col int) float64 {
	c := cells[col]
	if c == nil || c.Standing == Unranked {
		return math.Inf(1)
	}
	upper, lower := 1.0, 1.0
	if c.VsBest != nil {
		upper = c.VsBest.hi
	}
	for i, other := range cells {
		if i != col && other != nil && other.VsBest != nil {
			lower = min(lower, other.VsBest.lo)
		}
	}
	return max(1, upper/lower)
}

// String returns the bound as a part of a sentence.
func (b *Bound) String() string {
	return b.Col + " is surely at most ×" + format.Ratio(b.Times) + " of the best"
}
