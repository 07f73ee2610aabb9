// Package rand stands for the functions of math/rand/v2 without a source, in rewritten code.
//
//	n := rand.IntN(6) // the same in every schedule
//
// The standard functions are seeded at random. Under control each goroutine draws from a sequence
// of its own, which is the same in every schedule: see schedrt.Random. A rand.Rand with a source
// of its own stays the standard one.
package rand

import (
	"math/rand/v2"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// source draws from the engine, outside of control too: a package variable may hold a number.
type source struct{}

func (source) Uint64() uint64 { return schedrt.Random() }

var global = rand.New(source{})

// Int returns a random number that is not negative.
func Int() int { return global.Int() }

// IntN returns a random number below n. It panics if n is not positive.
func IntN(n int) int { return global.IntN(n) }

// Int32 returns a random number that is not negative.
func Int32() int32 { return global.Int32() }

// Int32N returns a random number below n. It panics if n is not positive.
func Int32N(n int32) int32 { return global.Int32N(n) }

// Int64 returns a random number that is not negative.
func Int64() int64 { return global.Int64() }

// Int64N returns a random number below n. It panics if n is not positive.
func Int64N(n int64) int64 { return global.Int64N(n) }

// Uint returns a random number.
func Uint() uint { return global.Uint() }

// UintN returns a random number below n. It panics if n is not positive.
func UintN(n uint) uint { return global.UintN(n) }

// Uint32 returns a random number.
func Uint32() uint32 { return global.Uint32() }

// Uint32N returns a random number below n. It panics if n is not positive.
func Uint32N(n uint32) uint32 { return global.Uint32N(n) }

// Uint64 returns a random number.
func Uint64() uint64 { return global.Uint64() }

// Uint64N returns a random number below n. It panics if n is not positive.
func Uint64N(n uint64) uint64 { return global.Uint64N(n) }

// Float32 returns a random number from 0 to less than 1.
func Float32() float32 { return global.Float32() }

// Float64 returns a random number from 0 to less than 1.
func Float64() float64 { return global.Float64() }

// ExpFloat64 returns an exponentially distributed number with rate 1.
func ExpFloat64() float64 { return global.ExpFloat64() }

// NormFloat64 returns a normally distributed number with mean 0 and standard deviation 1.
func NormFloat64() float64 { return global.NormFloat64() }

// Perm returns the numbers below n in a random order.
func Perm(n int) []int { return global.Perm(n) }

// Shuffle brings n elements into a random order, by calls of swap.
func Shuffle(n int, swap func(i, j int)) { global.Shuffle(n, swap) }

// N returns a random number below n. It panics if n is not positive.
func N[T interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}](n T) T {
	if n <= 0 {
		panic("invalid argument to N")
	}
	return T(global.Uint64N(uint64(n)))
}
