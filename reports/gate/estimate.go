package gate

import (
	"math"

	"github.com/semabench/semabench/internal/stats"
	"github.com/semabench/semabench/reports/gate/internal/signedrank"
)

// confidence is the level that every interval has at least. For small samples the
// exact level is a little higher, because the signed rank sum takes whole values
// only.
const confidence = 0.95

// An Estimate says how many times as long the new side takes as the old side:
// 1.05 is 5 % slower.
//
// It is computed from the logarithms of the quotients new/old, one value for each
// unit (see [Units]). Ratio is the estimate of Hodges and Lehmann: the median of
// the n(n+1)/2 averages of two values (Walsh averages, each value with itself
// included), put back into a quotient.
//
// Lo and Hi are the k'th smallest and the k'th largest Walsh average, where k is
// the largest number with P(T <= k-1) <= 0.025 for the signed rank sum T of n
// units. Confidence is 1 - 2 P(T <= k-1). The interval holds the ratios that two
// one-sided signed rank tests would not reject.
//
// Sources: Hodges and Lehmann 1963; Tukey 1949; Hollander and Wolfe,
// Nonparametric Statistical Methods, sections 3.2 and 3.3.
type Estimate struct {
	Pairs      int
	Units      int     // values that the test counts: groups of pairs with the same two layouts
	Ratio      float64 // 0 without pairs
	Lo, Hi     float64 // 0 and +Inf with fewer than 6 units: no interval has such a level then
	Confidence float64 // 0 without an interval
	Slower     float64 // one-sided p-value of “not slower”
	Faster     float64 // one-sided p-value of “not faster”
}

// estimate computes the Estimate of pairs. All their values must be positive:
// unusable checks that.
func estimate(pairs []Pair) Estimate {
	e := estimateLogs(unitLogs(pairs))
	e.Pairs = len(pairs)
	return e
}

// Units groups pairs that have both code layouts in common, in the order of the
// first pair of each group. The average of a group is one independent value of
// the test.
//
// A code layout favours its side in every pair that uses it. Of the differences
// between pairs of identical sides, the layouts explained 43 % for
// strconv.AppendInt, 20 % for fmt.Sprintf, and none where goroutines contend.
// With four pairs of each layout taken for independent values, the p of a
// difference of 3 % came out a thousand times too small.
//
// A layout of 0 is unknown, so a pair with such a layout is a group of its own.
func Units(pairs []Pair) (units [][]Pair) {
	type layouts struct{ old, new uint64 }
	group := make(map[layouts]int) // index in units
	for _, p := range pairs {
		l := layouts{p.OldLayout, p.NewLayout}
		i, known := group[l]
		if !known || l.old == 0 || l.new == 0 {
			i = len(units)
			group[l] = i
			units = append(units, nil)
		}
		units[i] = append(units[i], p)
	}
	return units
}

// unitLogs returns the logarithm of new/old for each unit, averaged over the
// pairs of the unit.
func unitLogs(pairs []Pair) []float64 {
	var logs []float64
	for _, unit := range Units(pairs) {
		sum := 0.0
		for _, p := range unit {
			sum += math.Log(p.New / p.Old)
		}
		logs = append(logs, sum/float64(len(unit)))
	}
	return logs
}

// estimateLogs computes the Estimate of independent log ratios. One distribution
// serves both p-values: the test for “faster” is the test of the negated values.
func estimateLogs(logs []float64) Estimate {
	e := Estimate{Pairs: len(logs), Units: len(logs), Hi: math.Inf(1), Slower: 1, Faster: 1}
	if len(logs) == 0 {
		return e
	}
	walsh := signedrank.WalshAverages(logs)
	e.Ratio = math.Exp(stats.Sorted(walsh).Median())
	if k, p := signedrank.Critical(len(logs), (1-confidence)/2); k > 0 {
		e.Lo, e.Hi = math.Exp(walsh[k-1]), math.Exp(walsh[len(walsh)-k])
		e.Confidence = 1 - 2*p
	}
	e.Slower = signedrank.P(logs)
	negated := make([]float64, len(logs))
	for i, v := range logs {
		negated[i] = -v
	}
	e.Faster = signedrank.P(negated)
	return e
}

// standardError returns the standard error of the logarithm of Ratio, or +Inf
// without an interval. It is read from the interval: half its width over the
// normal quantile of its level. The usual root of the sample variance would not
// do, because a few wild pairs inflate it and leave the estimate alone.
func (e Estimate) standardError() float64 {
	if e.Confidence == 0 {
		return math.Inf(1)
	}
	return math.Log(e.Hi/e.Lo) / 2 / signedrank.NormalQuantile((1+e.Confidence)/2)
}
