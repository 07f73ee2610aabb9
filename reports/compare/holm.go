package compare

import (
	"cmp"
	"slices"
	"sort"
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

// correct computes Corrected by Holm's step-down procedure. With m tests in ascending order of p,
// the i'th p is multiplied by m-i+1; a corrected value is never below the one before it, and
// never above 1.
//
// Package stats has a Holm on plain numbers. Here the tests keep their identity through the sort,
// and smallestCorrected needs the corrected family afterwards.
func (f family) correct() {
	slices.SortFunc(f, func(a, b *Versus) int { return cmp.Compare(a.P, b.P) })
	before := 0.0
	for i, v := range f {
		v.Tests = len(f)
		before = max(before, min(1, v.P*float64(len(f)-i)))
		v.Corrected = before
	}
	for _, v := range f {
		v.smallestCorrected = f.smallestCorrected(smallestP(v.N1, v.N2))
	}
}

// smallestCorrected returns the corrected value that p would have in the family, in the place of
// the first test whose p is not smaller.
func (f family) smallestCorrected(p float64) float64 {
	i := sort.Search(len(f), func(i int) bool { return f[i].P >= p })
	corrected := min(1, p*float64(max(1, len(f)-i)))
	if i > 0 {
		corrected = max(corrected, f[i-1].Corrected)
	}
	return corrected
}
