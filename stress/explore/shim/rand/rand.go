// Package rand stands for the functions of math/rand without a source, in rewritten code.
//
//	n := rand.Intn(6) // the same in every schedule
//
// The standard functions are seeded at random. Under control each goroutine draws from a sequence
// of its own, which is the same in every schedule: see schedrt.Random. A rand.Rand with a source
// of its own stays the standard one. After a Seed that has an effect a goroutine draws the numbers
// that Go's own generator has for this seed: tests know some of them.
package rand

import (
	"math/rand"
	"sync"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// source draws from the engine, outside of control too: a package variable may hold a number.
type source struct{}

func (source) Uint64() uint64 { return schedrt.Random() }

func (s source) Int63() int64 { return int64(s.Uint64() >> 1) }
func (source) Seed(int64)     {}

var unseeded = rand.New(source{})

// global returns what the calling goroutine draws from.
func global() *rand.Rand {
	if schedrt.Controlled() {
		if r, ok := schedrt.Numbers().(*rand.Rand); ok {
			return r
		}
	}
	return unseeded
}

// Seed is rand.Seed. Under control it has an effect in the calling goroutine, and in the subtests that it
// waits for. As the real one it has none by the settings of Go 1.24 and later, which the main module
// chooses.
func Seed(seed int64) {
	if schedrt.Controlled() {
		if seedCounts() {
			schedrt.SetNumbers(rand.New(rand.NewSource(seed)))
		}
		return
	}
	//lint:ignore SA1019 programs still call it
	rand.Seed(seed)
}

// seedCounts reports whether rand.Seed has an effect in this process. No rewritten code draws from the
// real generator that it seeds.
var seedCounts = sync.OnceValue(func() bool {
	//lint:ignore SA1019 the shim asks for its effect
	rand.Seed(1)
	return rand.Int63() == rand.New(rand.NewSource(1)).Int63()
})

// Int returns a random number that is not negative.
func Int() int { return global().Int() }

// Intn returns a random number below n. It panics if n is not positive.
func Intn(n int) int { return global().Intn(n) }

// Int31 returns a random number that is not negative.
func Int31() int32 { return global().Int31() }

// Int31n returns a random number below n. It panics if n is not positive.
func Int31n(n int32) int32 { return global().Int31n(n) }

// Int63 returns a random number that is not negative.
func Int63() int64 { return global().Int63() }

// Int63n returns a random number below n. It panics if n is not positive.
func Int63n(n int64) int64 { return global().Int63n(n) }

// Uint32 returns a random number.
func Uint32() uint32 { return global().Uint32() }

// Uint64 returns a random number.
func Uint64() uint64 { return global().Uint64() }

// Float32 returns a random number from 0 to less than 1.
func Float32() float32 { return global().Float32() }

// Float64 returns a random number from 0 to less than 1.
func Float64() float64 { return global().Float64() }

// ExpFloat64 returns an exponentially distributed number with rate 1.
func ExpFloat64() float64 { return global().ExpFloat64() }

// NormFloat64 returns a normally distributed number with mean 0 and standard deviation 1.
func NormFloat64() float64 { return global().NormFloat64() }

// Perm returns the numbers below n in a random order.
func Perm(n int) []int { return global().Perm(n) }

// Shuffle brings n elements into a random order, by calls of swap.
func Shuffle(n int, swap func(i, j int)) { global().Shuffle(n, swap) }

// Read fills p.
func Read(p []byte) (n int, err error) {
	if r := global(); r != unseeded {
		return r.Read(p)
	}
	for i := range p {
		p[i] = byte(source{}.Uint64())
	}
	return len(p), nil
}
