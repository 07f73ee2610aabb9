package compare

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/semabench/semabench/internal/stats"
)

// thresholds holds the level of all tests, 0.05, as in benchstat.
var thresholds = benchmath.DefaultThresholds

// computeStatistics fills in every field of c that needs statistics. The rows depend on each
// other only through the correction of their p-values. So one goroutine for each processor takes
// rows first; then the families are corrected; then the standings follow.
func computeStatistics(c *Comparison, meta benchfmt.UnitMetadataMap) {
	rows := make(chan rowJob, 64)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			var j rowStatistics
			for r := range rows {
				j.compute(r.unit, r.cells)
			}
		})
	}
	for _, t := range c.Tables {
		for _, u := range t.Units {
			u.Better = meta.GetBetter(u.Name)
			u.Exact = meta.GetAssumption(u.Name) == benchmath.AssumeExact
			u.Base = u.baseColumn()
			for _, cells := range u.Cells {
				rows <- rowJob{u, cells}
			}
		}
	}
	close(rows)
	workers.Wait()
	for _, family := range c.families() {
		family.correct()
	}
	for _, t := range c.Tables {
		for _, u := range t.Units {
			for _, cells := range u.Cells {
				setStandings(cells)
			}
			u.summarizeColumns(len(t.Cols))
		}
	}
}

// A rowJob is the work of one goroutine at a time: one row in one unit.
type rowJob struct {
	unit  *Unit
	cells []*Cell
}

// baseColumn returns the first column that has a cell.
func (u *Unit) baseColumn() int {
	for col := range u.Cells[0] {
		if u.Measured(col) {
			return col
		}
	}
	return 0
}

// Measured reports whether column col has any cell in this unit.
func (u *Unit) Measured(col int) bool {
	return slices.ContainsFunc(u.Cells, func(row []*Cell) bool { return row[col] != nil })
}

// A rowStatistics computes one row after another in one goroutine. It holds the sorted samples of
// the current row only: keeping them for all rows would double the memory of the values.
type rowStatistics struct {
	tester  uTester
	values  []float64
	samples []benchmath.Sample // by column
}

// compute fills in the summaries of one row and its comparisons with the base and the best.
func (j *rowStatistics) compute(u *Unit, cells []*Cell) {
	j.sortSamples(cells)
	for i, c := range cells {
		switch {
		case c == nil:
		case u.Exact:
			c.Summary = benchmath.AssumeExact.Summary(&j.samples[i], confidence)
		default:
			c.Summary = benchmath.AssumeNothing.Summary(&j.samples[i], confidence)
		}
	}
	base := cells[u.Base]
	for i, c := range cells {
		if c != nil && base != nil && c != base {
			c.VsBase = j.versus(u, cells, i, u.Base)
		}
	}
	j.compareWithBest(u, cells)
}

// sortSamples copies the values before it sorts them: Cell.Values keep the order of the text.
func (j *rowStatistics) sortSamples(cells []*Cell) {
	size := 0
	for _, c := range cells {
		if c != nil {
			size += len(c.Values)
		}
	}
	j.values = slices.Grow(j.values[:0], size)
	j.samples = j.samples[:0]
	for _, c := range cells {
		if c == nil {
			j.samples = append(j.samples, benchmath.Sample{})
			continue
		}
		start := len(j.values)
		j.values = append(j.values, c.Values...)
		values := j.values[start:]
		slices.Sort(values)
		j.samples = append(j.samples, benchmath.Sample{Values: values, Thresholds: &thresholds})
	}
}

// versus compares column i with column ref.
func (j *rowStatistics) versus(u *Unit, cells []*Cell, i, ref int) *Versus {
	v, refCenter := new(Versus), cells[ref].Summary.Center
	if u.Exact {
		v.Comparison = benchmath.AssumeExact.Compare(&j.samples[ref], &j.samples[i])
		v.Ratio = Ratio{
			Medians: timesWorse(refCenter, cells[i].Summary.Center, -1),
			Hi:      math.Inf(1),
			Why:     "exact values need no interval",
		}
		// benchmath calls any two exact samples different, even if the values within a sample
		// differ, and only warns of the latter.
		v.contradicts = len(cells[ref].Summary.Warnings)+len(cells[i].Summary.Warnings) > 0
	} else {
		v.Comparison = j.tester.compare(&j.samples[ref], &j.samples[i])
		v.Ratio = j.tester.ratio(&j.samples[i], &j.samples[ref],
			cells[i].Summary.Center, refCenter)
	}
	v.Corrected = v.P
	return v
}

// compareWithBest finds the best cell of a row and compares the others with it.
func (j *rowStatistics) compareWithBest(u *Unit, cells []*Cell) {
	best := u.best(cells)
	if best < 0 {
		return
	}
	cells[best].Standing, cells[best].Ratio = Best, 1
	for i, c := range cells {
		if c == nil || i == best {
			continue
		}
		c.Ratio = timesWorse(cells[best].Summary.Center, c.Summary.Center, u.Better)
		if best == u.Base && u.Better < 0 && len(cells) == 2 {
			// VsBase is the same comparison. With two columns both families also hold the same
			// tests, so the two can share one value; most cells of a large old-and-new comparison
			// do.
			c.VsBest = c.VsBase
			continue
		}
		var v Versus
		switch {
		case best == u.Base: // the same comparison, but corrected within another family
			v = *c.VsBase
		case i == u.Base:
			v = *cells[best].VsBase
			v.N1, v.N2 = v.N2, v.N1
			v.Ratio = v.Ratio.inverse()
		default:
			v = *j.versus(u, cells, i, best)
		}
		if u.Better > 0 {
			v.Ratio = v.Ratio.inverse()
		}
		c.VsBest = &v
	}
}

