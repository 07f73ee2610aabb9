package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/internal/format"
)

// An Answer says which column to use for the work of one table.
//
// It recommends a column for a row only if the samples show that the column is at most 5 % worse
// than the best of the row, and that no column is better than this best by more; see
// [Cell.Serves]. A column that may serve a row and may not, as far as the samples can tell, is
// open there. It is never among the recommended ones.
//
// Use and Open are different lists and not one with marks, so that no reader of the struct can
// take an undecided column for a recommended one.
type Answer struct {
	Table *Table
	Use   []string // the columns that serve every row; several of them are a tie
	Open  []string // the other columns that serve every row or are open there
	Rows  []Pick   // which columns serve each row; if Use and Open are empty, the answer depends

	// Detectable is the smallest ratio that the samples would have shown as a difference in every
	// open cell of the columns in Open; see [Versus.Detectable].
	Detectable float64

	// If Open is not empty, Bound says which open column a reader may take, and what it costs at most. It is nil
	// if the samples bound nothing.
	Bound *Bound

	// Even says that all columns of the table, with or without the required needs, are within 5 % of
	// each other in every row, by a time. Either something else is the bottleneck of this work, or all of
	// them take the same time for it: the samples do not tell which.
	Even bool

	// If Use is empty, Safest is the column whose greatest ratio to the best of a row is the
	// smallest, and Worst is this greatest ratio. Safest is "" if no column has a ratio in every
	// row. Most is how far behind the best it may be with 95 % confidence, +Inf if the samples do not say.
	Safest      string
	Worst, Most float64

	Prices []Price // what Use, or else Open or Safest, costs in other units; time first, then by size

	// Unfit is the column that would save most and does not meet the needs, nil if none does.
	Unfit *Unfit

	// Change says what is different in the second column, if the columns are two files or commits; see
	// [Comparison.Job]. In a table with one column of several it has the figures of that column.
	// There is nothing to choose then, and all other fields but Table are empty.
	Change string

	// Why says why there is no answer: there is nothing to compare, or the samples are too few.
	// All fields but Table are then empty. Why is "" if there is an answer.
	Why string
}

// A Pick is one row with the columns that serve it, and the columns that are open in it.
type Pick struct {
	Row        Row
	Best, Open []string
}

// An Unfit is a column that is better than the recommended one in some row, and does not meet the
// needs: the price of the needs.
//
// It says what the needs cost. Without it, a faster column in the table would make readers
// distrust the recommendation.
type Unfit struct {
	Col, Unit string
	Row       Row      // the row with the greatest ratio
	Times     float64  // how many times worse the recommended column is in that row
	Value     float64  // the median of Col in that row
	Instead   float64  // the median of the recommended column
	But       []string // what Col does instead of each need that it lacks
}

// String returns the column with both medians and the reasons against it: "spin is ×1.30 faster,
// 20ns against 26ns (n=64), and burns a core for each waiter".
func (u Unfit) String() string {
	better := "better"
	switch {
	case strings.HasPrefix(u.Unit, "cpu-"):
		better = "cheaper"
	case format.Symbol(u.Unit) == "s":
		better = "faster"
	}
	return fmt.Sprintf("%s is ×%s %s, %s against %s (%s), and %s", u.Col, format.Ratio(u.Times),
		better, format.Value(u.Value, u.Unit), format.Value(u.Instead, u.Unit), u.Row.Shape,
		andList(u.But))
}

// answer decides by the unit u alone; other units only appear as prices. Which columns are
// recommended is decided by Cell.Serves for each row, and here for all rows together.
//
// The loops count rows instead of averaging ratios. A mean lets a column that fails one row win
// by the others; the count says that it fails one.
func (t *Table) answer(u *Unit) Answer {
	a := Answer{Table: t}
	if a.Why = u.noAnswer(); a.Why != "" {
		return a
	}
	serves := make([]int, len(t.Cols)) // the number of rows that each column serves
	open := make([]int, len(t.Cols))   // the number of rows in which the samples leave it open
	for i, cells := range u.Cells {
		pick := Pick{Row: t.Rows[i]}
		for col, c := range cells {
			switch {
			case c == nil:
			case c.Serves:
				serves[col]++
				pick.Best = append(pick.Best, t.Cols[col])
			case c.isOpen():
				open[col]++
				pick.Open = append(pick.Open, t.Cols[col])
			}
		}
		a.Rows = append(a.Rows, pick)
	}
	for col, name := range t.Cols {
		// The first case wins where both hold, which is the case without open rows.
		switch len(u.Cells) {
		case serves[col]:
			a.Use = append(a.Use, name)
		case serves[col] + open[col]:
			a.Open = append(a.Open, name)
			a.Detectable = max(a.Detectable, u.detectable(col))
		}
	}
	if len(a.Use) == 0 {
		a.Safest, a.Worst = t.safestColumn(u)
		a.Most = t.mostOf(u, a.Safest)
	}
	switch {
	case len(a.Use) > 0:
		a.Prices, a.Bound = t.prices(u, a.Use), t.tightest(u, a.Open)
	case len(a.Open) > 0:
		a.Prices, a.Bound = t.prices(u, a.Open), t.tightest(u, a.Open)
	default:
		a.Prices = t.prices(u, []string{a.Safest})
	}
	return a
}

