package schedrt_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// The numbers of a goroutine depend on its lineage and on nothing else: not on the schedule, not
// on what other goroutines drew before.
func TestRandomIsTheSameInEverySchedule(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var drawn [2]uint64
		left := 2
		for g := range 2 {
			schedrt.Go(func() {
				new(word).store(1)
				drawn[g] = schedrt.Random()
				if left--; left == 0 {
					fmt.Fprint(seen, drawn[0], drawn[1], drawn[0] == drawn[1])
				}
			})
		}
	})
	if len(got) != 1 {
		t.Errorf("the numbers differ between schedules: %v", got)
	}
	for result := range got {
		if !strings.HasSuffix(result, "false") {
			t.Errorf("two goroutines draw the same numbers: %s", result)
		}
	}
}

func TestReseed(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		schedrt.Reseed(7)
		a, b := schedrt.Random(), schedrt.Random()
		schedrt.Reseed(7)
		if c, d := schedrt.Random(), schedrt.Random(); a != c || b != d || a == b {
			t.Errorf("%d %d, and after the same seed %d %d", a, b, c, d)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// ranged returns the keys in the order of RangeMap, as text.
func ranged[K comparable, V any](m map[K]V) string {
	var keys []string
	for r := schedrt.RangeMap(m); r.Next(); {
		keys = append(keys, fmt.Sprint(r.Key()))
	}
	return strings.Join(keys, " ")
}

// A map is ranged over by its keys, whatever their type.
func TestRangeMapGoesByKeys(t *testing.T) {
	type pair struct {
		a int
		b string
	}
	x := schedtest.PlayScript(t, nil, func() {
		for want, got := range map[string]string{
			"1 2 3":                ranged(map[int]bool{3: true, 1: true, 2: true}),
			"a b":                  ranged(map[string]bool{"b": true, "a": true}),
			"false true":           ranged(map[bool]int{true: 1, false: 2}),
			"-1.5 2":               ranged(map[float64]int{2: 1, -1.5: 2}),
			"[1 2] [1 3]":          ranged(map[[2]int]int{{1, 3}: 1, {1, 2}: 2}),
			"{1 x} {1 y} {2 a}":    ranged(map[pair]int{{2, "a"}: 1, {1, "y"}: 2, {1, "x"}: 3}),
			"<nil> 4 5 text":       ranged(map[any]int{"text": 1, 5: 2, nil: 3, 4: 4}),
			"(0+1i) (0+2i) (1+0i)": ranged(map[complex128]int{1: 1, 2i: 2, 1i: 3}),
		} {
			if got != want {
				t.Errorf("keys %q, want %q", got, want)
			}
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Pointers have the order in which they became keys.
func TestRangeMapRanksPointers(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		words := make([]int, 8)
		m := map[*int]int{}
		for _, i := range []int{5, 2, 7, 0} {
			m[schedrt.RankKey(&words[i])] = i
		}
		var got []int
		for r := schedrt.RangeMap(m); r.Next(); {
			got = append(got, r.Value())
		}
		if want := "[5 2 7 0]"; fmt.Sprint(got) != want {
			t.Errorf("values %v, want %s", got, want)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// A key that is deleted during the loop does not come, and a NaN comes once.
func TestRangeMapWhileItChanges(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		m := map[float64]int{1: 1, 2: 2, 3: 3, math.NaN(): 4}
		var got []int
		for r := schedrt.RangeMap(m); r.Next(); {
			got = append(got, r.Value())
			delete(m, 2)
		}
		if want := "[1 3 4]"; fmt.Sprint(got) != want {
			t.Errorf("values %v, want %s", got, want)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}