// setStandings fills in the standings of a row. Its p-values must be corrected before.
func setStandings(cells []*Cell) {
	best := slices.IndexFunc(cells, func(c *Cell) bool { return c != nil && c.Standing == Best })
	if best < 0 {
		return
	}
	b := cells[best]
	// until another cell of the row can be told from it
	b.Why = "too few samples to tell it from any other"
	for _, c := range cells {
		if c == nil || c == b {
			continue
		}
		c.Standing, c.Why = standingOf(c)
		if c.Standing != Unknown {
			b.Why = ""
		}
	}
}

// best returns the column with the best median, the first of several, or -1 if the row cannot be
// ranked: no direction is better, or only one cell was measured.
func (u *Unit) best(cells []*Cell) int {
	if u.Better == 0 {
		return -1
	}
	best, measured := -1, 0
	for i, c := range cells {
		if c == nil {
			continue
		}
		measured++
		if best < 0 || (c.Summary.Center-cells[best].Summary.Center)*float64(u.Better) > 0 {
			best = i
		}
	}
	if measured < 2 {
		return -1
	}
	return best
}

// standingOf returns the standing of a cell that is not the best of its row.
func standingOf(c *Cell) (s Standing, why string) {
	switch v := c.VsBest; v.Verdict() {
	case "different":
		return Worse, ""
	case "tie":
		return Tie, ""
	default:
		return Unknown, v.WhyUnknown()
	}
}

// A family is a set of tests that are corrected together.
type family []*Versus

// families returns the families of all units with noise: the tests against the base, and the
// tests against the best. The same two cells may be tested in both, which answer different
// questions.
func (c *Comparison) families() []family {
	all := make(families)
	for i, t := range c.Tables {
		for _, u := range t.Units {
			if u.Exact {
				continue // exact values: there is no chance of error to correct
			}
			key := familyKey{unit: u.Name}
			if c.Family == ByTable {
				key.table = i
			}
			for _, cells := range u.Cells {
				all.collect(key, cells)
			}
		}
	}
	var list []family
	for _, f := range all {
		list = append(list, f)
	}
	return list // in any order: the families do not depend on each other
}

// A familyKey identifies a family. table stays 0 if the tests of all tables are one family.
type familyKey struct {
	table  int
	unit   string
	vsBest bool
}

// collect adds the tests of one row to their two families.
func (f families) collect(key familyKey, cells []*Cell) {
	base, best := key, key
	best.vsBest = true
	for _, c := range cells {
		if c == nil {
			continue
		}
		if c.VsBase != nil {
			f[base] = append(f[base], c.VsBase)
		}
		if c.VsBest != nil {
			f[best] = append(f[best], c.VsBest)
		}
	}
}

type families map[familyKey]family

// correct computes Corrected by Holm's procedure, and the smallest value that it could have.
func (f family) correct() {
	p := make([]float64, len(f))
	for i, v := range f {
		p[i] = v.P
	}
	holm := stats.Holm(p, len(f))
	for i, v := range f {
		v.Tests, v.Corrected = len(f), holm.Corrected[i]
		v.smallestCorrected = holm.Reach(smallestP(v.N1, v.N2))
	}
}

// Verdict returns "different", "tie" or "unknown". A tie is no evidence of equality. Equal
// medians are a tie even if the test tells the samples apart by their spread: “different by a
// factor of 1.00” would help no reader.
func (v *Versus) Verdict() string {
	switch {
	case v.WhyUnknown() != "":
		return "unknown"
	case v.Ratio.Medians == 1 || v.Corrected > v.Alpha:
		return "tie"
	}
	return "different"
}

// WhyUnknown returns why this comparison could show no difference, whatever its values, or "" if
// it could.
func (v *Versus) WhyUnknown() string {
	if v.contradicts {
		return "the unit is declared exact, but its samples differ"
	}
	if v.Tests == 0 {
		return "" // exact values need no samples
	}
	if p := smallestP(v.N1, v.N2); p > v.Alpha {
		return fmt.Sprintf("too few samples: with %d and %d no p below %.2g is possible",
			v.N1, v.N2, p)
	}
	if v.smallestCorrected <= v.Alpha {
		return ""
	}
	return fmt.Sprintf("too few samples for %d comparisons: with %d and %d no corrected p "+
		"below %.2g is possible, need %d each",
		v.Tests, v.N1, v.N2, v.smallestCorrected, v.needed())
}

// needed returns the size of both samples that would be enough, whatever the other tests of the
// family show.
func (v *Versus) needed() int {
	n := 4
	for smallestP(n, n)*float64(v.Tests) > v.Alpha {
		n++
	}
	return n
}

// smallestP returns the smallest p-value that a two-sided U test can reach. All ways to choose
// the ranks of the first sample are equally likely, and two of them are the most extreme.
// benchmath warns only if both samples are small; one value against twenty shows as little.
func smallestP(n1, n2 int) float64 {
	ways := 1.0
	for i := 1; i <= min(n1, n2); i++ {
		ways *= float64(n1+n2-i+1) / float64(i)
	}
	return math.Min(1, 2/ways)
}
