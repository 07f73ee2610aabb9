package reports

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// confidence is the level of all intervals, alpha that of all tests; both as in benchstat.
const confidence = 0.95

var thresholds = benchmath.DefaultThresholds

// judge fills in everything that needs statistics. Rows are independent of each other, and an
// exact U test of tied samples takes milliseconds, so they are spread over the processors.
func judge(c *Comparison, meta benchfmt.UnitMetadataMap) {
	limit := make(chan bool, runtime.GOMAXPROCS(0))
	var rows sync.WaitGroup
	for _, t := range c.Tables {
		for _, u := range t.Units {
			u.Better = meta.GetBetter(u.Name)
			assume := meta.GetAssumption(u.Name)
			u.Exact = assume == benchmath.AssumeExact
			u.Base = u.baseColumn()
			for _, cells := range u.Cells {
				limit <- true
				rows.Go(func() {
					u.judgeRow(cells, assume)
					<-limit
				})
			}
		}
	}
	rows.Wait()
	for _, t := range c.Tables {
		for _, u := range t.Units {
			u.summarizeColumns(len(t.Cols))
		}
	}
}

func (u *Unit) baseColumn() int {
	for col := range u.Cells[0] {
		if u.measured(col) {
			return col
		}
	}
	return 0
}

// measured reports whether col has any cell in this unit.
func (u *Unit) measured(col int) bool {
	return slices.ContainsFunc(u.Cells, func(row []*Cell) bool { return row[col] != nil })
}

func (u *Unit) judgeRow(cells []*Cell, assume benchmath.Assumption) {
	for _, c := range cells {
		if c != nil {
			// NewSample sorts what it is given, and the order of the text must survive.
			c.Sample = benchmath.NewSample(slices.Clone(c.Values), &thresholds)
			c.Summary = assume.Summary(c.Sample, confidence)
			c.Figures = describe(c.Sample.Values)
		}
	}
	base := cells[u.Base]
	for _, c := range cells {
		if c != nil && base != nil && c != base {
			cmp := assume.Compare(base.Sample, c.Sample)
			c.VsBase = &cmp
		}
	}
	u.rank(cells, assume)
}

// rank compares every cell of a row with the best one.
func (u *Unit) rank(cells []*Cell, assume benchmath.Assumption) {
	best := u.best(cells)
	if best == nil {
		return
	}
	best.Standing, best.Ratio = Best, 1
	best.Why = "too few samples to tell it from any other" // until one can be told
	base := cells[u.Base]
	for _, c := range cells {
		if c == nil || c == best {
			continue
		}
		var cmp benchmath.Comparison
		switch {
		case best == base: // the same test again; an exact one of tied samples is slow
			cmp = *c.VsBase
		case c == base:
			cmp = *best.VsBase
			cmp.N1, cmp.N2 = cmp.N2, cmp.N1
		default:
			cmp = assume.Compare(best.Sample, c.Sample)
		}
		c.VsBest = &cmp
		c.Ratio = timesWorse(best.Summary.Center, c.Summary.Center, u.Better)
		c.Standing, c.Why = u.standing(best, c, cmp)
		if c.Standing != Unknown {
			best.Why = ""
		}
	}
}

// best returns the cell with the best center, the first of several, or nil if the row cannot be
// ranked.
func (u *Unit) best(cells []*Cell) *Cell {
	if u.Better == 0 {
		return nil
	}
	var best *Cell
	measured := 0
	for _, c := range cells {
		if c == nil {
			continue
		}
		measured++
		if best == nil || (c.Summary.Center-best.Summary.Center)*float64(u.Better) > 0 {
			best = c
		}
	}
	if measured < 2 {
		return nil
	}
	return best
}

// timesWorse is how many times c is worse than best: 1 if they are equal, even at zero, and 0 if
// a ratio would mean nothing.
func timesWorse(best, c float64, better int) float64 {
	if best == c {
		return 1
	}
	if better > 0 {
		best, c = c, best
	}
	if best <= 0 || c <= 0 {
		return 0
	}
	return c / best
}

func (u *Unit) standing(best, c *Cell, cmp benchmath.Comparison) (s Standing, why string) {
	equal := best.Summary.Center == c.Summary.Center
	if u.Exact {
		// benchmath calls any two exact samples different, and samples that contradict
		// themselves too; it only warns of those.
		if len(best.Summary.Warnings)+len(c.Summary.Warnings) > 0 {
			return Unknown, "the unit is said to be exact, but its samples differ"
		}
		if equal {
			return Tie, ""
		}
		return Worse, ""
	}
	if p := smallestP(cmp.N1, cmp.N2); p > cmp.Alpha {
		return Unknown, fmt.Sprintf("too few samples: with %d and %d no p below %.2g is possible",
			cmp.N1, cmp.N2, p)
	}
	// Equal medians are a tie even where the test tells the samples apart by their spread:
	// “worse by a factor of 1.00” would be no help to anybody.
	if equal || cmp.P > cmp.Alpha {
		return Tie, ""
	}
	return Worse, ""
}

// smallestP is the smallest p-value that a two-sided U test can reach: of the ways to deal out
// the ranks, two are the most extreme. benchmath warns only if both samples are
// small; one sample against twenty says as little.
func smallestP(n1, n2 int) float64 {
	ways := 1.0
	for i := 1; i <= min(n1, n2); i++ {
		ways *= float64(n1+n2-i+1) / float64(i)
	}
	return math.Min(1, 2/ways)
}

// notes says so if there is nothing to compare: the usual reason is that the columns also differ
// in their configuration, which keeps them apart.
func notes(c *Comparison) []string {
	if len(c.Cols) < 2 || slices.ContainsFunc(c.Tables, (*Table).compares) {
		return nil
	}
	note := "nothing is compared: no row was measured in more than one column"
	keys := []string{c.By}
	for _, f := range c.Tables[0].Config {
		keys = append(keys, f.Key)
	}
	if len(keys) > 1 {
		note += fmt.Sprintf("; the columns differ in %s, and different configurations are never "+
			"mixed; to compare across it, compare by %q",
			strings.Join(keys[1:], ", "), strings.Join(keys, ","))
	}
	return []string{note}
}

func (t *Table) compares() bool {
	for _, row := range t.Primary().Cells {
		measured := 0
		for _, c := range row {
			if c != nil {
				measured++
			}
		}
		if measured > 1 {
			return true
		}
	}
	return false
}
