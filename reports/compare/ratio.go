package compare

import (
	"math"

	"golang.org/x/perf/benchmath"

	"github.com/semabench/semabench/reports/compare/internal/utest"
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
// So the sides of 1 on which the intervals lie are right together with a chance of 95 %. The interval of a tie is
// narrower: each of its two bounds has an equal share of the 5 % among the tests that are shown. An upper bound of
// a ratio, as in [Bound], is computed at that level, too.
//
// The interval contains exactly the factors that a two-sided U test of this level would not
// reject. So its level is exact for small samples, and at least Confidence if values are tied.
// Beyond 2500 pairs k comes from the normal approximation. The quotients have the order of the
// differences of logarithms, so no logarithm is computed. If one sample has more than twice the spread of the
// other, the interval is as wide as Welch's at least; see widen. (Hodges and Lehmann 1963, Annals of
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

// uneven is the quotient of the spreads of two samples from which the interval of their ratio is widened. With 3
// instead of 2, equal columns would be called different in 6.4 % of the tables of TestFalseAnswers whose noises
// differ most.
const uneven = 2

// widen makes the interval of v wide enough for samples a and b whose spreads differ. The test of ranks and its
// interval assume that both spread alike. Let one column have 20 times the noise of another one. Then the
// test alone calls equal columns different in 11 % of rows instead of 5 %. In tables of 20 rows, whose levels are
// small, it does so in 39 % of tables. Welch's interval assumes no equal spreads. On each side the wider bound of
// the two intervals counts.
//
// Samples that spread alike keep the interval of the ranks, which an outlier does not move. Both samples are sorted.
func (v *Versus) widen(a, b []float64) {
	r := &v.Ratio
	if r.Confidence == 0 {
		return // there is no interval, or a value has no logarithm
	}
	if s, t := spreadOf(a), spreadOf(b); max(s, t) <= uneven*min(s, t) {
		return
	}
	lo, hi, ok := utest.Welch(a, b, v.level)
	if !ok {
		return
	}
	v.uneven = true
	v.lo, v.hi = min(v.lo, lo), max(v.hi, hi)
	r.Lo, r.Hi = v.lo, v.hi
}

// spreadOf returns the logarithm of the quotient of two values of a sorted sample: the quartiles, or nearly the
// extremes of few values. An outlier is beyond them if there are five values or more.
func spreadOf(sorted []float64) float64 {
	n := len(sorted)
	k := min(max(1, n/4), (n-1)/4)
	return math.Log(sorted[n-1-k] / sorted[k])
}

// inverse returns the ratio of the second sample to the first.
//
// Lo may be 0 and Hi infinite. Their inverses are infinite and 0, which are the right bounds: the
// inverse of an unknown ratio is unknown, too.
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

// newRatio returns the ratio of a to b with an interval of the error level given, and the bounds of
// that interval. The bounds differ from the interval if a value is zero: a Ratio then has none,
// but 0/0 counts as 1 and v/0 as infinite, so samples that are zero throughout have the bounds 1
// and 1. Without an interval the bounds are 0 and +Inf. Both samples are sorted.
//
// The median of an even number of quotients is a geometric mean, so that the ratio of b to a is
// exactly the inverse. The square roots are taken one by one, as the product may overflow.
func newRatio(t *utest.Tester, a, b *benchmath.Sample, medianA, medianB, level float64) (
	r Ratio, lo, hi float64,
) {
	r = Ratio{Medians: timesWorse(medianB, medianA, -1), Hi: math.Inf(1)}
	x, y := a.Values, b.Values
	pairs := len(x) * len(y)
	k, confidence := utest.IntervalOrder(len(x), len(y), level/2)
	lo, hi = 0, math.Inf(1)
	if k >= 1 {
		lo, hi = t.Bounds(x, y, k)
	}
	if x[0] <= 0 || y[0] <= 0 {
		r.Why = "zero or negative values have no ratio"
		return r, lo, hi
	}
	r.Shift = t.Quotient(x, y, (pairs+1)/2)
	if pairs%2 == 0 { // the geometric mean of the two in the middle
		if next := t.Quotient(x, y, pairs/2+1); next != r.Shift {
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
