package compare

import (
	"math"
	"sync"

	"github.com/aclements/go-moremath/mathx" // with its last digit: p = 0.5625 is shown as 0.563 or 0.562
	"github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchmath"
)

// Up to these sizes benchmath computes the U test exactly; beyond them it takes a normal
// approximation, which is fast, and so is left to it.
const exactLimit, tiesLimit = 50, 25

// A tester compares samples. It owns the memory that its tables need, so it is not for several
// goroutines at once; the zero value is ready.
type uTester struct {
	groups                []int
	lowCounts, highCounts countTable
	bounds                [4][]int
}

// compare is benchmath.AssumeNothing.Compare with the same p-value and the same warnings, many
// times faster where values are tied: benchmath counts the ways to deal out tied ranks in maps.
// Both samples are sorted.
func (t *uTester) compare(a, b *benchmath.Sample) benchmath.Comparison {
	n1, n2 := len(a.Values), len(b.Values)
	most := max(n1, n2)
	if most < 4 || most > exactLimit { // below 4 it warns, and costs nothing
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
		cmp.P = 1 // in the middle; doubling would count what lies there twice
	case len(t.groups) == 2:
		cmp.P = twoGroupWays(small, n1, t.groups) / mathx.Choose(n1+n2, n1) * 2
	case tied:
		cmp.P = t.tiedWays(small, n1) / mathx.Choose(n1+n2, n1) * 2
	default:
		cmp.P = uDistribution(n1, n2)[small/2] * 2
	}
	return cmp
}

// rank fills groups with the sizes of the groups of equal values, ascending, and returns twice
// the U statistic of a: the pairs in which a's value is greater, a tie being half a pair.
func (t *uTester) rank(a, b []float64) (twoU int) {
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

// tiedWays counts the ways to choose n1 of the ranked values so that twice their U is at most
// twoU. Of any split of the ranking, a choice is a choice c of the lower part and one of n1-c of
// the higher part, and its U is the sum of both and of the pairs across. So two tables
// for half the ranking each replace one for the whole, at an eighth of the cost. (Klotz 1966
// gives the recurrence within a table; meeting in the middle is the idea of van de
// Wiel's split-up algorithm.) Counts are below 2^53, so adding them up loses nothing.
func (t *uTester) tiedWays(twoU, n1 int) float64 {
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
			high[v] += high[v-1] // at most v, instead of exactly v
		}
		for v, w := range low[:min(len(low), rest+1)] {
			if w != 0 {
				ways += w * high[min(rest-v, len(high)-1)]
			}
		}
	}
	return ways
}

// twoGroupWays is the count for two different values, as go-moremath has it: dividing a negative
// number, it rounds up where it should round down, and so may count one choice too many. That makes
// p too large, never too small. Our p is to be the p of benchstat, so it is kept.
func twoGroupWays(twoU, n1 int, groups []int) float64 {
	low, high := groups[0], groups[1]
	ways := 0.0
	for r := max(0, n1-low); r <= (twoU-n1*(low-n1))/(low+high); r++ {
		ways += mathx.Choose(low, n1-r) * mathx.Choose(high, r)
	}
	return ways
}

// halves is a table of ways: row c, column v is the number of ways to choose c values with twice
// their U equal to v.
type countTable struct {
	cells         []float64
	stride, limit int
	n             int
}

// row is as long as U can be: twice c times those not chosen.
func (h *countTable) row(c int) []float64 {
	return h.cells[c*h.stride:][:min(2*c*(h.n-c), h.limit)+1]
}

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
		for c := min(most, below+size); c > 0; c-- { // downwards: what it reads is still old
			for r := 1; r <= min(size, c); r++ {
				h.add(c, r, size, below)
			}
		}
		below += size
	}
}

// add extends the choices of c-r values below a group by r of the group. Each of the r is greater
// than the values below that were not chosen, and equal to those of its group that were not.
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

// allEqual is shared: every count of allocations may be the same.
var allEqual = []error{stats.ErrSamplesEqual}

var uDistributions sync.Map // from [2]int to []float64

// uDistribution returns P(U <= u) for u up to n1*n2/2, of samples without ties. It depends on
// their sizes alone, and most samples of a text have the same.
//
// The recurrence is that of Mann and Whitney (1947): the greatest value is one of sample 1, above
// all n2 of the other, or one of sample 2. The order of the operations is that of go-moremath, so p
// is the same to the last digit.
func uDistribution(n1, n2 int) []float64 {
	key := [2]int{min(n1, n2), max(n1, n2)}
	if known, ok := uDistributions.Load(key); ok {
		return known.([]float64)
	}
	n, m := key[0], key[1]
	top := n * m / 2
	rows := make([][]float64, n+1) // rows[i] is for i and the current j
	for i := range rows {
		rows[i] = make([]float64, top+1)
	}
	rows[0][0] = 1
	for j := 1; j <= m; j++ {
		for i := 1; i <= min(n, j); i++ {
			without, with, out := rows[i], rows[i-1], rows[i]
			if i == j {
				without = with // for i of sample 1 and i-1 of sample 2: the same the other way round
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
