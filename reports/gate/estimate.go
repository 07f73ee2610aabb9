package gate

import (
	"math"
	"slices"
)

// confidence is the level of all intervals; for small samples it is a little more.
const confidence = 0.95

// An Estimate is how many times as long the new side takes as the old one: 1.05 is 5 % slower.
//
// Its values are the logarithms of the quotients new/old, one for each unit: a pair, or the average
// of those pairs that have the same two code layouts. Ratio is the estimate of Hodges and Lehmann:
// the median of the n(n+1)/2 averages of two of them (Walsh averages, each with itself
// included), put back into a quotient. Lo and Hi are the k'th such average from either end, where
// k is the largest with P(T <= k-1) <= 0.025 for the signed rank sum T of n units; Confidence is
// 1 - 2 P(T <= k-1). They hold the ratios that two one-sided signed rank tests would not reject.
// (Hodges and Lehmann 1963; Tukey 1949; Hollander and Wolfe, Nonparametric Statistical Methods,
// 3.2-3.3.)
type Estimate struct {
	Pairs      int
	Units      int     // groups of pairs with the same layouts: what the test counts
	Ratio      float64 // 0 without pairs
	Lo, Hi     float64 // 0 and +Inf with fewer than 6 units: no interval has such a level then
	Confidence float64 // 0 without an interval
	Slower     float64 // one-sided p-value of “not slower”
	Faster     float64 // one-sided p-value of “not faster”
}

// estimate is of pairs whose values are all positive.
func estimate(pairs []Pair) Estimate {
	e := estimateLogs(units(pairs))
	e.Pairs = len(pairs)
	return e
}

// units are the logarithms that a test may take for independent: averages over the pairs that have
// both layouts in common. A layout favours its side in every pair that it is in: of what pairs of
// identical sides differed by, 43 % was the layout's for strconv.AppendInt, 20 % for fmt.Sprintf,
// none where goroutines contend. Four pairs of each layout, taken for independent ones,
// made the p of a difference of 3 % a thousand times smaller than it was.
func units(pairs []Pair) []float64 {
	var logs []float64
	for _, unit := range byLayouts(pairs) {
		sum := 0.0
		for _, p := range unit {
			sum += math.Log(p.New / p.Old)
		}
		logs = append(logs, sum/float64(len(unit)))
	}
	return logs
}

// byLayouts puts pairs with the same two layouts together, in the order of the first of each.
func byLayouts(pairs []Pair) (units [][]Pair) {
	type layouts struct{ old, new uint64 }
	seen := make(map[layouts]int)
	for _, p := range pairs {
		l := layouts{p.OldLayout, p.NewLayout}
		i, ok := seen[l]
		if !ok || l.old == 0 || l.new == 0 {
			i = len(units)
			seen[l] = i
			units = append(units, nil)
		}
		units[i] = append(units[i], p)
	}
	return units
}

func estimateLogs(logs []float64) Estimate {
	e := Estimate{Pairs: len(logs), Units: len(logs), Hi: math.Inf(1), Slower: 1, Faster: 1}
	if len(logs) == 0 {
		return e
	}
	walsh := walshAverages(logs)
	e.Ratio = math.Exp(median(walsh))
	if k, level := intervalRank(len(logs)); k > 0 {
		e.Lo, e.Hi = math.Exp(walsh[k-1]), math.Exp(walsh[len(walsh)-k])
		e.Confidence = level
	}
	e.Slower = signedRank(logs)
	turned := make([]float64, len(logs))
	for i, v := range logs {
		turned[i] = -v
	}
	e.Faster = signedRank(turned)
	return e
}

// walshAverages are sorted.
func walshAverages(values []float64) []float64 {
	list := make([]float64, 0, len(values)*(len(values)+1)/2)
	for i, a := range values {
		for _, b := range values[i:] {
			list = append(list, a/2+b/2)
		}
	}
	slices.Sort(list)
	return list
}

func median(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}

// intervalRank is k of [Estimate], and the confidence that it gives; 0 if there is none.
func intervalRank(n int) (k int, level float64) {
	k, p := rankBelow(n, (1-confidence)/2)
	if k == 0 {
		return 0, 0
	}
	return k, 1 - 2*p
}

// rankBelow returns the largest k with p = P(T <= k-1) <= tail, for the signed rank sum T of n values;
// 0 if there is none.
func rankBelow(n int, tail float64) (k int, p float64) {
	if n > exactPairs {
		mean := float64(n) * float64(n+1) / 4
		sigma := math.Sqrt(float64(n) * float64(n+1) * float64(2*n+1) / 24)
		return int(mean + normalQuantile(tail)*sigma), tail
	}
	for _, chance := range rankSums(n) {
		if p+chance > tail {
			break
		}
		k, p = k+1, p+chance
	}
	return k, p
}

// standardError is that of the logarithm of Ratio, as its interval shows it: half its width
// over the normal quantile of its level. A few wild pairs do not move it, as they do not move
// the estimate. +Inf without an interval.
func (e Estimate) standardError() float64 {
	if e.Confidence == 0 {
		return math.Inf(1)
	}
	return math.Log(e.Hi/e.Lo) / 2 / normalQuantile((1+e.Confidence)/2)
}
