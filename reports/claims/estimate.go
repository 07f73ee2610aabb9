package claims

import (
	"fmt"
	"math"
	"slices"

	"github.com/semabench/semabench/internal/stats"
)

// An Estimate is the median over rounds with its interval of 95 % or more.
type Estimate struct {
	At, Lo, Hi float64
	Rounds     int // that it stands on; 0: not measured
	Disturbed  int // of them
}

// fewest is how many values have an interval of 95 %, and how many undisturbed rounds do without the
// others.
const minRounds = 6

// interval returns the median and the order statistics around it. The number of values below the true
// median is binomial, so from the k'th to the k'th from above holds it with 1 - 2 P(B < k).
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
	k, below, ways := 0, 0.0, math.Exp2(-float64(n)) // ways: P(B = k)
	for below+ways <= tail {
		below += ways
		ways *= float64(n-k) / float64(k+1)
		k++
	}
	k = max(k, 1)
	return at, sorted[k-1], sorted[n-k]
}

// estimate is of what value returns for each round, unless it is NaN.
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

// of is the median of one unit of a row.
func medianOf(r *row, unit string) Estimate {
	if r == nil {
		return Estimate{Hi: math.Inf(1)}
	}
	finals := r.finalSamples()
	return estimate(len(finals), func(i int) (float64, bool) {
		return value(finals[i], unit), finals[i].disturbed()
	})
}

// ratio is of a to b, taken within each round.
func ratio(a, b *row, unit string) Estimate {
	if a == nil || b == nil {
		return Estimate{Hi: math.Inf(1)}
	}
	x, y := a.finalSamples(), b.finalSamples()
	return estimate(min(len(x), len(y)), func(i int) (float64, bool) {
		return value(x[i], unit) / value(y[i], unit), x[i].disturbed() || y[i].disturbed()
	})
}

func value(s sample, unit string) float64 {
	if v, ok := s.values[unit]; ok {
		return v
	}
	return math.NaN()
}

func (e Estimate) measured() bool { return e.Rounds > 0 }

// An answer to a question of which an interval may leave both sides open.
type answer int

const (
	open answer = iota
	yes
	no
)

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

// within reports whether the whole interval is between two limits.
func (e Estimate) within(lo, hi float64) bool { return e.measured() && e.Lo >= lo && e.Hi <= hi }

func allAre(all []answer, want answer) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(a answer) bool { return a != want })
}

// times is a ratio to read, with its interval.
func (e Estimate) times() string {
	return e.text(func(v float64) string { return number(v) + "×" }, number)
}

// seconds is a time to read, with its interval.
func (e Estimate) seconds() string { return e.text(duration, duration) }

func (e Estimate) text(at, end func(float64) string) string {
	switch {
	case !e.measured():
		return "not measured"
	case e.Rounds < minRounds:
		return fmt.Sprintf("%s (%d rounds, too few for an interval)", at(e.At), e.Rounds)
	}
	return fmt.Sprintf("%s (%s to %s)", at(e.At), end(e.Lo), end(e.Hi))
}

// number has three digits.
func number(v float64) string {
	switch size := math.Abs(v); {
	case size < 0.0995:
		return fmt.Sprintf("%.3f", v)
	case size < 9.995:
		return fmt.Sprintf("%.2f", v)
	case size < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func duration(sec float64) string {
	return scaled(sec, []scale{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}}, number)
}

func size(v float64) string {
	return scaled(v, []scale{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, "B"}}, number)
}

type scale struct {
	size float64
	name string
}

// scaled takes the first scale that v fills. No line is broken before the unit.
func scaled(v float64, scales []scale, digits func(float64) string) string {
	last := len(scales) - 1
	for i, s := range scales {
		if v < s.size*0.9995 && i < last {
			continue
		}
		if whole := v / s.size; whole == math.Trunc(whole) {
			return fmt.Sprintf("%.0f\u00a0%s", whole, s.name)
		}
		return digits(v/s.size) + "\u00a0" + s.name
	}
	return ""
}
