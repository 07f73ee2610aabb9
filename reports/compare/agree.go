package compare

import (
	"errors"
	"fmt"
	"io"

	"github.com/semabench/semabench/reports/internal/format"
)

// An Agreement is what two measurements of the same rows say of each other: whether one would have
// come to the same verdicts with the other text in hand.
type Agreement struct {
	Cells   int      // in both, in the primary units
	Changes []Change // of their verdicts
	Missing []string // cells that only one of the two has
}

// A Change is a cell whose verdict is not the same in both.
type Change struct {
	Place    string // table, row and column
	Was, Is  string // better, tie, worse or unknown; see Agree
	From, To float64
}

// Agree compares the verdicts of two comparisons, cell by cell, in the primary unit of each table.
// A cell is better if it is the best of its row and all others are worse, a tie if it is the best
// or tied with it while others are as well, and else worse or unknown. As in an [Answer], who is worse
// by less than 5 % is a tie. From and To of a change are the ratios to the best.
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
			g.Changes = append(g.Changes, Change{place, was.text, is.text, was.ratio, is.ratio})
		}
	}
	for _, place := range after.order {
		if _, ok := before.cells[place]; !ok {
			g.Missing = append(g.Missing, place+" (only in the second)")
		}
	}
	if g.Cells == 0 {
		return g, errors.New("agreement: the two have no cell in common")
	}
	return g, nil
}

// Share is the share of cells whose verdict changed.
func (g Agreement) Share() float64 { return float64(len(g.Changes)) / float64(g.Cells) }

// Write writes g in words, a line for each change.
func (g Agreement) Write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d of %s changed their verdict (%s)\n",
		len(g.Changes), format.Plural(g.Cells, "cell"), format.Percent(g.Share()))
	for _, c := range g.Changes {
		if err == nil {
			_, err = fmt.Fprintf(w, "  %s: %s ×%s, then %s ×%s\n",
				c.Place, c.Was, format.Ratio(c.From), c.Is, format.Ratio(c.To))
		}
	}
	for _, place := range g.Missing {
		if err == nil {
			_, err = fmt.Fprintf(w, "  not compared: %s\n", place)
		}
	}
	return err
}

type cellVerdict struct {
	text  string
	ratio float64
}

type verdictList struct {
	cells map[string]cellVerdict
	order []string
}

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
				all.cells[place] = cellVerdict{verdictOf(cell, cells), cell.Ratio}
				all.order = append(all.order, place)
			}
		}
	}
	return all
}

func verdictOf(c *Cell, row []*Cell) string {
	switch {
	case c.Standing == Unknown, c.Why != "":
		return "unknown"
	case !c.isAcceptable():
		return "worse"
	}
	for _, other := range row {
		if other != c && (other.isAcceptable() || other != nil && other.Standing == Unknown) {
			return "tie"
		}
	}
	return "better"
}
