package gate

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// exactPairs is the number of pairs up to which the signed rank test is exact. Beyond it the table
// of one row with ties takes seconds, and the normal approximation errs by less than a twentieth
// of p down to p = 0.0001, to the side of a larger p.
const exactPairs = 400

// signedRank returns the p-value of Wilcoxon's signed rank test against “the values are symmetric
// about zero or below”: the chance that at least so much of the rank sum falls to positive values.
//
// Values of equal size get the mean of their ranks, and zeros are ranked with the others but take
// no side (Pratt 1959), so that a value that grows from below zero to zero can only make p
// smaller; dropping zeros before ranking lacks that. Given the sizes, every choice of signs is
// equally likely under the null hypothesis, with ties and zeros as without them: p is the exact
// share of the 2^n choices, and no smaller than 2^-n.
func signedRank(values []float64) float64 {
	ranks, sum := signedRanks(values)
	n := len(ranks)
	switch {
	case n == 0:
		return 1
	case n > exactPairs:
		return normalTail(ranks, sum)
	case untied(ranks):
		return rankSums(n).atLeast(sum / 2)
	}
	return rankSumsOf(ranks).atLeast(sum)
}

// signedRanks returns twice the ranks of all values that are not zero, and twice the rank sum of
// the positive ones. Doubled, the mean of two ranks is a whole number.
func signedRanks(values []float64) (ranks []int, positive int) {
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && math.Abs(sorted[j]) == math.Abs(sorted[i]) {
			j++
		}
		for _, v := range sorted[i:j] {
			if v != 0 {
				ranks = append(ranks, i+j+1) // of ranks i+1 to j
			}
			if v > 0 {
				positive += i + j + 1
			}
		}
		i = j
	}
	return ranks, positive
}

func untied(ranks []int) bool {
	for i, r := range ranks {
		if r != 2*(i+1) {
			return false
		}
	}
	return true
}

// A distribution is of a rank sum under the null hypothesis: the chance of each sum.
type distribution []float64

// rankSumsOf adds one rank after the other: it is in the sum or it is not. Halves of chances are
// exact in binary, and all terms are positive, so hardly anything is lost to rounding.
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
		for s := reached; s >= 0; s-- { // downwards: what it reads is still without r
			without := d[s]
			if s >= r {
				without += d[s-r]
			}
			d[s] = without / 2
		}
	}
	return d
}

// atLeast adds up from the far end, where the terms are smallest.
func (d distribution) atLeast(sum int) float64 {
	p := 0.0
	for s := len(d) - 1; s >= sum; s-- {
		p += d[s]
	}
	return min(1, p)
}

var untiedSums sync.Map // from int to distribution

// rankSums is the distribution for the ranks 1 to n, which nearly every row shares.
func rankSums(n int) distribution {
	if known, ok := untiedSums.Load(n); ok {
		return known.(distribution)
	}
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	d := rankSumsOf(ranks)
	untiedSums.Store(n, d)
	return d
}

// normalTail is with continuity correction. The variance of a rank sum is a quarter of the sum of
// the squared ranks, ties or not.
func normalTail(ranks []int, sum int) float64 {
	mean, variance := 0.0, 0.0
	for _, r := range ranks {
		mean += float64(r) / 2
		variance += float64(r) * float64(r) / 4
	}
	return upperTail((float64(sum) - 1 - mean) / math.Sqrt(variance))
}

// upperTail is the chance that a standard normal value is above z, and normalQuantile its inverse
// from below.
func upperTail(z float64) float64      { return math.Erfc(z/math.Sqrt2) / 2 }
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// smallestP is what signedRank cannot fall below with n pairs.
func smallestP(n int) float64 { return math.Ldexp(1, -n) }
