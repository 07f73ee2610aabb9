// Package rand looks like the functions of math/rand that nobody has to seed. Under control their
// numbers are the same in every schedule.
package rand

import (
	"math/rand"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

type source struct{}

func (source) Uint64() uint64 {
	if schedrt.Controlled() {
		return schedrt.Random()
	}
	return rand.Uint64()
}

func (s source) Int63() int64 { return int64(s.Uint64() >> 1) }
func (source) Seed(int64)     {}

var global = rand.New(source{})

// Seed is the function of the real package, and so are those below.
func Seed(seed int64) {
	if schedrt.Controlled() {
		schedrt.Reseed(seed)
		return
	}
	//lint:ignore SA1019 there are programs that still call it
	rand.Seed(seed)
}

// Int returns a number that is not negative.
func Int() int { return global.Int() }

// Intn returns a number below n.
func Intn(n int) int { return global.Intn(n) }

// Int31 returns a number that is not negative.
func Int31() int32 { return global.Int31() }

// Int31n returns a number below n.
func Int31n(n int32) int32 { return global.Int31n(n) }

// Int63 returns a number that is not negative.
func Int63() int64 { return global.Int63() }

// Int63n returns a number below n.
func Int63n(n int64) int64 { return global.Int63n(n) }

// Uint32 returns any number.
func Uint32() uint32 { return global.Uint32() }

// Uint64 returns any number.
func Uint64() uint64 { return global.Uint64() }

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

// Read fills p.
func Read(p []byte) (n int, err error) {
	for i := range p {
		p[i] = byte(source{}.Uint64())
	}
	return len(p), nil
}
