package compare

import (
	"math"

	"github.com/semabench/semabench/internal/stats"
)

// A family is a set of tests that are corrected together.
type family struct {
	tests  []*Versus
	others []float64 // p-values of tests that no reader sees; see testOthers
}

// families returns the families of all units with noise: the tests against the base, and the
// tests of all pairs, of which readers see the tests against the best. The same two cells may be
// tested in both, which answer different questions.
func (c *Comparison) families() []*family {
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
			for row := range u.Cells {
				all.collect(key, u, row)
			}
		}
	}
	var list []*family
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

type families map[familyKey]*family

// of returns the family of key, and makes it if there is none.
func (f families) of(key familyKey) *family {
	if f[key] == nil {
		f[key] = new(family)
	}
	return f[key]
}

// collect adds the tests of one row to their two families.
func (f families) collect(key familyKey, u *Unit, row int) {
	base := f.of(key)
	key.vsBest = true
	pairs := f.of(key)
	for _, c := range u.Cells[row] {
		if c == nil {
			continue
		}
		if c.VsBase != nil {
			base.tests = append(base.tests, c.VsBase)
		}
		if c.VsBest != nil {
			pairs.tests = append(pairs.tests, c.VsBest)
		}
	}
	pairs.others = append(pairs.others, u.others[row]...)
}

// correct computes Corrected by Holm's procedure, the smallest value that it could have, and the
// error level of each interval.
//
// The interval of a difference gets the level at which Holm's procedure tested the difference:
// the interval excludes 1 exactly if the test calls the difference one. All other intervals get
// an equal share of the 5 %. So with 95 % chance every one of them holds its true ratio, and no
// tie of the family is wrong.
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
		v.smallestCorrected = holm.Reach(smallestP(v.N1, v.N2))
		v.level = v.Alpha / float64(all)
		if v.Corrected <= v.Alpha {
			v.level = v.Alpha / float64(holm.Factors[i])
		}
	}
}

// needed returns the size of both samples that would be enough, whatever the other tests of the
// family show.
func (v *Versus) needed() int {
	n := 4
	for smallestP(n, n)*float64(max(1, v.Tests)) > v.Alpha {
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