// isOpen reports whether the samples leave open whether the column of c serves its row.
func (c *Cell) isOpen() bool {
	return !c.Serves && c.Standing != Worse && c.Standing != Unranked
}

// detectable returns the smallest ratio that the samples of column col would have shown in each
// row in which the column is open.
//
// The best cell has no comparison of its own. If it is open, the reason is in the comparisons of
// the others with it.
func (u *Unit) detectable(col int) float64 {
	greatest := 1.0
	for _, cells := range u.Cells {
		c := cells[col]
		if c == nil || !c.isOpen() {
			continue
		}
		for _, other := range cells { // the best cell is open because of all others that are
			if other != nil && other.Standing == Undecided && (other == c || c.Standing == Best) {
				greatest = max(greatest, other.VsBest.Detectable())
			}
		}
	}
	return greatest
}

// noAnswer returns why the rows of u allow no answer, or "" if they do.
//
// One row that cannot show anything forbids an answer for the table: the recommendation is about
// all its rows.
func (u *Unit) noAnswer() string {
	if u.Better == 0 {
		return "the text does not say whether more " + u.Name + " is better"
	}
	for _, cells := range u.Cells {
		ranked := false
		for _, c := range cells {
			switch {
			case c == nil:
			case c.VsBest != nil && c.VsBest.cannotShow():
				return c.VsBest.WhyUnknown()
			case c.Standing == Best || c.Standing == Tie:
				ranked = true
			}
		}
		if !ranked {
			return "a row was measured in one column only"
		}
	}
	return ""
}

// safestColumn minimizes the greatest ratio over the rows. Columns without a ratio in some row do
// not take part: the missing row could be their worst.
//
// The result is no verdict, and its ratio is one of medians. The intervals of the column say how far
// behind it may be; see mostOf.
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

// Depends groups the rows of an answer by the columns that serve them, in order of first
// appearance. Rows that no column surely serves are grouped by the columns that are open.
//
// A group has the same columns in the same order, since every row lists them in the order of the
// table.
func (a Answer) Depends() []Group {
	var groups []Group
	for _, p := range a.Rows {
		next := Group{Best: p.Best}
		if len(p.Best) == 0 {
			next.Open = p.Open
		}
		i := slices.IndexFunc(groups, func(g Group) bool {
			return slices.Equal(g.Best, next.Best) && slices.Equal(g.Open, next.Open)
		})
		if i < 0 {
			i, groups = len(groups), append(groups, next)
		}
		groups[i].Rows = append(groups[i].Rows, p.Row)
	}
	return groups
}

// A Group is a set of rows that the same columns serve. If Best is empty, the rows are undecided
// between the columns in Open.
type Group struct {
	Best, Open []string
	Rows       []Row
}

// String returns the group as a part of a sentence.
func (g Group) String() string {
	if len(g.Best) == 0 {
		return fmt.Sprintf("undecided between %s for %s", andList(g.Open), RowNames(g.Rows))
	}
	return fmt.Sprintf("%s for %s", orList(g.Best), RowNames(g.Rows))
}

// String returns the answer as a sentence.
//
// The cases follow the promise of the fields: Change and Why stand alone, then a recommendation,
// then a doubt, and only then “it depends”.
func (a Answer) String() string {
	switch {
	case a.Change != "":
		return a.Change
	case a.Why != "":
		return "no answer: " + a.Why
	case len(a.Use) == 1:
		return a.Use[0] + a.perhaps() + a.ending()
	case len(a.Use) > 1:
		return orList(a.Use) + ": a tie" + a.even() + a.perhaps() + a.ending()
	case len(a.Open) > 0:
		return "undecided: " + a.Undecided() + a.ending()
	}
	var list []string
	for _, g := range a.Depends() {
		list = append(list, g.String())
	}
	return "it depends: " + strings.Join(list, "; ") + a.safest() + a.ending()
}

// even says what a tie of all columns means, as the middle of a sentence.
//
// It is the most useful answer of all: to tune the limiter of such a program is work at the wrong place.
func (a Answer) even() string {
	if !a.Even {
		return ""
	}
	return " of all, so in time it hardly matters which one: it is not the bottleneck here, or all cost the same"
}

// safest names the safest column as the end of a sentence, or returns "" if there is none.
func (a Answer) safest() string {
	if a.Safest == "" {
		return ""
	}
	s := fmt.Sprintf("; the safest is %s, ×%s of the best in its worst row", a.Safest, format.Ratio(a.Worst))
	if most := a.SurelyAtMost(); most != "" {
		s += ", surely at most ×" + most
	}
	return s
}

