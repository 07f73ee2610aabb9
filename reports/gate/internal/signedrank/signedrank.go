// Package signedrank is Wilcoxon's signed rank test of paired differences, exact
// with ties and zeros.
//
//	p := signedrank.P(differences) // small: the differences tend to be above zero
//
// It also has the parts from which a confidence interval for the middle of the
// differences is made: [WalshAverages] and [Critical].
//
// What this does not show: the test supposes that the values are independent of
// each other and symmetric about their middle. Nothing here can tell whether they
// are.
package signedrank

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// ExactMax is the number of values up to which [P] is exact. Beyond it P uses the
// normal approximation, because the exact table of one row with ties takes
// seconds. Down to p = 0.0001 the approximation errs by less than a twentieth of
// p, and towards a larger p.
const ExactMax = 400

// P returns the one-sided p-value against “the values are symmetric about zero or
// below”. It is the chance, under that hypothesis, that positive values get at
// least the observed share of the rank sum.
//
// Values of equal size get the mean of their ranks. Zeros are ranked with the
// other values but count for neither side (Pratt 1959). Dropping zeros before
// ranking would be wrong here: a value that grows from below zero to zero could
// then make p larger.
//
// Given the sizes, every choice of signs is equally likely under the hypothesis,
// with or without ties and zeros. So p is the exact share of the 2^n choices, and
// never below [SmallestP]. P of no values is 1.
func P(values []float64) float64 {
	ranks, sum := doubledRanks(values)
	n := len(ranks)
	switch {
	case n == 0:
		return 1
	case n > ExactMax:
		return normalTail(ranks, sum)
	case untied(ranks):
		return untiedRankSums(n).atLeast(sum / 2)
	}
	return rankSumsOf(ranks).atLeast(sum)
}

// SmallestP returns the least p-value that n values can have: one choice of signs
// out of 2^n.
func SmallestP(n int) float64 { return math.Ldexp(1, -n) }

// doubledRanks returns twice the rank of every value that is not zero, and twice
// the rank sum of the positive values. Ranks are doubled because the mean of two
// ranks may end in one half, and the table of sums needs whole numbers.
func doubledRanks(values []float64) (ranks []int, positive int) {
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && math.Abs(sorted[j]) == math.Abs(sorted[i]) {
			j++
		}
		for _, v := range sorted[i:j] {
			if v != 0 {
				ranks = append(ranks, i+j+1) // twice the mean of ranks i+1 to j
			}
			if v > 0 {
				positive += i + j + 1
			}
		}
		i = j
	}
	return ranks, positive
}

// untied reports whether doubled ranks are 2, 4, 6 and so on.
func untied(ranks []int) bool {
	for i, r := range ranks {
		if r != 2*(i+1) {
			return false
		}
	}
	return true
}

// A distribution holds the chance of each rank sum under the hypothesis of P; the
// sum is the index.
type distribution []float64

// rankSumsOf computes the distribution for some ranks. It adds one rank after the
// other: with a chance of one half the rank is in the sum. Halving is exact in
// binary and all terms are positive, so rounding loses hardly anything.
func rankSumsOf(ranks []int) distribution {
	total := 0
	for _, r := range ranks {
		total += r
	}
	d := make(distribution, total+1)
	d[0] = 1
	reached := 0
	for _, r := range ranks {
		reached += r
		for s := reached; s >= 0; s-- { // downwards, because d[s-r] must still be the value without r
			without := d[s]
			if s >= r {
				without += d[s-r]
			}
			d[s] = without / 2
		}
	}
	return d
}

// atLeast returns the chance of a sum of at least the given one. It adds from the
// far end, where the terms are smallest, to lose least to rounding.
func (d distribution) atLeast(sum int) float64 {
	p := 0.0
	for s := len(d) - 1; s >= sum; s-- {
		p += d[s]
	}
	return min(1, p)
}

// knownSums caches untiedRankSums: a map from int to distribution. Nearly every
// row of a run has the same number of pairs and no ties, so one table serves them
// all.
var knownSums sync.Map

// untiedRankSums returns the distribution for the ranks 1 to n.
func untiedRankSums(n int) distribution {
	if known, ok := knownSums.Load(n); ok {
		return known.(distribution)
	}
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	d := rankSumsOf(ranks)
	knownSums.Store(n, d) // two goroutines may compute the same table; either copy is right
	return d
}

// normalTail is the normal approximation of P, with continuity correction. The
// variance of a rank sum is a quarter of the sum of the squared ranks, with or
// without ties.
func normalTail(ranks []int, sum int) float64 {
	mean, variance := 0.0, 0.0
	for _, r := range ranks {
		mean += float64(r) / 2
		variance += float64(r) * float64(r) / 4
	}
	return NormalUpperTail((float64(sum) - 1 - mean) / math.Sqrt(variance))
}

// NormalUpperTail returns the chance that a standard normal value is above z.
func NormalUpperTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// NormalQuantile returns the z that a standard normal value is below with chance
// p.
func NormalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// Critical returns the largest k with P(T <= k-1) <= tail, for the rank sum T of
// n untied values, and that chance. It returns 0, 0 if there is no such k: n is
// too small for the tail.
//
// The k'th smallest and the k'th largest Walsh average bound the middles that a
// test at this tail would not reject, on either side.
func Critical(n int, tail float64) (k int, p float64) {
	if n > ExactMax {
		mean := float64(n) * float64(n+1) / 4
		sigma := math.Sqrt(float64(n) * float64(n+1) * float64(2*n+1) / 24)
		return int(mean + NormalQuantile(tail)*sigma), tail
	}
	for _, chance := range untiedRankSums(n) {
		if p+chance > tail {
			break
		}
		k, p = k+1, p+chance
	}
	return k, p
}

// WalshAverages returns the n(n+1)/2 averages of two values, each value with
// itself included, in ascending order. Their median is the estimate of Hodges and
// Lehmann for the middle of the values.
func WalshAverages(values []float64) []float64 {
	list := make([]float64, 0, len(values)*(len(values)+1)/2)
	for i, a := range values {
		for _, b := range values[i:] {
			list = append(list, a/2+b/2) // halved first, so that large values do not overflow
		}
	}
	slices.Sort(list)
	return list
}
