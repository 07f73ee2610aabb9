package compare

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/internal/format"
)

// An Agreement says how far two measurements of the same rows lead to the same verdicts.
//
// Only primary units count. Other units of one row move together with it, and would count one
// change several times.
type Agreement struct {
	Cells   int      // cells that both comparisons have, in the primary units
	Changes []Change // cells with different verdicts
	Missing []string // cells that only one comparison has
}

// A Change is a cell whose verdict differs between the two comparisons.
type Change struct {
	Place    string // the names of the table, the row and the column
	Was, Is  string // better, tie, worse or undecided; see Agree
	From, To float64

	// Contradicts says that both runs decided, and that one of them excludes what the other one says. Otherwise
	// the cell, or a cell that its verdict rests on, is undecided in one of the runs. Both may be right then.
	Contradicts bool
}

// Agree compares the verdicts of two comparisons, cell by cell, in the primary unit of each
// table.
//
// The verdict of a cell is “better” if the cell is the best of its row and all others are worse. It is
// “tie” if the cell serves the row and another cell does so, too, or may. Otherwise it is “worse” or
// “undecided”. As in an [Answer], a cell that is surely worse by less than 5 % counts as a tie.
// Change.From and Change.To are the ratios to the best of the row.
//
// Agree returns an error if the two comparisons have no cell in common.
//
// The order of the two matters for the words only. A cell that is in both and was not ranked in
// one is missing there: a verdict and no verdict cannot agree.
func Agree(a, b *Comparison) (Agreement, error) {
	before, after := verdictsByCell(a), verdictsByCell(b)
	var g Agreement
	for _, place := range before.order {
		was := before.cells[place]
		is, ok := after.cells[place]
		if !ok {
			g.Missing = append(g.Missing, place+" (only in the first)")
			continue
		}
		g.Cells++
		if was.text != is.text {
			g.Changes = append(g.Changes, Change{place, was.text, is.text, was.ratio, is.ratio, contradict(was, is)})
		}
	}
	for _, place := range after.order {
		if _, ok := before.cells[place]; !ok {
			g.Missing = append(g.Missing, place+" (only in the second)")
		}
	}
	if g.Cells == 0 {
		return g, errors.New("agreement: the two comparisons have no cell in common")
	}
	return g, nil
}

// contradict reports whether two different verdicts cannot both be right. A change from or to undecided is no
// contradiction. Nor is “better” against a tie in which no other cell serves the row yet: that other cell may turn out
// to be worse.
func contradict(was, is cellVerdict) bool {
	switch {
	case was.text == "undecided" || is.text == "undecided":
		return false
	case was.text == "worse" || is.text == "worse":
		return true
	}
	return !was.alone && !is.alone
}

// Share returns the fraction of the cells whose verdict changed, from 0 to 1.
//
// Cells is above 0, as Agree returns an error otherwise.
func (g Agreement) Share() float64 { return float64(len(g.Changes)) / float64(g.Cells) }

// Contradictions returns how many changes contradict; see [Change]. A cell whose ratio lies near a limit is undecided
// in some runs and not in others, by the nature of a limit. Two runs that keep their promise of 95 % contradict
// each other rarely.
func (g Agreement) Contradictions() (n int) {
	for _, c := range g.Changes {
		if c.Contradicts {
			n++
		}
	}
	return n
}

// ContradictionShare returns the fraction of the cells whose verdicts contradict, from 0 to 1.
func (g Agreement) ContradictionShare() float64 {
	return float64(g.Contradictions()) / float64(g.Cells)
}

// Write writes g in words: a sentence with all changes, a sentence with the two kinds of change, then a line for each
// change and each missing cell. Contradictions come first.
func (g Agreement) Write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d of %s changed their verdict (%s)\n",
		len(g.Changes), plural.Of(g.Cells, "cell"), format.Percent(g.Share()))
	if n := g.Contradictions(); err == nil && len(g.Changes) > 0 {
		open := len(g.Changes) - n
		_, err = fmt.Fprintf(w, "%d contradict (%s): both runs decided; %d are from or to undecided (%s)\n",
			n, format.Percent(g.ContradictionShare()), open, format.Percent(float64(open)/float64(g.Cells)))
	}
	sorted := slices.Clone(g.Changes)
	slices.SortStableFunc(sorted, func(a, b Change) int { return rank(b) - rank(a) })
	for _, c := range sorted {
		mark := ""
		if c.Contradicts {
			mark = "contradiction: "
		}
		if err == nil {
			_, err = fmt.Fprintf(w, "  %s%s: %s ×%s, then %s ×%s\n",
				mark, c.Place, c.Was, format.Ratio(c.From), c.Is, format.Ratio(c.To))
		}
	}
	for _, place := range g.Missing {
		if err == nil {
			_, err = fmt.Fprintf(w, "  not compared: %s\n", place)
		}
	}
	return err
}

// rank sorts contradictions before other changes.
func rank(c Change) int {
	if c.Contradicts {
		return 1
	}
	return 0
}

// A cellVerdict is the verdict of one cell and its ratio to the best.
//
// The ratio is shown beside the verdict, because many changes are of a ratio that lies at a
// limit.
type cellVerdict struct {
	text  string
	ratio float64
	alone bool // the verdict is a tie, and no other cell serves the row for sure
}

// A verdictList holds the verdicts by place, and the places in the order of the comparison.
type verdictList struct {
	cells map[string]cellVerdict
	order []string
}

// verdictsByCell returns the verdicts of all ranked cells in the primary units.
//
// The place has the full name of the row and not its short one: which parts are left out depends
// on the other rows of the text.
func verdictsByCell(c *Comparison) verdictList {
	all := verdictList{cells: make(map[string]cellVerdict)}
	for _, t := range c.Tables {
		u := t.Primary()
		for i, cells := range u.Cells {
			for col, cell := range cells {
				if cell == nil || cell.Standing == Unranked {
					continue
				}
				place := t.Rows[i].Name + ", " + t.Cols[col]
				if heading := t.Heading(); heading != "" {
					place = heading + ", " + place
				}
				text := verdictOf(cell, cells)
				alone := text == "tie" && !slices.ContainsFunc(cells, func(o *Cell) bool {
					return o != nil && o != cell && o.Serves
				})
				all.cells[place] = cellVerdict{text, cell.Ratio, alone}
				all.order = append(all.order, place)
			}
		}
	}
	return all
}

// verdictOf returns the verdict of c among the cells of its row. A cell cannot be “better” while
// another cell is undecided: with more samples that cell might be as good.
//
// These words differ from Standing on purpose. Standing compares with the best and calls one of
// two equal cells the best; which one is an accident of the samples, and would count as a change
// between any two runs.
func verdictOf(c *Cell, row []*Cell) string {
	switch {
	case c.Serves:
		for _, other := range row {
			if other != nil && other != c && (other.Serves || other.Standing == Undecided) {
				return "tie"
			}
		}
		return "better"
	case c.Standing == Worse:
		return "worse"
	}
	return "undecided"
}
