// Package q is what the benchmarks of package p call.
package q

import (
	"errors"
	_ "unsafe"
)

// First is three calls away from Third.
//
//go:noinline
func First(n int) int { return second(n) + 1 }

//go:noinline
func second(n int) int { return third(n) + 2 }

//go:noinline
func third(n int) int { return n + 3 }

// Never is called by a test only.
//
//go:noinline
func Never(n int) int { return n * 7 }

// ErrSome is made when the program starts.
var ErrSome = errors.New("some error")

//go:linkname hidden scratch/p.linked
//go:noinline
func hidden(n int) int { return n + 11 }

// Sum is generic.
//
//go:noinline
func Sum[T int | float64](list []T) (sum T) {
	for _, v := range list {
		sum += v
	}
	return sum
}
