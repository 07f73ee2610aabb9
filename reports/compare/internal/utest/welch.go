package utest

import (
	"math"

	"github.com/aclements/go-moremath/stats"
)

// Welch returns the bounds of the interval of Welch for the quotient of the geometric means of a and b, with the
// chance of error given. All values must be positive. It reports false if neither sample has a spread, or one of
// them has a single value.
//
// The two samples may spread differently. A test of ranks does not allow that: its true level is then greater, and
// many times greater if the level is small. (Welch 1947, Biometrika 34: 28-35.)
func Welch(a, b []float64, level float64) (lo, hi float64, ok bool) {
	if len(a) < 2 || len(b) < 2 {
		return 0, 0, false
	}
	meanA, errA := logMean(a)
	meanB, errB := logMean(b)
	sum := errA + errB
	if sum <= 0 {
		return 0, 0, false
	}
	freedom := sum * sum / (errA*errA/float64(len(a)-1) + errB*errB/float64(len(b)-1))
	reach := tQuantile(freedom, level/2) * math.Sqrt(sum)
	return math.Exp(meanA - meanB - reach), math.Exp(meanA - meanB + reach), true
}

// logMean returns the mean of the logarithms, and the variance of this mean.
func logMean(values []float64) (mean, variance float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += math.Log(v) / n
	}
	for _, v := range values {
		d := math.Log(v) - mean
		variance += d * d / (n - 1) / n
	}
	return mean, variance
}

// tQuantile returns the value that a variable of Student's distribution is above with a chance of tail.
func tQuantile(freedom, tail float64) float64 {
	d := stats.TDist{V: freedom}
	lo, hi := 0.0, 1.0
	for d.CDF(-hi) > tail && hi < 1e9 {
		lo, hi = hi, 2*hi
	}
	for range 60 {
		if mid := (lo + hi) / 2; d.CDF(-mid) > tail {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}
