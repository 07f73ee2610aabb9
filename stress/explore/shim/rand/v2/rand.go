// Package rand looks like the functions of math/rand/v2 that nobody seeds. Under control their numbers
// are the same in every schedule.
package rand

import (
	"math/rand/v2"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

type source struct{}

func (source) Uint64() uint64 {
	if schedrt.Controlled() {
		return schedrt.Random()
	}
	return rand.Uint64()
}

var global = rand.New(source{})

// Int is the function of the real package, and so are those below.
func Int() int { return global.Int() }

// IntN returns a number below n.
func IntN(n int) int { return global.IntN(n) }

// Int32 returns a number that is not negative.
func Int32() int32 { return global.Int32() }

// Int32N returns a number below n.
func Int32N(n int32) int32 { return global.Int32N(n) }

// Int64 returns a number that is not negative.
func Int64() int64 { return global.Int64() }

// Int64N returns a number below n.
func Int64N(n int64) int64 { return global.Int64N(n) }

// Uint returns any number.
func Uint() uint { return global.Uint() }

// UintN returns a number below n.
func UintN(n uint) uint { return global.UintN(n) }

// Uint32 returns any number.
func Uint32() uint32 { return global.Uint32() }

// Uint32N returns a number below n.
func Uint32N(n uint32) uint32 { return global.Uint32N(n) }

// Uint64 returns any number.
func Uint64() uint64 { return global.Uint64() }

// Uint64N returns a number below n.
func Uint64N(n uint64) uint64 { return global.Uint64N(n) }

// Float32 returns a number from 0 to less than 1.
func Float32() float32 { return global.Float32() }

// Float64 returns a number from 0 to less than 1.
func Float64() float64 { return global.Float64() }

// ExpFloat64 returns an exponentially distributed number.
func ExpFloat64() float64 { return global.ExpFloat64() }

// NormFloat64 returns a normally distributed number.
func NormFloat64() float64 { return global.NormFloat64() }

// Perm returns the numbers below n in some order.
func Perm(n int) []int { return global.Perm(n) }

// Shuffle brings n things into some order.
func Shuffle(n int, swap func(i, j int)) { global.Shuffle(n, swap) }

// N returns a number below n.
func N[T interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}](n T) T {
	if n <= 0 {
		panic("invalid argument to N")
	}
	return T(global.Uint64N(uint64(n)))
}
