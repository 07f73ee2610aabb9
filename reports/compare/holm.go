package compare

import (
	"cmp"
	"slices"
	"sort"
)

// A family is tests that are corrected together.
type family []*Versus

// families are those against the base and those against the best, of every unit with noise. The
// same two cells may be in both: they are different questions.
func (c *Comparison) families() []family {
	all := make(families)
	for i, t := range c.Tables {
		for _, u := range t.Units {
			if u.Exact {
				continue // certain: nothing to correct
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
	return list // in any order: they have nothing to do with each other
}

type familyKey struct {
	table  int
	unit   string
	vsBest bool
}

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

// correct fills in Corrected: of m tests in order of their p-values, the i'th p is multiplied by
// m-i+1, is no smaller than the one before, and no greater than 1.
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

// reach is what p would be corrected to if it stood in the place of one of the tests that are
// not smaller.
func (f family) smallestCorrected(p float64) float64 {
	i := sort.Search(len(f), func(i int) bool { return f[i].P >= p })
	corrected := min(1, p*float64(max(1, len(f)-i)))
	if i > 0 {
		corrected = max(corrected, f[i-1].Corrected)
	}
	return corrected
}
