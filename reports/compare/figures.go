package compare

import (
	"math"
	"slices"

	"github.com/montanaflynn/stats"
)

// Figures describe one sample without judging it. A figure that the sample is too small
// for is NaN.
type Figures struct {
	N        int
	Min, Max float64

	// Q1 and Q3 are the medians of the lower and the upper half; of an odd number of values the
	// middle one is in neither half. They need two values. Percentile 25 and 75 would interpolate
	// and differ.
	Q1, Q3 float64

	MAD float64 // median absolute deviation from the median, not scaled to a normal distribution
	CV  float64 // sample standard deviation (n-1) divided by the mean; needs two values
}

// describe takes sorted values.
func describe(values []float64) Figures {
	f := Figures{N: len(values), Min: values[0], Max: values[len(values)-1]}
	f.Q1, f.Q3, f.CV = math.NaN(), math.NaN(), math.NaN()
	// Errors mean “undefined for this sample”, and NaN says that already. Only Quartile returns
	// zeros with its error.
	if q, err := stats.Quartile(values); err == nil {
		f.Q1, f.Q3 = q.Q1, q.Q3
	}
	f.MAD, _ = stats.MedianAbsoluteDeviation(values)
	f.CV, _ = stats.CoefficientOfVariation(values)
	return f
}

// Figures describes the sample of c.
func (c *Cell) Figures() Figures { return describe(slices.Sorted(slices.Values(c.Values))) }
