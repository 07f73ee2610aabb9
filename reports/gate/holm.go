package gate

import (
	"cmp"
	"slices"
)

// holm corrects p-values for a family of at least m tests (Holm 1979): of them in ascending order, the
// i'th is multiplied by m-i+1, is no smaller than the one before, and no greater than 1. Tests of
// the family that were planned and not made count as if they had shown nothing.
func holm(values []float64, m int) []float64 {
	m = max(m, len(values))
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	corrected := make([]float64, len(values))
	before := 0.0
	for i, at := range order {
		before = max(before, min(1, values[at]*float64(m-i)))
		corrected[at] = before
	}
	return corrected
}
