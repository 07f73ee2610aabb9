package compare

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/internal/format"
)

// contentionNotes says which rows do not show what they seem to show: the goroutines of a sample had
// too few turns, or hardly met.
//
// Both come from units that the text has about itself. A text without them gets no such note, and
// none of its rows is suspected.
func (c *Comparison) contentionNotes() (notes []string) {
	for _, note := range []string{c.fewTurnsNote(), c.hardlyMetNote()} {
		if note != "" {
			notes = append(notes, note)
		}
	}
	return notes
}

// enoughTurns is the number of operations of each goroutine from which package bench measures
// latencies and fairness.
const enoughTurns = 20

// fewTurnsNote names the cells whose samples were too short for latencies and fairness, and how much
// longer a sample has to last. The figures are not in the text, so without the note their absence
// would look like a metric that does not apply.
func (c *Comparison) fewTurnsNote() string {
	cells, fewest, place := 0, math.Inf(1), ""
	for _, t := range c.Tables {
		u := t.unit(benchkey.Turns)
		if u == nil {
			continue
		}
		for i, row := range u.Cells {
			for col, cell := range row {
				if cell == nil {
					continue
				}
				cells++
				if v := cell.Summary.Center; v < fewest {
					fewest, place = v, t.place(i, col)
				}
			}
		}
	}
	if cells == 0 {
		return ""
	}
	// Half more than the quotient: the note asks for one longer run, and not for two.
	times := math.Ceil(1.5 * enoughTurns / max(fewest, 0.1))
	return fmt.Sprintf("in %s samples were too short: each goroutine had fewer than %d turns (%.2g in "+
		"%s), so percentiles, fairness and their prices are left out there; to have them, measure %.0f "+
		"times as long: -benchtime", plural.Of(cells, "cell"), enoughTurns, fewest, place, times)
}

const (
	// alone is Jain's index below which a few of many goroutines did nearly all the work: 0.1 is one
	// goroutine in ten. Jain's index of n goroutines is at least 1/n.
	alone = 0.1
	// together is the index from which at least half of the goroutines took part.
	together = 0.5
	// hardlyMetRatio is the ratio from which the note is worth a line. Smaller differences have many
	// causes besides this one.
	hardlyMetRatio = 2
)

// hardlyMetNote names the rows in which the best cell owes its place to goroutines that hardly met.
//
// A semaphore that lets newcomers pass may serve one goroutine for a whole sample, without any
// change of goroutines. A semaphore with strict order changes goroutines at each operation. The
// ratio of the two is the price of taking turns and not of code, and it is a thousand and more.
func (c *Comparison) hardlyMetNote() string {
	rows, worst, place := 0, 0.0, ""
	for _, t := range c.Tables {
		fairness, u := t.unit("jain"), t.Primary()
		if fairness == nil || fairness == u {
			continue
		}
		for i, cells := range u.Cells {
			best, worse := -1, -1
			for col, cell := range cells {
				switch f := fairness.Cells[i][col]; {
				case cell == nil || f == nil:
				case cell.Standing == Best && f.Summary.Center < alone:
					best = col
				case cell.Standing == Worse && f.Summary.Center >= together &&
					(worse < 0 || cell.Ratio > cells[worse].Ratio):
					worse = col
				}
			}
			if best < 0 || worse < 0 || cells[worse].Ratio < hardlyMetRatio {
				continue
			}
			rows++
			if cells[worse].Ratio > worst {
				worst = cells[worse].Ratio
				place = fmt.Sprintf("%s ×%s behind %s, whose Jain's index is %.2g", t.place(i, worse),
					format.Ratio(worst), t.Cols[best], fairness.Cells[i][best].Summary.Center)
			}
		}
	}
	if rows == 0 {
		return ""
	}
	return fmt.Sprintf("in %s goroutines hardly met in the best column (most: %s): a few did nearly "+
		"all the work, so the ratio is the price of taking turns", plural.Of(rows, "row"), place)
}

// unit returns the unit with a name, or nil.
func (t *Table) unit(name string) *Unit {
	for _, u := range t.Units {
		if u.Name == name {
			return u
		}
	}
	return nil
}

// isEven reports whether every column serves every row of t by the unit u: the samples show that all
// of them are within 5 % of the best.
//
// Columns with other code and the same time say more than any ranking: the time goes elsewhere.
func (t *Table) isEven(u *Unit) bool {
	for _, cells := range u.Cells {
		for _, c := range cells {
			if c == nil || !c.Serves {
				return false
			}
		}
	}
	return len(t.Cols) > 1 && len(u.Cells) > 0
}

// matters is the share of the user's operation from which a difference is counted as one: no user
// sees less in a service.
const matters = 0.01

// operationShare says how much of the user's operation the choice of a column can change. A column
// that is 30 times worse costs a microsecond, and whether that is much depends on what else the
// operation does.
//
// It compares the best and the worst median of each row, and so bounds what any choice can change.
// Only a time has a share of an operation.
func (c *Comparison) operationShare(operation time.Duration) string {
	if operation <= 0 {
		return ""
	}
	rows, few, most, place := 0, 0, -1.0, ""
	for _, t := range c.Tables {
		u := t.Primary()
		if format.Symbol(u.Name) != "s" {
			continue
		}
		for i, cells := range u.Cells {
			low, high, measured := math.Inf(1), math.Inf(-1), 0
			for _, cell := range cells {
				if cell != nil {
					low, high = min(low, cell.Summary.Center), max(high, cell.Summary.Center)
					measured++
				}
			}
			if measured < 2 {
				continue
			}
			rows++
			share := (high - low) / operation.Seconds()
			if share < matters {
				few++
			}
			if share > most {
				most = share
				place = fmt.Sprintf("%s, %s against %s", strings.TrimSpace(t.ShortName()+" "+t.Rows[i].Shape),
					format.Value(high, u.Name), format.Value(low, u.Name))
			}
		}
	}
	if rows == 0 {
		return ""
	}
	return fmt.Sprintf("of an operation of %v that needs this once, the choice changes at most %s "+
		"(%s), and less than %s in %d of %s", operation, format.Percent(most), place,
		format.Percent(matters), few, plural.Of(rows, "row"))
}
