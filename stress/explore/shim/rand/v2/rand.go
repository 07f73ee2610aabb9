// Package rand looks like the functions of math/rand/v2 that draw from a source nobody can seed:
// under control, every execution draws the same numbers.
package rand

import (
	"math/rand/v2"

	"github.com/semabench/semabench/stress/explore/sched"
)

type source struct{}

func (source) Uint64() uint64 { return sched.Random() }

// seeded is used under control only. It has no state of its own.
var seeded = rand.New(source{})

// ExpFloat64 is rand.ExpFloat64.
func ExpFloat64() float64 {
	if sched.Controlled() {
		return seeded.ExpFloat64()
	}
	return rand.ExpFloat64()
}

// Float32 is rand.Float32.
func Float32() float32 {
	if sched.Controlled() {
		return seeded.Float32()
	}
	return rand.Float32()
}

// Float64 is rand.Float64.
func Float64() float64 {
	if sched.Controlled() {
		return seeded.Float64()
	}
	return rand.Float64()
}

// Int is rand.Int.
func Int() int {
	if sched.Controlled() {
		return seeded.Int()
	}
	return rand.Int()
}

// Int32 is rand.Int32.
func Int32() int32 {
	if sched.Controlled() {
		return seeded.Int32()
	}
	return rand.Int32()
}

// Int32N is rand.Int32N.
func Int32N(n int32) int32 {
	if sched.Controlled() {
		return seeded.Int32N(n)
	}
	return rand.Int32N(n)
}

// Int64 is rand.Int64.
func Int64() int64 {
	if sched.Controlled() {
		return seeded.Int64()
	}
	return rand.Int64()
}

// Int64N is rand.Int64N.
func Int64N(n int64) int64 {
	if sched.Controlled() {
		return seeded.Int64N(n)
	}
	return rand.Int64N(n)
}

// IntN is rand.IntN.
func IntN(n int) int {
	if sched.Controlled() {
		return seeded.IntN(n)
	}
	return rand.IntN(n)
}

// NormFloat64 is rand.NormFloat64.
func NormFloat64() float64 {
	if sched.Controlled() {
		return seeded.NormFloat64()
	}
	return rand.NormFloat64()
}

// Perm is rand.Perm.
func Perm(n int) []int {
	if sched.Controlled() {
		return seeded.Perm(n)
	}
	return rand.Perm(n)
}

// Shuffle is rand.Shuffle.
func Shuffle(n int, swap func(i, j int)) {
	if sched.Controlled() {
		seeded.Shuffle(n, swap)
		return
	}
	rand.Shuffle(n, swap)
}

// Uint is rand.Uint.
func Uint() uint {
	if sched.Controlled() {
		return seeded.Uint()
	}
	return rand.Uint()
}

// Uint32 is rand.Uint32.
func Uint32() uint32 {
	if sched.Controlled() {
		return seeded.Uint32()
	}
	return rand.Uint32()
}

// Uint32N is rand.Uint32N.
func Uint32N(n uint32) uint32 {
	if sched.Controlled() {
		return seeded.Uint32N(n)
	}
	return rand.Uint32N(n)
}

// Uint64 is rand.Uint64.
func Uint64() uint64 {
	if sched.Controlled() {
		return seeded.Uint64()
	}
	return rand.Uint64()
}

// Uint64N is rand.Uint64N.
func Uint64N(n uint64) uint64 {
	if sched.Controlled() {
		return seeded.Uint64N(n)
	}
	return rand.Uint64N(n)
}

// UintN is rand.UintN.
func UintN(n uint) uint {
	if sched.Controlled() {
		return seeded.UintN(n)
	}
	return rand.UintN(n)
}

// N is rand.N.
func N[Int interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}](n Int) Int {
	if !sched.Controlled() {
		return rand.N(n)
	}
	if n <= 0 {
		panic("invalid argument to N")
	}
	return Int(seeded.Uint64N(uint64(n)))
}
