// Package utest has the U test of Mann and Whitney, and the interval of the ratio of two samples
// that belongs to it. Both come from one distribution, so the interval holds exactly the factors
// that the test does not reject. The package knows samples only, and neither tables nor corrections
// for several tests.
package utest

import (
	"math"
	"sync"

	// sums in the order of benchmath: p = 0.5625 is printed as 0.563 or 0.562 by its last bit
	"github.com/aclements/go-moremath/mathx"
	"github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchmath"
)

// benchmath computes the U test exactly up to these sample sizes, without and with ties. Beyond
// them it uses a normal approximation, which is fast, so the Tester leaves those to benchmath.
const exactLimit, tiesLimit = 50, 25

// A Tester compares samples with the U test of Mann and Whitney. It reuses the memory of its
// tables, so it must not be shared by goroutines. The zero value is ready.
type Tester struct {
	groups                []int
	lowCounts, highCounts countTable
	borders               [4][]int
}

// Compare returns what benchmath.AssumeNothing.Compare returns, with the same p and the same
// warnings, many times faster if values are tied: benchmath counts the ways to choose tied ranks
// in maps. Both samples must be sorted.
func (t *Tester) Compare(a, b *benchmath.Sample) benchmath.Comparison {
	n1, n2 := len(a.Values), len(b.Values)
	most := max(n1, n2)
	// below 4 benchmath warns that the samples are too small, at no cost
	if most < 4 || most > exactLimit {
		return benchmath.AssumeNothing.Compare(a, b)
	}
	twoU := t.rank(a.Values, b.Values)
	tied := len(t.groups) < n1+n2
	cmp := benchmath.Comparison{P: 1, N1: n1, N2: n2, Alpha: a.Thresholds.CompareAlpha}
	if len(t.groups) == 1 {
		cmp.Warnings = allEqual
		return cmp
	}
	if tied && most > tiesLimit {
		return benchmath.AssumeNothing.Compare(a, b)
	}
	small := min(twoU, 2*n1*n2-twoU)
	switch {
	case small == n1*n2:
		cmp.P = 1 // U is in the middle; doubling would count the middle twice
	case len(t.groups) == 2:
		cmp.P = twoGroupWays(small, n1, t.groups) / mathx.Choose(n1+n2, n1) * 2
	case tied:
		cmp.P = t.tiedWays(small, n1) / mathx.Choose(n1+n2, n1) * 2
	default:
		cmp.P = uDistribution(n1, n2)[small/2] * 2
	}
	return cmp
}

// rank fills groups with the sizes of the groups of equal values in ascending order. It returns
// twice the U statistic of a: the number of pairs in which the value of a is greater, with a tie
// as half a pair. Twice, so that it stays an integer.
func (t *Tester) rank(a, b []float64) (twoU int) {
	t.groups = t.groups[:0]
	for i, j := 0, 0; i < len(a) || j < len(b); {
		below, i0, j0 := j, i, j
		v := math.Inf(1)
		if i < len(a) {
			v = a[i]
		}
		if j < len(b) {
			v = min(v, b[j])
		}
		for i < len(a) && a[i] == v {
			i++
		}
		for j < len(b) && b[j] == v {
			j++
		}
		twoU += (i - i0) * (2*below + j - j0)
		t.groups = append(t.groups, i-i0+j-j0)
	}
	return twoU
}

// tiedWays counts the choices of n1 of the ranked values whose doubled U is at most twoU.
//
// Split the ranking at any place. A choice then consists of c values of the lower part and n1-c
// values of the higher part. Its U is the sum of the U within both parts and of the pairs across
// the split. So two tables, each for half of the ranking, replace one table for the whole, at an
// eighth of the cost. (Klotz 1966 gives the recurrence within a table; van de Wiel's split-up
// algorithm meets in the middle in the same way.) The counts are below 2^53, so sums of float64
// are exact.
func (t *Tester) tiedWays(twoU, n1 int) float64 {
	split, lowN, total := 0, 0, 0
	for _, g := range t.groups {
		total += g
	}
	for 2*(lowN+t.groups[split]/2) < total {
		lowN += t.groups[split]
		split++
	}
	t.lowCounts.fill(t.groups[:split], n1, twoU)
	t.highCounts.fill(t.groups[split:], n1, twoU)
	highN := total - lowN
	ways := 0.0
	for c := max(0, n1-highN); c <= min(n1, lowN); c++ {
		rest := twoU - 2*(n1-c)*(lowN-c)
		if rest < 0 {
			continue
		}
		low, high := t.lowCounts.row(c), t.highCounts.row(n1-c)
		for v := 1; v < len(high); v++ {
			high[v] += high[v-1] // counts of at most v instead of exactly v
		}
		for v, w := range low[:min(len(low), rest+1)] {
			if w != 0 {
				ways += w * high[min(rest-v, len(high)-1)]
			}
		}
	}
	return ways
}

