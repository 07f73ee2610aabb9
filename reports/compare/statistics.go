package compare

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/semabench/semabench/reports/compare/internal/utest"
)

// thresholds holds the level of all tests, 0.05, as in benchstat.
var thresholds = benchmath.DefaultThresholds

// computeStatistics fills in every field of c that needs statistics, in two passes over the rows.
// The first pass tests all pairs of cells of a row. The families of tests are corrected next,
// because the level of every interval depends on the whole family. The second pass computes the
// intervals and the standings. Each pass runs one goroutine for each processor.
func computeStatistics(c *Comparison, meta benchfmt.UnitMetadataMap) {
	for _, t := range c.Tables {
		for _, u := range t.Units {
			u.Better = meta.GetBetter(u.Name)
			decides := meta.Get(u.Name, "decides")
			u.Decides = decides != nil && decides.Value == "yes"
			u.Exact = meta.GetAssumption(u.Name) == benchmath.AssumeExact
			u.Base = u.baseColumn()
			u.others = make([][]float64, len(u.Cells))
		}
	}
	c.eachRow((*rowStatistics).test)
	c.correctFamilies()
	c.eachRow((*rowStatistics).decide)
	for _, t := range c.Tables {
		for _, u := range t.Units {
			u.others = nil // only the correction needs them
			u.summarizeColumns(len(t.Cols))
		}
	}
}

// eachRow calls compute for every row of every unit, on all processors.
func (c *Comparison) eachRow(compute func(j *rowStatistics, u *Unit, row int)) {
	type rowJob struct {
		unit *Unit
		row  int
	}
	rows := make(chan rowJob, 64)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			var j rowStatistics
			for r := range rows {
				compute(&j, r.unit, r.row)
			}
		})
	}
	for _, t := range c.Tables {
		for _, u := range t.Units {
			for row := range u.Cells {
				rows <- rowJob{u, row}
			}
		}
	}
	close(rows)
	workers.Wait()
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
	tester  utest.Tester
	values  []float64
	samples []benchmath.Sample // by column
}

// test fills in the summaries of one row, and tests all pairs of its cells.
func (j *rowStatistics) test(u *Unit, row int) {
	cells := u.Cells[row]
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
	if best := u.best(cells); best >= 0 {
		j.testAgainstBest(u, cells, best)
		if !u.Exact {
			u.others[row] = j.testOthers(u, cells, best)
		}
	}
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

// versus compares column i with column ref. Of samples with noise it only makes the test; decide
// adds the ratio.
func (j *rowStatistics) versus(u *Unit, cells []*Cell, i, ref int) *Versus {
	v := new(Versus)
	if u.Exact {
		v.Comparison = benchmath.AssumeExact.Compare(&j.samples[ref], &j.samples[i])
		times := timesWorse(cells[ref].Summary.Center, cells[i].Summary.Center, -1)
		v.Ratio = Ratio{Medians: times, Hi: math.Inf(1), Why: "exact values need no interval"}
		v.lo, v.hi = times, times
		if times == 0 { // no ratio: nothing is excluded
			v.hi = math.Inf(1)
		}
		v.least, v.most = v.lo, v.hi
		// benchmath calls any two exact samples different, even if the values within a sample
		// differ, and only warns of the latter.
		v.contradicts = len(cells[ref].Summary.Warnings)+len(cells[i].Summary.Warnings) > 0
	} else {
		v.Comparison = j.tester.Compare(&j.samples[ref], &j.samples[i])
	}
	v.Corrected = v.P
	return v
}

// testAgainstBest compares every cell of a row with the best one.
func (j *rowStatistics) testAgainstBest(u *Unit, cells []*Cell, best int) {
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
			v.lo, v.hi = 1/v.hi, 1/v.lo
			v.least, v.most = v.lo, v.hi
		default:
			v = *j.versus(u, cells, i, best)
		}
		if u.Exact && u.Better > 0 {
			v.Ratio = v.Ratio.inverse()
			v.lo, v.hi = 1/v.hi, 1/v.lo
			v.least, v.most = v.lo, v.hi
		}
		c.VsBest = &v
	}
}

// testOthers returns the p-values of the pairs without the best cell. No reader sees them. They
// belong to the family all the same: which cell is the best is known from the same samples only,
// so the tests that are shown were chosen from all pairs.
func (j *rowStatistics) testOthers(u *Unit, cells []*Cell, best int) (others []float64) {
	for i, c := range cells {
		for k := i + 1; c != nil && i != best && k < len(cells); k++ {
			switch {
			case cells[k] == nil || k == best:
			case i == u.Base:
				others = append(others, cells[k].VsBase.P)
			default:
				others = append(others, j.tester.Compare(&j.samples[i], &j.samples[k]).P)
			}
		}
	}
	return others
}

// decide fills in the ratios of one row at the level of their family, and the standings.
func (j *rowStatistics) decide(u *Unit, row int) {
	cells := u.Cells[row]
	if !u.Exact {
		j.sortSamples(cells)
		best := slices.IndexFunc(cells, func(c *Cell) bool {
			return c != nil && c.Standing == Best
		})
		for i, c := range cells {
			if c == nil {
				continue
			}
			if c.VsBase != nil {
				j.addRatio(c.VsBase, cells, i, u.Base)
			}
			switch {
			case c.VsBest == nil || c.VsBest == c.VsBase:
			case u.Better > 0:
				j.addRatio(c.VsBest, cells, best, i)
			default:
				j.addRatio(c.VsBest, cells, i, best)
			}
		}
	}
	setStandings(cells)
}

// addRatio sets the ratio of cell i to cell ref in v, its interval, and its bounds.
//
// A test may reject where the verdict shows no difference: the medians are equal or contradict the ranks, or the
// spreads differ. The level at which Holm's procedure tested is too great for such an interval. So it gets an equal
// share of the 5 %, as all others do. The interval of a tie consists of the two bounds that prove the tie.
func (j *rowStatistics) addRatio(v *Versus, cells []*Cell, i, ref int) {
	level := v.level
	v.level = v.boundLevel
	j.interval(v, cells, i, ref)
	v.least, v.most = v.lo, v.hi
	bounds := *v
	v.level = level
	j.interval(v, cells, i, ref)
	switch verdict := v.Verdict(); {
	case verdict == "tie":
		v.Ratio, v.lo, v.hi, v.uneven, v.level = bounds.Ratio, bounds.lo, bounds.hi, bounds.uneven, bounds.level
	case verdict == "undecided" && v.level > v.share():
		v.level = v.share()
		j.interval(v, cells, i, ref)
	}
}

// share returns an equal share of the error level for each test of the family.
func (v *Versus) share() float64 { return v.Alpha / float64(max(1, v.Tests)) }

// interval sets the ratio of cell i to cell ref in v, with the interval of the level of v.
func (j *rowStatistics) interval(v *Versus, cells []*Cell, i, ref int) {
	v.uneven = false
	v.Ratio, v.lo, v.hi = newRatio(&j.tester, &j.samples[i], &j.samples[ref],
		cells[i].Summary.Center, cells[ref].Summary.Center, v.level)
	v.widen(j.samples[i].Values, j.samples[ref].Values)
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