// SurelyAtMost returns how many times worse than the best of a row the safest column is at most, as a text,
// or "" if the samples bound nothing. Worst is a ratio of medians, and the truth may be above it.
func (a Answer) SurelyAtMost() string {
	if a.Most == 0 || math.IsInf(a.Most, 0) {
		return ""
	}
	return format.Ratio(a.Most)
}

// Short returns the answer without prices and counts, for a list that is read at a glance.
func (a Answer) Short() string {
	switch {
	case a.Change != "":
		return a.Change
	case a.Why != "":
		return "no answer: " + a.Why
	case len(a.Use) == 1:
		return a.Use[0]
	case len(a.Use) > 1:
		return orList(a.Use) + ": a tie" + a.even()
	case len(a.Open) > 0:
		s := "undecided: " + orList(a.Open)
		if len(a.Open) == 1 && len(a.Rows) > 1 {
			s += ", or it depends"
		}
		if a.Bound != nil {
			s += " (" + a.Bound.String() + ")"
		}
		return s
	}
	return "it depends" + a.safest()
}

// Undecided says between which columns the samples leave the answer open, and what they could
// have shown. It returns "" unless Use is empty and Open is not.
func (a Answer) Undecided() string {
	if len(a.Use) > 0 || len(a.Open) == 0 {
		return ""
	}
	s := orList(a.Open)
	if len(a.Open) == 1 && len(a.Rows) > 1 {
		s += ", or it depends"
	}
	if notes := a.OpenNotes(); len(notes) > 0 {
		s += " (" + strings.Join(notes, "; ") + ")"
	}
	return s
}

// OpenNotes says what the samples show of the columns in Open, and what they could have shown. It is empty if
// no column is open.
//
// Beside a recommended column, only the bound matters: it says how much a reader may lose with the open one.
func (a Answer) OpenNotes() (notes []string) {
	if len(a.Open) == 0 {
		return nil
	}
	if len(a.Use) == 0 {
		notes = a.powerNotes()
	}
	switch {
	case a.Bound == nil:
	case len(a.Open) == 1 && len(a.Use) > 0:
		notes = append(notes, a.Bound.limit())
	default:
		notes = append(notes, a.Bound.String())
	}
	return notes
}

// powerNotes says in how many rows the open columns are decided, and which differences would have shown.
func (a Answer) powerNotes() (notes []string) {
	decided := 0 // rows in which each of the open columns surely serves or surely does not
	for _, p := range a.Rows {
		isOpen := func(col string) bool { return slices.Contains(p.Open, col) }
		if !slices.ContainsFunc(a.Open, isOpen) {
			decided++
		}
	}
	if len(a.Rows) > 1 {
		notes = append(notes, fmt.Sprintf("%d of %d rows are decided", decided, len(a.Rows)))
	}
	switch {
	case math.IsInf(a.Detectable, 0):
		notes = append(notes, "these samples bound no difference")
	case a.Detectable > 1:
		notes = append(notes, "differences below "+differenceText(a.Detectable)+" do not show")
	}
	return notes
}

// perhaps names the columns that may be as good as the recommended ones.
func (a Answer) perhaps() string {
	if len(a.Open) == 0 {
		return ""
	}
	s := "; undecided: " + andList(a.Open)
	switch {
	case a.Bound == nil:
	case len(a.Open) == 1:
		s += ", " + a.Bound.limit()
	default:
		s += " (" + a.Bound.String() + ")"
	}
	return s
}

// ending returns the price of the answer, and the price of the needs, as the end of a sentence.
func (a Answer) ending() string {
	s := a.price()
	if a.Unfit != nil {
		s += "; " + a.Unfit.String()
	}
	return s
}

// chosen returns a recommended column for a row, or else a column that may serve it.
//
// The order is from certain to safest, and the first column of a list stands for the list.
func (a Answer) chosen(row int) string {
	for _, cols := range [][]string{a.Use, a.pick(row).Best, a.Open, a.pick(row).Open, {a.Safest}} {
		if len(cols) > 0 {
			return cols[0]
		}
	}
	return ""
}

// pick returns the pick of a row, an empty one if a column was chosen without comparing rows.
func (a Answer) pick(row int) Pick {
	if row < len(a.Rows) {
		return a.Rows[row]
	}
	return Pick{}
}

// price returns the most important price as the end of a sentence, or "" if it is not time.
//
// Only a price in time interrupts the sentence. The outputs with more room list the others.
func (a Answer) price() string {
	if len(a.Prices) == 0 || a.Prices[0].class() > 1 {
		return ""
	}
	p := a.Prices[0]
	return fmt.Sprintf("; but %s costs ×%s %s, %s (%s)",
		p.Col, format.Ratio(p.Times), p.Unit, p.Sizes(), p.Row.Shape)
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
		s += fmt.Sprintf(" and %s more", plural.Of(len(rows)-few, "row"))
	}
	return s
}