// twoGroupWays counts the choices for a ranking of two different values, as go-moremath does. It
// divides a negative number and rounds up where it should round down, and so may count one choice
// too many. That makes p too large and never too small. The p of this package is to equal the p
// of benchstat, so the rounding stays.
func twoGroupWays(twoU, n1 int, groups []int) float64 {
	low, high := groups[0], groups[1]
	ways := 0.0
	for r := max(0, n1-low); r <= (twoU-n1*(low-n1))/(low+high); r++ {
		ways += mathx.Choose(low, n1-r) * mathx.Choose(high, r)
	}
	return ways
}

// A countTable is a table of numbers of choices. Row c, column v holds the number of ways to
// choose c values so that their doubled U is v.
type countTable struct {
	cells         []float64
	stride, limit int
	n             int
}

// row returns row c, which is as long as the doubled U can be: twice c times the number of values
// that are not chosen, but at most limit.
func (h *countTable) row(c int) []float64 {
	return h.cells[c*h.stride:][:min(2*c*(h.n-c), h.limit)+1]
}

// fill computes the table for a ranking in groups of equal values. It adds one group after the
// other; rows above most and columns above limit are never read, so they are not computed.
func (h *countTable) fill(groups []int, most, limit int) {
	h.n, h.limit = 0, limit
	for _, g := range groups {
		h.n += g
	}
	most = min(most, h.n)
	h.stride = min(h.n*h.n/2, limit) + 1
	if size := (most + 1) * h.stride; size > cap(h.cells) {
		h.cells = make([]float64, size)
	} else {
		h.cells = h.cells[:size]
		clear(h.cells)
	}
	h.cells[0] = 1
	below := 0
	for _, size := range groups {
		// downwards, so that the rows that add reads are still without this group
		for c := min(most, below+size); c > 0; c-- {
			for r := 1; r <= min(size, c); r++ {
				h.add(c, r, size, below)
			}
		}
		below += size
	}
}

// add extends the choices of c-r values below a group by r values of the group. Each of the r
// values is greater than the values below that were not chosen, and ties with the values of its
// group that were not chosen.
func (h *countTable) add(c, r, size, below int) {
	from := c - r
	if from > below {
		return
	}
	shift := r * (2*(below-from) + size - r)
	last := min(2*from*(below-from), h.limit-shift)
	if last < 0 {
		return
	}
	ways := mathx.Choose(size, r)
	src := h.cells[from*h.stride:][:last+1]
	dst := h.cells[c*h.stride+shift:][:last+1]
	for v, w := range src {
		dst[v] += ways * w
	}
}

// allEqual is shared by all cells: often every count of allocations is the same.
var allEqual = []error{stats.ErrSamplesEqual}

// uDistributions caches uDistribution by the two sample sizes. Its values are []float64.
var uDistributions sync.Map // from [2]int to []float64

// uDistribution returns P(U <= u) for u up to n1*n2/2, for samples without ties. It depends on
// the sample sizes alone, and most samples of a text have the same size: hence the cache. Two
// goroutines may compute the same entry at once; either result is stored, and both are equal.
//
// The recurrence is from Mann and Whitney (1947): the greatest value belongs to sample 1 and
// exceeds all n2 values of the other, or it belongs to sample 2. The order of the operations is
// the order of go-moremath, so p is equal to the last bit.
func uDistribution(n1, n2 int) []float64 {
	key := [2]int{min(n1, n2), max(n1, n2)}
	if known, ok := uDistributions.Load(key); ok {
		return known.([]float64)
	}
	n, m := key[0], key[1]
	top := n * m / 2
	rows := make([][]float64, n+1) // rows[i] is the distribution for i and the current j
	for i := range rows {
		rows[i] = make([]float64, top+1)
	}
	rows[0][0] = 1
	for j := 1; j <= m; j++ {
		for i := 1; i <= min(n, j); i++ {
			without, with, out := rows[i], rows[i-1], rows[i]
			if i == j {
				// by symmetry: i values against i-1 is the distribution of i-1 against i
				without = with
			}
			for u := min(top, i*j); u >= 0; u-- {
				p := float64(j) * without[u]
				if u >= j {
					p += float64(i) * with[u-j]
				}
				out[u] = p / float64(i+j)
			}
		}
	}
	sum := rows[n]
	for u := 1; u <= top; u++ {
		sum[u] += sum[u-1]
	}
	uDistributions.Store(key, sum)
	return sum
}

// SmallestP returns the smallest p-value that a two-sided U test can reach. All ways to choose
// the ranks of the first sample are equally likely, and two of them are the most extreme.
// benchmath warns only if both samples are small; one value against twenty shows as little.
func SmallestP(n1, n2 int) float64 {
	ways := 1.0
	for i := 1; i <= min(n1, n2); i++ {
		ways *= float64(n1+n2-i+1) / float64(i)
	}
	return math.Min(1, 2/ways)
}
