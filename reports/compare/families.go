package compare

import (
	"github.com/semabench/semabench/internal/stats"
	"github.com/semabench/semabench/reports/compare/internal/utest"
)

// A family is a set of tests that are corrected together.
type family struct {
	tests  []*Versus
	others []float64 // p-values of tests that no reader sees; see testOthers
}

// correctFamilies corrects the families of all units with noise: the tests against the base, and
// the tests of all pairs, of which readers see the tests against the best. The same two cells may
// be tested in both, which answer different questions. One family is in memory at a time.
//
// The slices are emptied and used again: the tests of a table of 100 000 rows are the largest
// thing after the values.
func (c *Comparison) correctFamilies() {
	var f family
	for _, units := range c.unitFamilies() {
		for _, vsBest := range []bool{false, true} {
			f.tests, f.others = f.tests[:0], f.others[:0]
			for _, u := range units {
				f.collect(u, vsBest)
			}
			f.correct()
		}
	}
}

// unitFamilies returns the units whose tests are corrected together.
//
// Under ByTable each unit of each table is alone; index then only holds the last one of a name
// and is not read.
func (c *Comparison) unitFamilies() (list [][]*Unit) {
	index := make(map[string]int) // by the name of the unit, if all tables are one family
	for _, t := range c.Tables {
		for _, u := range t.Units {
			if u.Exact {
				continue // exact values: there is no chance of error to correct
			}
			if i, ok := index[u.Name]; ok && c.Family == ByUnit {
				list[i] = append(list[i], u)
				continue
			}
			index[u.Name] = len(list)
			list = append(list, []*Unit{u})
		}
	}
	return list
}

// collect adds the tests of u against the base, or of all pairs.
//
// The order of tests within a family does not matter, because Holm's procedure sorts them.
func (f *family) collect(u *Unit, vsBest bool) {
	for row, cells := range u.Cells {
		for _, c := range cells {
			if c == nil {
				continue
			}
			v := c.VsBase
			if vsBest {
				v = c.VsBest
			}
			if v != nil {
				f.tests = append(f.tests, v)
			}
		}
		if vsBest {
			f.others = append(f.others, u.others[row]...)
		}
	}
}

// correct computes Corrected by Holm's procedure, the smallest value that it could have, and the
// error levels of each interval and of its bounds.
//
// The interval of a difference gets the level at which Holm's procedure tested the difference:
// the interval of the ranks excludes 1 exactly if the test calls the difference one. All other
// intervals get an equal share of the 5 %, also if the verdict overrules the test; see addRatio.
//
// The two bounds of a ratio get greater levels. A tie, a recommendation and a [Bound] each say that a cell is
// not much worse than another one, and nothing about how much better it may be: such a claim fails on one
// side only. Let b be the cell of a row that is truly the best. Then it is enough that the bounds of b
// against the other cells hold, one side of each. There are as many of these as the family has tests against
// the best. Each gets an equal share of the 5 %, so with 95 % chance no claim is wrong that compares with b.
// (Hsu 1984, Annals of Statistics 12: 1136-1144, compares with the best in this way; two one-sided tests for
// a tie: Schuirmann 1987.) The cell with the best median may be another one than b, and the argument does not
// cover its comparisons with the rest. TestFalseAnswers plays tables in which each column is worse than the
// column before, and finds no more false ties there. With 6 columns such a level is 6 times as great as an
// equal share among all pairs, and the interval narrower by a fifth.
//
// Calling cells different needs all pairs, because all of them may be equal.
//
// The p-values that no report shows are corrected together with the others, and nothing is stored
// for them. Leaving them out would be the error that the correction is meant to prevent: choosing
// tests after seeing the samples.
func (f *family) correct() {
	all := len(f.tests) + len(f.others)
	p := make([]float64, 0, all)
	for _, v := range f.tests {
		p = append(p, v.P)
	}
	p = append(p, f.others...)
	holm := stats.Holm(p, all)
	for i, v := range f.tests {
		v.Tests, v.Corrected = all, holm.Corrected[i]
		v.smallestCorrected = holm.Reach(utest.SmallestP(v.N1, v.N2))
		v.level = v.Alpha / float64(all)
		v.boundLevel = 2 * v.Alpha / float64(len(f.tests))
		if v.Corrected <= v.Alpha {
			v.level = v.Alpha / float64(holm.Factors[i])
		}
	}
}
