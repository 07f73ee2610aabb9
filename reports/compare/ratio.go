package compare

import (
	"math"

	"golang.org/x/perf/benchmath"
)

// A Ratio is how many times as large one sample is as another, with an interval. It assumes only
// that one distribution is the other one, shifted on a logarithmic scale.
//
// The interval is the one of Hodges and Lehmann for the logarithms. Take the quotients of all
// n1*n2 pairs of values in ascending order, q(1) to q(n1*n2). With the U distribution of samples
// of these sizes without ties,
//
//	Lo = q(k), Hi = q(n1*n2+1-k), where k is the largest with P(U <= k-1) <= level/2,
//	Confidence = 1 - 2 P(U <= k-1).
//
// The level is corrected like the verdict beside the interval. It is 5 % for a single comparison,
// and 5 % divided by the number of tests in the family for most others; see [Versus.Corrected].
// So all intervals of a family hold their true ratios together with a chance of 95 %.
//
// The interval contains exactly the factors that a two-sided U test of this level would not
// reject. So its level is exact for small samples, and at least Confidence if values are tied.
// Beyond 2500 pairs k comes from the normal approximation. The quotients have the order of the
// differences of logarithms, so no logarithm is computed. (Hodges and Lehmann 1963, Annals of
// Mathematical Statistics 34: 598-611; Moses 1953; Hollander and Wolfe, Nonparametric Statistical
// Methods, 4.2-4.3.)
type Ratio struct {
	Medians float64 // the quotient of the two medians; 0 if one of them is not positive
	// the Hodges-Lehmann estimate, which is the median of the quotients; 0 without one
	Shift float64

	Lo, Hi     float64 // 0 and +Inf if there is no interval
	Confidence float64 // the level of the interval; 0 without one
	Why        string  // why there is no interval
}

// inverse returns the ratio of the second sample to the first.
//
// Only lo and hi may be 0 and infinite, and their inverses are infinite and 0, as they must.
func (r Ratio) inverse() Ratio {
	turn := func(v float64) float64 { // 0 stands for a missing ratio and stays 0
		if v == 0 {
			return 0
		}
		return 1 / v
	}
	lo, hi := 1/r.Hi, 1/r.Lo
	return Ratio{turn(r.Medians), turn(r.Shift), lo, hi, r.Confidence, r.Why}
}

// ratio returns the ratio of a to b with an interval of the error level given, and the bounds of
// that interval. The bounds differ from the interval if a value is zero: a Ratio then has none,
// but 0/0 counts as 1 and v/0 as infinite, so samples that are zero throughout have the bounds 1
// and 1. Without an interval the bounds are 0 and +Inf. Both samples are sorted.
//
// The median of an even number of quotients is a geometric mean, so that the ratio of b to a is
// exactly the inverse. The square roots are taken one by one, as the product may overflow.
func (t *uTester) ratio(a, b *benchmath.Sample, medianA, medianB, level float64) (
	r Ratio, lo, hi float64,
) {
	r = Ratio{Medians: timesWorse(medianB, medianA, -1), Hi: math.Inf(1)}
	x, y := a.Values, b.Values
	pairs := len(x) * len(y)
	k, confidence := intervalOrder(len(x), len(y), level/2)
	lo, hi = 0, math.Inf(1)
	if k >= 1 {
		lo, hi = t.bounds(x, y, k)
	}
	if x[0] <= 0 || y[0] <= 0 {
		r.Why = "zero or negative values have no ratio"
		return r, lo, hi
	}
	r.Shift = t.quotient(x, y, (pairs+1)/2)
	if pairs%2 == 0 { // the geometric mean of the two in the middle
		if next := t.quotient(x, y, pairs/2+1); next != r.Shift {
			r.Shift = math.Sqrt(r.Shift) * math.Sqrt(next)
		}
	}
	if k < 1 {
		r.Why = "n too small for an interval"
		return r, lo, hi
	}
	r.Lo, r.Hi, r.Confidence = lo, hi, confidence
	return r, lo, hi
}

