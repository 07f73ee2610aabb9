package claims

import (
	"fmt"
	"math"
	"slices"

	"github.com/semabench/semabench/internal/stats"
)

// An Estimate is the median of a figure over rounds, with an interval of at least 95 %. With fewer
// than minRounds rounds the interval is from 0 to infinity: it then decides no comparison. The unit
// is the unit of the figure, as seconds or bytes; of a ratio it is none.
//
// Zero rounds mean “not measured”, which every consumer must tell apart from a measured 0.
type Estimate struct {
	At, Lo, Hi float64
	Rounds     int // the number of rounds behind it; 0 if not measured
	Disturbed  int // how many of these rounds were disturbed
}

// minRounds is the smallest number of values whose range is a 95 % interval of the median: all
// six lie on one side of it with probability 2/64. It is also the number of undisturbed rounds
// from which on the disturbed ones do not count.
const minRounds = 6

// interval returns the median and the order statistics around it. The number of values below the
// true median has a binomial distribution B with probability 1/2. So the interval from the k'th
// smallest to the k'th largest value contains the true median with probability 1 - 2 P(B < k).
//
// k is the largest number for which that is at least 95 %. No distribution of the times is
// assumed; a t-interval would assume a normal one, and times have a long tail to the right.
//
// The interval is closed and its ends are measured values. Interpolating between two order
// statistics would be narrower and would no longer keep its promise for every distribution.
func interval(values []float64) (at, lo, hi float64) {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0, 0, math.Inf(1)
	}
	at = stats.Sorted(sorted).Median()
	if n < minRounds {
		return at, 0, math.Inf(1)
	}
	const tail = 0.025
	// below is P(B < k) at the head of the loop. P(B = k+1) follows from P(B = k) without
	// factorials, as a logarithm: 2 to the -n is no positive float64 from n = 1075 on, and the loop
	// would not end.
	k, below, logWays := 0, 0.0, -float64(n)*math.Ln2 // logWays is the logarithm of P(B = k)
	for below+math.Exp(logWays) <= tail {
		below += math.Exp(logWays)
		logWays += math.Log(float64(n-k)) - math.Log(float64(k+1))
		k++
	}
	k = max(k, 1)
	return at, sorted[k-1], sorted[n-k]
}

// estimate computes the estimate of a value per round. Rounds whose value is NaN or infinite do
// not count: a unit is missing there, or a divisor is zero.
//
// The clean rounds are used alone only if they are enough for an interval. Mixing in a few
// disturbed ones to fill up would be worse than saying that all rounds were taken.
//
// The rule looks at the numbers of rounds only and never at their values. Choosing rounds by
// their values would bend the median.
func estimate(rounds int, value func(i int) (v float64, disturbed bool)) Estimate {
	var all, clean []float64
	for i := range rounds {
		v, disturbed := value(i)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		all = append(all, v)
		if !disturbed {
			clean = append(clean, v)
		}
	}
	e := Estimate{Rounds: len(all), Disturbed: len(all) - len(clean)}
	if len(clean) >= minRounds {
		e.Rounds, e.Disturbed, all = len(clean), 0, clean
	}
	e.At, e.Lo, e.Hi = interval(all)
	return e
}

// medianOf estimates one unit of a row. A row that was not measured gives an estimate that decides
// nothing, so judges need no check for nil.
//
// It is used where no partner exists: for a start, for memory, and for the axis of a curve.
func medianOf(r *row, unit string) Estimate {
	if r == nil {
		return Estimate{Hi: math.Inf(1)}
	}
	finals := r.finalSamples()
	return estimate(len(finals), func(i int) (float64, bool) {
		return value(finals[i], unit), finals[i].disturbed()
	})
}

// ratio estimates the quotient of a and b within each round. Pairing removes what both share, such
// as a slow hour of the machine. A round counts as disturbed if either side was. Rounds beyond the
// shorter row are left out. The quotient of medians would be another figure: it could mix a fast
// hour of one side with a slow hour of the other.
func ratio(a, b *row, unit string) Estimate {
	if a == nil || b == nil {
		return Estimate{Hi: math.Inf(1)}
	}
	x, y := a.finalSamples(), b.finalSamples()
	return estimate(min(len(x), len(y)), func(i int) (float64, bool) {
		return value(x[i], unit) / value(y[i], unit), x[i].disturbed() || y[i].disturbed()
	})
}

// value returns one unit of a sample, or NaN.
func value(s sample, unit string) float64 {
	if v, ok := s.values[unit]; ok {
		return v
	}
	return math.NaN()
}

// measured reports whether any round has a value.
func (e Estimate) measured() bool { return e.Rounds > 0 }

// An answer compares an estimate with a limit. It is open if the interval contains the limit. The
// zero value is open, so a forgotten comparison decides nothing.
type answer int

const (
	open answer = iota
	yes
	no
)

// atLeast answers whether the true median is at least limit. The comparison is with the ends of the
// interval, so an answer is wrong in at most one of forty cases in which the true median lies at
// the limit.
//
// Estimates without an interval have the bounds 0 and infinity. They answer open for every
// positive limit, without a case of their own.
func (e Estimate) atLeast(limit float64) answer {
	switch {
	case !e.measured():
		return open
	case e.Lo >= limit:
		return yes
	case e.Hi < limit:
		return no
	}
	return open
}

// within reports whether the whole interval lies between two limits. This is equality shown, and
// not difference not shown: with few rounds the interval is wide and the answer is no.
func (e Estimate) within(lo, hi float64) bool { return e.measured() && e.Lo >= lo && e.Hi <= hi }

// allAre reports whether there is an answer and every answer is want. No answers at all prove
// nothing.
func allAre(all []answer, want answer) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(a answer) bool { return a != want })
}

// times formats e as a ratio with its interval.
func (e Estimate) times() string {
	return e.text(func(v float64) string { return number(v) + "×" }, number)
}

// seconds formats e as a duration with its interval.
func (e Estimate) seconds() string { return e.text(duration, duration) }

// text formats the median with at and the ends of the interval with end.
func (e Estimate) text(at, end func(float64) string) string {
	switch {
	case !e.measured():
		return "not measured"
	case e.Rounds < minRounds:
		return fmt.Sprintf("%s (%d rounds, too few for an interval)", at(e.At), e.Rounds)
	}
	return fmt.Sprintf("%s (%s to %s)", at(e.At), end(e.Lo), end(e.Hi))
}
