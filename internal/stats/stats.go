// Package stats has the few statistics that several packages need: medians, quantiles, the
// geometric mean, and Holm's correction for many tests.
//
//	spread := stats.Quantile(took, 0.75) / stats.Quantile(took, 0.25)
//	family := stats.Holm(pValues, planned)
//	significant := family.Corrected[i] <= 0.05
//
// Three medians stand side by side on purpose. They differ for an even number of values, if only in
// the last bit, and figures that were published must stay what they were:
//
//   - [Median] is the mean of the two middle values. It cannot overflow.
//   - [Quantile] at 0.5 interpolates from the lower middle value upwards.
//   - [UpperMedian] is the upper middle value, and therefore always a value that was measured. It works
//     for durations too.
//
// # What this does not show
//
// Nothing here knows how certain a figure is. Confidence intervals and tests are in packages
// reports and reports/gate, beside the argument for each choice.
package stats

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Median returns the mean of the two middle values, or NaN if there are none. It sorts a copy.
func Median(values []float64) float64 { return Sort(values).Median() }

// Quantile returns the value below which a share q of the values lie, 0 <= q <= 1, or NaN if there
// are none. It sorts a copy; see [Sorted.Quantile].
func Quantile(values []float64, q float64) float64 { return Sort(values).Quantile(q) }

// Sorted holds values in ascending order. Converting a slice that is sorted already saves sorting
// it again: Sorted(list).Median().
type Sorted []float64

// Sort returns the values in ascending order and leaves its argument alone.
func Sort(values []float64) Sorted { return slices.Sorted(slices.Values(values)) }

// Median returns the mean of the two middle values, or NaN if there are none.
// Each is halved before the sum, not after: the sum of two large values would be infinite.
func (s Sorted) Median() float64 {
	n := len(s)
	if n == 0 {
		return math.NaN()
	}
	return s[(n-1)/2]/2 + s[n/2]/2
}

// Quantile interpolates between the two values next to the place q*(n-1), which is type 7 of
// Hyndman and Fan (1996), the default of R. It returns NaN if there are no values, and panics
// unless 0 <= q <= 1.
func (s Sorted) Quantile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	place := q * float64(len(s)-1)
	below := int(place)
	above := min(below+1, len(s)-1)
	return s[below] + (place-float64(below))*(s[above]-s[below])
}

// UpperMedian returns the middle value, of two the greater, or the zero value if there are none. It
// sorts a copy.
func UpperMedian[T cmp.Ordered](values []T) T {
	if len(values) == 0 {
		var none T
		return none
	}
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// GeometricMean returns the n'th root of the product of n positive values, or NaN if there are
// none. It sums logarithms: the product itself would leave the range of float64 after a few
// hundred nanosecond figures.
func GeometricMean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}

// A Family is p-values that were corrected together.
type Family struct {
	Corrected []float64 // in the order of the p-values
	Factors   []int     // what Holm's procedure multiplies each p-value by

	tests           int
	sorted, clamped []float64 // p-values in ascending order, and each one corrected
}

// Holm corrects p-values so that the chance of even one false alarm in the family stays at the
// level that the corrected values are compared with (Holm, Scand. J. Statist. 6, 1979). Of m tests
// in ascending order the i'th p-value, counted from 0, is multiplied by m-i. The result is at
// least the corrected value before it, and at most 1.
//
// The family has at least tests members. Pass more than there are p-values if some tests were
// planned and not made: they count as if they had shown nothing. NaN is no p-value.
func Holm(p []float64, tests int) Family {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	// Equal p-values get equal results in any order; the stable order only helps debugging.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	f := Family{
		Corrected: make([]float64, len(p)),
		Factors:   make([]int, len(p)),
		tests:     max(tests, len(p)),
		sorted:    make([]float64, len(p)),
		clamped:   make([]float64, len(p)),
	}
	before := 0.0
	for i, at := range order {
		before = max(before, min(1, p[at]*float64(f.tests-i)))
		f.Factors[at] = f.tests - i
		f.Corrected[at], f.sorted[i], f.clamped[i] = before, p[at], before
	}
	return f
}

// Reach returns what p would be corrected to if it took the place of a member of the family that
// is not smaller. A test whose smallest possible p-value reaches no level of significance could
// not show a difference, whatever its values.
func (f Family) Reach(p float64) float64 {
	i := sort.SearchFloat64s(f.sorted, p)
	corrected := min(1, p*float64(max(1, f.tests-i)))
	if i > 0 {
		corrected = max(corrected, f.clamped[i-1])
	}
	return corrected
}
