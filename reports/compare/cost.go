package compare

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/reports/internal/format"
)

// A Bound names the open column of an answer that the samples bound best, and how many times worse than
// the best of any row this column may be.
//
// A reader of an undecided answer still has to choose. The bound says how much the choice of this
// column costs at most. Answer.Worst is a ratio of medians; a bound comes from intervals that hold
// together with 95 %; see family.correct.
type Bound struct {
	Col   string
	Times float64 // how many times worse than the best of a row the column may be, in any row
}

// tightest returns the bound of the open column with the smallest one, nil if none is bounded.
func (t *Table) tightest(u *Unit, open []string) *Bound {
	var tightest *Bound
	for _, name := range t.Cols {
		if !slices.Contains(open, name) {
			continue
		}
		greatest := t.mostOf(u, name)
		if !math.IsInf(greatest, 0) && (tightest == nil || greatest < tightest.Times) {
			tightest = &Bound{name, greatest}
		}
	}
	return tightest
}

// mostOf returns how many times worse than the best of a row a column may be, in any row, or 0 if t has no
// such column. The bounds of all rows hold together with 95 %, and so does the greatest of them.
func (t *Table) mostOf(u *Unit, name string) float64 {
	col := slices.Index(t.Cols, name)
	if col < 0 {
		return 0
	}
	greatest := 1.0
	for _, cells := range u.Cells {
		greatest = max(greatest, mostTimesWorse(cells, col))
	}
	return greatest
}

// mostTimesWorse returns how many times worse than the best of its row a cell may be, or +Inf if the
// samples bound nothing.
//
// The intervals compare with the cell of the best median, which need not be the best cell. Let b be
// that cell, c the cell in question and j any other. Then c/j = (c/b) / (j/b), which is at most the upper
// end of the first interval over the lower end of the second. The true best is one of the j, or b.
func mostTimesWorse(cells []*Cell, col int) float64 {
	c := cells[col]
	if c == nil || c.Standing == Unranked {
		return math.Inf(1)
	}
	upper, lower := 1.0, 1.0
	if c.VsBest != nil {
		upper = c.VsBest.most
	}
	for i, other := range cells {
		if i != col && other != nil && other.VsBest != nil {
			lower = min(lower, other.VsBest.least)
		}
	}
	return max(1, upper/lower)
}

// String returns the bound as a part of a sentence.
func (b *Bound) String() string {
	return b.Col + " is " + b.limit()
}

// limit returns the bound without its column.
func (b *Bound) limit() string { return "surely at most ×" + format.Ratio(b.Times) + " of the best" }

// A Price is a unit in which a recommended column is worse than the best of a row.
//
// It is the worst row and not a mean: the user of the column has to live with that row.
type Price struct {
	Col, Unit string
	Row       Row     // the row with the greatest ratio
	Times     float64 // how many times worse than the best of that row

	Value, Best float64 // the two medians of that row
}

// Sizes returns the two medians of the row, the worse one first: "3.2ms against 1.1µs".
func (p Price) Sizes() string {
	return format.Value(p.Value, p.Unit) + " against " + format.Value(p.Best, p.Unit)
}

const costly = 1.5 // smaller ratios are not worth a mention

// prices finds, for each column of use, the units other than the deciding one in which it costs much.
//
// Only surely worse rows count, as everywhere in prices: an undecided ratio is no price. A unit
// below costly is left out, or each answer would name ten.
func (t *Table) prices(deciding *Unit, use []string) []Price {
	var list []Price
	for i, name := range t.Cols {
		if !slices.Contains(use, name) {
			continue
		}
		for _, u := range t.Units {
			if u == deciding || isNoise(u.Name) || deciding.Decides && u.Name == "sec/op" {
				continue
			}
			if p := t.price(u, i); p.Times >= costly && !belowTail(u.Name) &&
				p.class() < classQuotient {
				list = append(list, p)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Price) int {
		return cmp.Or(cmp.Compare(a.class(), b.class()), cmp.Compare(b.Times, a.Times))
	})
	return list
}

// belowTail reports whether a unit is a percentile below the 99th. Such a percentile depends on
// the order in which waiters are served; the cost of an unlucky operation is in the tail.
func belowTail(unit string) bool {
	m := percentileUnit.FindStringSubmatch(unit)
	if m == nil || m[2] == "max" {
		return false
	}
	p, err := strconv.ParseFloat(m[2][1:], 64)
	return err == nil && p < 99
}

// class orders prices by what a user pays first: time of every operation, time of an unlucky
// operation, other amounts per operation. Units that are quotients themselves, such as an index,
// come last: the ratio of two indexes says little.
func (p Price) class() int {
	switch {
	case strings.HasSuffix(p.Unit, "sec/op"):
		return 0
	case percentileUnit.MatchString(p.Unit):
		return 1
	case strings.HasSuffix(p.Unit, "/op"):
		return 2
	}
	return classQuotient
}

const classQuotient = 3 // see Price.class; prices of this class are not shown

// price finds the row in which column col is worst in the unit u.
//
// The best cell of the row has the ratio 1, and it has it in every unit, whichever direction is
// better.
func (t *Table) price(u *Unit, col int) Price {
	p := Price{Col: t.Cols[col], Unit: u.Name}
	for i, cells := range u.Cells {
		if c := cells[col]; c != nil && c.Standing == Worse && c.Ratio > p.Times {
			p.Times, p.Row, p.Value = c.Ratio, t.Rows[i], c.Summary.Center
			for _, other := range cells {
				if other != nil && other.Ratio == 1 {
					p.Best = other.Summary.Center
				}
			}
		}
	}
	return p
}
