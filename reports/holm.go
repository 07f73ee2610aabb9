package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
)

// A family is tests that are corrected together.
type family []*Versus

// families are those against the base and those against the best, of every unit with noise. The
// same two cells may be in both: they are different questions.
func (c *Comparison) families() []family {
	all := make(familyOf)
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

func (f familyOf) collect(key familyKey, cells []*Cell) {
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

type familyOf map[familyKey]family

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
		v.reach = f.reach(smallestP(v.N1, v.N2))
	}
}

// reach is what p would be corrected to if it stood in the place of one of the tests that are
// not smaller.
func (f family) reach(p float64) float64 {
	i := sort.Search(len(f), func(i int) bool { return f[i].P >= p })
	corrected := min(1, p*float64(max(1, len(f)-i)))
	if i > 0 {
		corrected = max(corrected, f[i-1].Corrected)
	}
	return corrected
}

// Verdict is "different", "tie" or "unknown". A tie is no evidence of equality. Equal medians are a
// tie even where the test tells the samples apart by their spread: “different by a factor of
// 1.00” would be no help to anybody.
func (v *Versus) Verdict() string {
	switch {
	case v.why() != "":
		return "unknown"
	case v.Ratio.Medians == 1 || v.Corrected > v.Alpha:
		return "tie"
	}
	return "different"
}

// why says why this comparison could show no difference, whatever its values, or "".
func (v *Versus) why() string {
	if v.contradicts {
		return "the unit is said to be exact, but its samples differ"
	}
	if v.Tests == 0 {
		return "" // exact
	}
	if p := smallestP(v.N1, v.N2); p > v.Alpha {
		return fmt.Sprintf("too few samples: with %d and %d no p below %.2g is possible",
			v.N1, v.N2, p)
	}
	if v.reach <= v.Alpha {
		return ""
	}
	return fmt.Sprintf("too few samples for %d comparisons: with %d and %d no corrected p "+
		"below %.2g is possible, need %d each", v.Tests, v.N1, v.N2, v.reach, v.needed())
}

// needed is how many samples each would be enough, whatever the other tests of the family show.
func (v *Versus) needed() int {
	n := 4
	for smallestP(n, n)*float64(v.Tests) > v.Alpha {
		n++
	}
	return n
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
