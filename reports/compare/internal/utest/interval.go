package utest

import "math"

// Bounds returns the k'th smallest and the k'th greatest quotient.
//
// Negative values would break the order of the matrix of quotients, so their bounds exclude
// nothing.
func (t *Tester) Bounds(x, y []float64, k int) (lo, hi float64) {
	switch {
	case x[0] == x[len(x)-1] && y[0] == y[len(y)-1] && x[0] == y[0]:
		return 1, 1
	case x[0] < 0 || y[0] < 0:
		return 0, math.Inf(1)
	}
	return t.Quotient(x, y, k), t.Quotient(x, y, len(x)*len(y)+1-k)
}

// IntervalOrder returns the k of the interval from the k'th smallest to the k'th greatest quotient,
// and its confidence, for a chance of error of tail on each side; k is 0 if the samples are too few.
// It is the largest k with P(U <= k-1) <= tail; the confidence is 1 - 2 P(U <= k-1).
//
// Rounding down makes the interval wider and never narrower than promised.
func IntervalOrder(n1, n2 int, tail float64) (k int, level float64) {
	if n1*n2 > exactLimit*exactLimit {
		mean := float64(n1) * float64(n2) / 2
		sigma := math.Sqrt(float64(n1) * float64(n2) * float64(n1+n2+1) / 12)
		k = int(mean + sigma*math.Sqrt2*math.Erfinv(2*tail-1))
		return max(0, k), 1 - 2*tail
	}
	level = 1
	for _, p := range uDistribution(n1, n2) {
		if p > tail {
			break
		}
		k, level = k+1, 1-2*p
	}
	return k, level
}

// Quotient returns the k'th smallest quotient of a value of x by a value of y, with k from 1.
//
// The quotients form a matrix with ascending rows and columns, so neither their list nor a sort
// is needed. Each step takes the middle of the remaining candidates as pivot, counts the smaller
// quotients in one walk along the border between smaller and greater ones, and drops one side:
// O((len(x)+len(y)) log) time instead of O(len(x) len(y)). (Monahan 1984, ACM TOMS 10: 265-270.)
//
// Two samples that are constant end the search at once, which is the case of most counts. The
// loop ends because each step drops at least its pivot.
func (t *Tester) Quotient(x, y []float64, k int) float64 {
	n := len(y)
	if x[0] == x[len(x)-1] && y[0] == y[n-1] {
		return over(x[0], y[0])
	}
	for i := range t.borders {
		if cap(t.borders[i]) < len(x) {
			t.borders[i] = make([]int, len(x))
		}
	}
	from, to := t.borders[0][:len(x)], t.borders[1][:len(x)] // the remaining candidates of a row
	less, most := t.borders[2][:len(x)], t.borders[3][:len(x)]
	for i := range from {
		from[i], to[i] = 0, n
	}
	left := len(x) * n
	for {
		row, skip := 0, left/2
		for skip >= to[row]-from[row] {
			skip -= to[row] - from[row]
			row++
		}
		pivot := over(x[row], y[n-1-(from[row]+to[row])/2])
		below, upTo := border(x, y, pivot, less, most)
		switch {
		case k <= below:
			to, less = less, to
		case k > upTo:
			from, most = most, from
		default:
			return pivot
		}
		left = 0
		for i := range from {
			left += to[i] - from[i]
		}
	}
}

// over returns a/b, and 1 for 0/0. With that, the quotients of non-negative values ascend in their
// matrix like the quotients of positive ones.
//
// A positive value over 0 is infinite in floating point, which sorts last as it should.
func over(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}

// border fills less and most with the number of quotients in each row that are < pivot and <=
// pivot, and returns the two sums. Both borders only move left from row to row, so the walk is
// linear.
func border(x, y []float64, pivot float64, less, most []int) (below, upTo int) {
	n := len(y)
	j, k := n, n
	for i, v := range x {
		for j > 0 && over(v, y[n-j]) >= pivot {
			j--
		}
		for k > 0 && over(v, y[n-k]) > pivot {
			k--
		}
		less[i], most[i] = j, k
		below, upTo = below+j, upTo+k
	}
	return below, upTo
}
