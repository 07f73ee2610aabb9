package shim_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/rand/v2"
)

// draw calls every function once and checks its range.
func draw(t *testing.T) string {
	t.Helper()
	numbers := []int64{
		int64(rand.IntN(6)), int64(rand.Int32N(6)), rand.Int64N(6), int64(rand.UintN(6)),
		int64(rand.Uint32N(6)), int64(rand.Uint64N(6)), int64(rand.N(int8(6))),
	}
	for _, n := range numbers {
		if n < 0 || n >= 6 {
			t.Errorf("%v, want numbers from 0 to less than 6", numbers)
		}
	}
	if rand.Int() < 0 || rand.Int32() < 0 || rand.Int64() < 0 || rand.ExpFloat64() < 0 {
		t.Error("a number is negative")
	}
	if f, g := rand.Float32(), rand.Float64(); f < 0 || f >= 1 || g < 0 || g >= 1 {
		t.Errorf("%v or %v is not from 0 to less than 1", f, g)
	}
	perm := rand.Perm(5)
	shuffled := slices.Clone(perm)
	rand.Shuffle(5, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, p := range [][]int{perm, shuffled} {
		if sorted := slices.Sorted(slices.Values(p)); fmt.Sprint(sorted) != "[0 1 2 3 4]" {
			t.Errorf("%v is no permutation", p)
		}
	}
	return fmt.Sprint(numbers, perm, shuffled, rand.Uint(), rand.Uint32(), rand.Uint64(), rand.NormFloat64())
}

func TestNumbersAreTheSameInEveryExecution(t *testing.T) {
	var all []string
	for range 2 {
		x := schedtest.PlayScript(t, nil, func() { all = append(all, draw(t)) })
		schedtest.MustEnd(t, x, schedrt.Passed)
	}
	if all[0] != all[1] {
		t.Errorf("two executions drew %q", all)
	}
	draw(t) // outside of control the ranges hold, too
}

func TestNPanics(t *testing.T) {
	defer func() {
		if r := recover(); r != "invalid argument to N" {
			t.Errorf("panic %v, want that of the standard package", r)
		}
	}()
	rand.N(0)
}
