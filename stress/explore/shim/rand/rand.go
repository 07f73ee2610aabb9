// Package rand looks like the functions of math/rand that draw from a source nobody has seeded: under
// control, every execution draws the same numbers.
package rand

import (
	"math/rand"

	"github.com/semabench/semabench/stress/explore/sched"
)

type source struct{}

func (source) Uint64() uint64 { return sched.Random() }
func (source) Int63() int64   { return int64(sched.Random() >> 1) }
func (source) Seed(int64)     {}

// seeded is used under control only. Its own state is nothing but the source.
var seeded = rand.New(source{})

// Seed is rand.Seed. Under control, it changes nothing.
func Seed(seed int64) {
	if !sched.Controlled() {
		rand.Seed(seed) //lint:ignore SA1019 it is for those who call it
	}
}

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

// Int31 is rand.Int31.
func Int31() int32 {
	if sched.Controlled() {
		return seeded.Int31()
	}
	return rand.Int31()
}

// Int31n is rand.Int31n.
func Int31n(n int32) int32 {
	if sched.Controlled() {
		return seeded.Int31n(n)
	}
	return rand.Int31n(n)
}

// Int63 is rand.Int63.
func Int63() int64 {
	if sched.Controlled() {
		return seeded.Int63()
	}
	return rand.Int63()
}

// Int63n is rand.Int63n.
func Int63n(n int64) int64 {
	if sched.Controlled() {
		return seeded.Int63n(n)
	}
	return rand.Int63n(n)
}

// Intn is rand.Intn.
func Intn(n int) int {
	if sched.Controlled() {
		return seeded.Intn(n)
	}
	return rand.Intn(n)
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

// Uint32 is rand.Uint32.
func Uint32() uint32 {
	if sched.Controlled() {
		return seeded.Uint32()
	}
	return rand.Uint32()
}

// Uint64 is rand.Uint64.
func Uint64() uint64 {
	if sched.Controlled() {
		return seeded.Uint64()
	}
	return rand.Uint64()
}

// Read is rand.Read.
func Read(p []byte) (n int, err error) {
	if !sched.Controlled() {
		return rand.Read(p) //lint:ignore SA1019 it is for those who call it
	}
	for i := range p {
		p[i] = byte(sched.Random())
	}
	return len(p), nil
}
