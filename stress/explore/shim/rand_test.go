//go:debug randseednop=0

package shim_test

import (
	"bytes"
	"fmt"
	oldrand "math/rand"
	"slices"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/rand"
	shim "github.com/semabench/semabench/stress/explore/shim/testing"
)

// drawOld calls every function once and checks its range.
func drawOld(t *testing.T) string {
	t.Helper()
	below := func(name string, v, n int64) {
		if v < 0 || v >= n {
			t.Errorf("%s = %d, want it from 0 to less than %d", name, v, n)
		}
	}
	n, n31, n63 := rand.Intn(6), rand.Int31n(6), rand.Int63n(6)
	below("Intn", int64(n), 6)
	below("Int31n", int64(n31), 6)
	below("Int63n", n63, 6)
	if rand.Int() < 0 || rand.Int31() < 0 || rand.Int63() < 0 || rand.ExpFloat64() < 0 {
		t.Error("a number is negative")
	}
	if f, g := rand.Float32(), rand.Float64(); f < 0 || f >= 1 || g < 0 || g >= 1 {
		t.Errorf("%v or %v is not from 0 to less than 1", f, g)
	}
	perm := rand.Perm(5)
	shuffled := slices.Clone(perm)
	rand.Shuffle(5, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, p := range [][]int{perm, shuffled} {
		sorted := slices.Sorted(slices.Values(p))
		if fmt.Sprint(sorted) != "[0 1 2 3 4]" {
			t.Errorf("%v is no permutation", p)
		}
	}
	bytes := make([]byte, 8)
	if n, err := rand.Read(bytes); n != 8 || err != nil {
		t.Errorf("Read = %d, %v", n, err)
	}
	return fmt.Sprint(n, n31, n63, perm, shuffled, bytes, rand.Uint32(), rand.Uint64(), rand.NormFloat64())
}

// Two executions drawOld the same numbers, and Seed starts them anew.
func TestOldNumbersAreTheSameInEveryExecution(t *testing.T) {
	var all []string
	for range 2 {
		x := schedtest.PlayScript(t, nil, func() {
			all = append(all, drawOld(t))
			rand.Seed(3)
			all = append(all, drawOld(t))
			rand.Seed(3)
			all = append(all, drawOld(t))
		})
		schedtest.MustEnd(t, x, schedrt.Passed)
	}
	if all[0] != all[3] || all[1] != all[4] || all[1] != all[2] || all[0] == all[1] {
		t.Errorf("numbers of two executions, unseeded and seeded twice: %q", all)
	}
	rand.Seed(3)
	drawOld(t) // outside of control the ranges hold, too
}

// After a Seed come the numbers of the real generator, in the subtests that are waited for as well, and
// in no other goroutine.
func TestSeedGivesTheRealNumbers(t *testing.T) {
	real := oldrand.New(oldrand.NewSource(1))
	want, wantNext, wantBytes := real.Int63(), real.Intn(1000), make([]byte, 9)
	real.Read(wantBytes)
	x := play(t, func(t *shim.T) {
		rand.Seed(1)
		if got := rand.Int63(); got != want {
			t.Errorf("the first number of seed 1 is %d, want %d", got, want)
		}
		t.Run("sub", func(t *shim.T) {
			if got := rand.Intn(1000); got != wantNext {
				t.Errorf("the second number is %d, want %d", got, wantNext)
			}
		})
		got := make([]byte, 9)
		if rand.Read(got); !bytes.Equal(got, wantBytes) {
			t.Errorf("bytes %v, want %v", got, wantBytes)
		}
		for name, start := range map[string]func(f func()){
			"goroutine": schedrt.Go,
			"parallel":  func(f func()) { t.Run("parallel", func(t *shim.T) { t.Parallel(); f() }) },
		} {
			rand.Seed(1)
			start(func() {
				if rand.Int63() == want {
					t.Errorf("%s: it draws from the numbers of the goroutine that called Seed", name)
				}
			})
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}
