package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/reports/internal/format"
)

// An Answer says which column to use for the work of one table.
//
// A column serves a row if no test finds it worse than the best of the row, or if it is worse by
// less than 5 %. Smaller differences carry no advice: two processes with different code layouts
// can differ by as much with identical source.
type Answer struct {
	Table *Table
	Use   []string // the columns that serve every row; several of them are a tie
	Rows  []Pick   // which columns serve each row; if Use is empty, the answer depends on the row

	// If Use is empty, Safest is the column whose greatest ratio to the best of a row is the
	// smallest, and Worst is this greatest ratio. Safest is "" if no column has a ratio in every
	// row.
	Safest string
	Worst  float64

	Prices []Price // what Use, or Safest, costs in other units; time first, then by size

	// Why says why there is no answer: there is nothing to compare, or the samples are too few.
	// All fields but Table are then empty. Why is "" if there is an answer.
	Why string
}

// A Pick is one row with the columns that serve it.
type Pick struct {
	Row  Row
	Best []string
}

// A Price is a unit in which a recommended column is worse than the best of a row.
type Price struct {
	Col, Unit string
	Row       Row     // the row with the greatest ratio
	Times     float64 // how many times worse than the best of that row
}

const (
	negligible = 1.05 // smaller ratios count as equal to the best; see Answer
	costly     = 1.5  // smaller ratios are not worth a mention
)

// Answers returns one answer for each table, in the order of the tables.
func (c *Comparison) Answers() []Answer {
	list := make([]Answer, len(c.Tables))
	for i, t := range c.Tables {
		list[i] = t.answer()
	}
	return list
}

// answer decides by the primary unit alone; other units only appear as prices.
func (t *Table) answer() Answer {
	u := t.Primary()
	a := Answer{Table: t}
	if a.Why = u.noAnswer(); a.Why != "" {
		return a
	}
	serves := make([]int, len(t.Cols)) // the number of rows that each column serves
	for i, cells := range u.Cells {
		pick := Pick{Row: t.Rows[i]}
		for col, c := range cells {
			if c.isAcceptable() {
				serves[col]++
				pick.Best = append(pick.Best, t.Cols[col])
			}
		}
		a.Rows = append(a.Rows, pick)
	}
	for col, rows := range serves {
		if rows == len(u.Cells) {
			a.Use = append(a.Use, t.Cols[col])
		}
	}
	if len(a.Use) == 0 {
		a.Safest, a.Worst = t.safestColumn(u)
	}
	a.Prices = t.prices(u, a.Use, a.Safest)
	return a
}

// noAnswer returns why the rows of u allow no answer, or "" if they do.
func (u *Unit) noAnswer() string {
	if u.Better == 0 {
		return "the text does not say whether more " + u.Name + " is better"
	}
	for _, cells := range u.Cells {
		ranked := false
		for _, c := range cells {
			switch {
			case c == nil:
			case c.Standing == Unknown:
				return c.Why
			case c.Standing == Best:
				ranked = true
			}
		}
		if !ranked {
			return "a row was measured in one column only"
		}
	}
	return ""
}

// isAcceptable reports whether the column of c serves the row of c; see [Answer].
func (c *Cell) isAcceptable() bool {
	return c != nil && (c.Standing == Best || c.Standing == Tie ||
		c.Standing == Worse && c.Ratio > 0 && c.Ratio < negligible)
}

// safestColumn minimizes the greatest ratio over the rows. Columns without a ratio in some row do
// not take part: the missing row could be their worst.
func (t *Table) safestColumn(u *Unit) (col string, worst float64) {
	for i, name := range t.Cols {
		greatest := 0.0
		for _, cells := range u.Cells {
			if c := cells[i]; c == nil || c.Ratio == 0 {
				greatest = 0
				break
			} else {
				greatest = max(greatest, c.Ratio)
			}
		}
		if greatest > 0 && (col == "" || greatest < worst) {
			col, worst = name, greatest
		}
	}
	return col, worst
}

// prices finds, for each recommended column, the units in which it costs much.
func (t *Table) prices(primary *Unit, use []string, safest string) []Price {
	var list []Price
	for i, name := range t.Cols {
		if !slices.Contains(use, name) && name != safest {
			continue
		}
		for _, u := range t.Others() {
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
func (t *Table) price(u *Unit, col int) Price {
	p := Price{Col: t.Cols[col], Unit: u.Name}
	for i, cells := range u.Cells {
		if c := cells[col]; c != nil && c.Standing == Worse && c.Ratio > p.Times {
			p.Times, p.Row = c.Ratio, t.Rows[i]
		}
	}
	return p
}

// Depends groups the rows of an answer by the columns that serve them, in order of first
// appearance.
func (a Answer) Depends() []Group {
	var groups []Group
	for _, p := range a.Rows {
		i := slices.IndexFunc(groups, func(g Group) bool { return slices.Equal(g.Best, p.Best) })
		if i < 0 {
			i, groups = len(groups), append(groups, Group{Best: p.Best})
		}
		groups[i].Rows = append(groups[i].Rows, p.Row)
	}
	return groups
}

// A Group is a set of rows that the same columns serve.
type Group struct {
	Best []string
	Rows []Row
}

// String returns the answer as a sentence.
func (a Answer) String() string {
	switch {
	case a.Why != "":
		return "no answer: " + a.Why
	case len(a.Use) == 1:
		return a.Use[0] + a.price()
	case len(a.Use) > 1:
		return orList(a.Use) + ": a tie" + a.price()
	}
	var list []string
	for _, g := range a.Depends() {
		list = append(list, fmt.Sprintf("%s for %s", orList(g.Best), RowNames(g.Rows)))
	}
	s := "it depends: " + strings.Join(list, "; ")
	if a.Safest != "" {
		s += fmt.Sprintf(
			"; the safest is %s, at most ×%s of the best", a.Safest, format.Ratio(a.Worst),
		)
	}
	return s + a.price()
}

// price returns the most important price as the end of a sentence, or "" if it is not time.
func (a Answer) price() string {
	if len(a.Prices) == 0 || a.Prices[0].class() > 1 {
		return ""
	}
	p := a.Prices[0]
	return fmt.Sprintf(
		"; but %s costs ×%s %s (%s)", p.Col, format.Ratio(p.Times), p.Unit, p.Row.Shape,
	)
}

// RowNames lists the first three rows by name and counts the others.
func RowNames(rows []Row) string {
	const few = 3
	var names []string
	for _, r := range rows[:min(few, len(rows))] {
		names = append(names, r.Shape)
	}
	s := strings.Join(names, ", ")
	if len(rows) > few {
		s += fmt.Sprintf(" and %s more", format.Plural(len(rows)-few, "row"))
	}
	return s
}

// orList joins names: "a", "a or b", "a, b or c".
func orList(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