// bounds returns the k'th smallest and the k'th greatest quotient.
//
// Negative values would break the order of the matrix of quotients, so their bounds exclude
// nothing.
func (t *uTester) bounds(x, y []float64, k int) (lo, hi float64) {
	switch {
	case x[0] == x[len(x)-1] && y[0] == y[len(y)-1] && x[0] == y[0]:
		return 1, 1
	case x[0] < 0 || y[0] < 0:
		return 0, math.Inf(1)
	}
	return t.quotient(x, y, k), t.quotient(x, y, len(x)*len(y)+1-k)
}

// intervalOrder returns the k of [Ratio] and its confidence, for a chance of error of tail on
// each side; k is 0 if the samples are too few.
//
// Rounding down makes the interval wider and never narrower than promised.
func intervalOrder(n1, n2 int, tail float64) (k int, level float64) {
	if n1*n2 > exactLimit*exactLimit {
		mean := float64(n1) * float64(n2) / 2
		sigma := math.Sqrt(float64(n1) * float64(n2) * float64(n1+n2+1) / 12)
		k = int(mean + sigma*math.Sqrt2*math.Erfinv(2*tail-1))
		return max(0, k), 1 - 2*tail
	}
	level = 1
	for _, p := range uDistribution(n1, n2) {
		if p > tail {
			break
		}
		k, level = k+1, 1-2*p
	}
	return k, level
}

// quotient returns the k'th smallest quotient of a value of x by a value of y, with k from 1.
//
// The quotients form a matrix with ascending rows and columns, so neither their list nor a sort
// is needed. Each step takes the middle of the remaining candidates as pivot, counts the smaller
// quotients in one walk along the border between smaller and greater ones, and drops one side:
// O((len(x)+len(y)) log) time instead of O(len(x) len(y)). (Monahan 1984, ACM TOMS 10: 265-270.)
//
// Two samples that are constant end the search at once, which is the case of most counts. The
// loop ends because each step drops at least its pivot.
func (t *uTester) quotient(x, y []float64, k int) float64 {
	n := len(y)
	if x[0] == x[len(x)-1] && y[0] == y[n-1] {
		return over(x[0], y[0])
	}
	for i := range t.borders {
		if cap(t.borders[i]) < len(x) {
			t.borders[i] = make([]int, len(x))
		}
	}
	from, to := t.borders[0][:len(x)], t.borders[1][:len(x)] // the remaining candidates of a row
	less, most := t.borders[2][:len(x)], t.borders[3][:len(x)]
	for i := range from {
		from[i], to[i] = 0, n
	}
	left := len(x) * n
	for {
		row, skip := 0, left/2
		for skip >= to[row]-from[row] {
			skip -= to[row] - from[row]
			row++
		}
		pivot := over(x[row], y[n-1-(from[row]+to[row])/2])
		below, upTo := border(x, y, pivot, less, most)
		switch {
		case k <= below:
			to, less = less, to
		case k > upTo:
			from, most = most, from
		default:
			return pivot
		}
		left = 0
		for i := range from {
			left += to[i] - from[i]
		}
	}
}

// over returns a/b, and 1 for 0/0. With that, the quotients of non-negative values ascend in their
// matrix like the quotients of positive ones.
//
// A positive value over 0 is infinite in floating point, which sorts last as it should.
func over(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}

// border fills less and most with the number of quotients in each row that are < pivot and <=
// pivot, and returns the two sums. Both borders only move left from row to row, so the walk is
// linear.
func border(x, y []float64, pivot float64, less, most []int) (below, upTo int) {
	n := len(y)
	j, k := n, n
	for i, v := range x {
		for j > 0 && over(v, y[n-j]) >= pivot {
			j--
		}
		for k > 0 && over(v, y[n-k]) > pivot {
			k--
		}
		less[i], most[i] = j, k
		below, upTo = below+j, upTo+k
	}
	return below, upTo
}

// confidence is the level of the intervals of medians, as in benchstat.
const confidence = 0.95

// timesWorse returns how many times worse than best c is. It returns 1 if the two are equal, even
// at zero, and 0 if a ratio would have no meaning.
//
// Swapping the two for units in which more is better makes 2 mean “twice as bad” everywhere.
func timesWorse(best, c float64, better int) float64 {
	if best == c {
		return 1
	}
	if better > 0 {
		best, c = c, best
	}
	if best <= 0 || c <= 0 {
		return 0
	}
	return c / best
}
