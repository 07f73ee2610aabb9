package compare

import (
	"github.com/semabench/semabench/internal/stats"
)

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
