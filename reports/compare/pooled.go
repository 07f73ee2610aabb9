package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/internal/format"
	"github.com/semabench/semabench/reports/read"
)

// farApart is the quotient of the greatest and the smallest sample of a cell from which a note names the
// cell. The usual noise of a benchmark stays far below it. A sample that took a millisecond can reach it by
// one interruption; so the note names both causes.
const farApart = 10

// A spread is a cell whose samples are far apart.
type spread struct {
	place     string
	low, high float64
	unit      string
	jump      int // the samples from this one on are all on one side of the samples before; or 0
}

// pooledNotes says which samples do not belong into one cell, and why. It comes before any advice
// about noise: a quieter machine would change nothing.
//
// The causes are tried in the order of their evidence: several runs, then a jump, then a
// benchmark that does not repeat.
func (c *Comparison) pooledNotes() (notes []string) {
	for _, f := range c.Log.Files {
		if f.Runs > 1 {
			notes = append(notes, fmt.Sprintf("%s holds %d runs of go test (the header of a package "+
				"comes again), and each cell pools their samples; to compare the runs, give each a "+
				"file of its own", escape.Printable(f.Label), f.Runs))
		}
	}
	list, cells := c.spreads()
	if len(list) == 0 {
		return notes
	}
	worst := slices.MaxFunc(list, func(a, b spread) int {
		if a.high/a.low < b.high/b.low {
			return -1
		}
		return 1
	})
	jumps := 0
	for _, s := range list {
		if s.jump > 0 {
			jumps++
		}
	}
	why := "either the benchmark does different work in each sample (contention, caches, a set-up), or " +
		"something else used the machine; the samples alone cannot tell which"
	switch {
	case len(notes) > 0:
		why = "perhaps because the runs in the text measured different things"
	case 2*jumps >= len(list):
		why = "the later samples are all on one side of the earlier ones"
		if worst.jump > 0 {
			why += fmt.Sprintf(" (here from sample %d on)", worst.jump+1)
		}
		why += ": something changed during the run, or several runs were put together"
	}
	return append(notes, fmt.Sprintf("in %d of %s the samples are 10 times and more apart, most in "+
		"%s, %s to %s: %s", len(list), plural.Of(cells, "cell"), worst.place,
		format.Value(worst.low, worst.unit), format.Value(worst.high, worst.unit), why))
}

// spreads returns the cells of the primary units whose samples are far apart, and the number of
// all cells.
//
// Values of zero and below have no quotient and are left out.
func (c *Comparison) spreads() (list []spread, cells int) {
	for _, t := range c.Tables {
		u := t.Primary()
		for i, row := range u.Cells {
			for col, cell := range row {
				if cell == nil {
					continue
				}
				cells++
				low, high := slices.Min(cell.Values), slices.Max(cell.Values)
				if low <= 0 || high < farApart*low {
					continue
				}
				list = append(list, spread{t.place(i, col), low, high, u.Name, jumpAt(cell.Values)})
			}
		}
	}
	return list, cells
}

// place names a cell for a note: its table, its row, and its column if there are several.
func (t *Table) place(row, col int) string {
	place := strings.TrimSpace(t.ShortName() + " " + t.Rows[row].Shape)
	if len(t.Cols) > 1 {
		place += " " + t.Cols[col]
	}
	return place
}

// jumpAt returns the first place at which all later values are at least twice as great as all
// earlier ones, or at most half as great. It returns 0 if there is none with two values on each
// side: a single value may be an accident.
//
// Both directions are found in one pass, with the extremes of the rest computed from the end
// before.
func jumpAt(values []float64) int {
	n := len(values)
	lowest, highest := slices.Clone(values), slices.Clone(values) // of the values from here on
	for i := n - 2; i >= 0; i-- {
		lowest[i], highest[i] = min(values[i], lowest[i+1]), max(values[i], highest[i+1])
	}
	low, high := values[0], values[0]
	for i := 1; i < n; i++ {
		if i >= 2 && i <= n-2 && (lowest[i] >= 2*high || 2*highest[i] <= low) {
			return i
		}
		low, high = min(low, values[i]), max(high, values[i])
	}
	return 0
}

// isPooled reports whether samples that do not belong together explain a high noise floor: then
// neither more samples nor a quieter machine are a remedy.
//
// One cell in twenty is the share at which such cells alone can set the 95th percentile of the
// noise.
func (c *Comparison) isPooled() bool {
	several := func(f read.File) bool { return f.Runs > 1 }
	list, cells := c.spreads()
	return slices.ContainsFunc(c.Log.Files, several) || 20*len(list) > cells
}
