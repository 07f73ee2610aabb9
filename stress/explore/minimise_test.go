package explore_test

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// alternating returns a program that fails if two goroutines take the given number of turns, one
// after the other. A goroutine that runs to its end prevents the failure, so every change of turn
// needs a preemption.
func alternating(turns int32) func(t *explore.T) {
	return func(t *explore.T) {
		var at atomic.Int32
		var wg sync.WaitGroup
		for first := range int32(2) {
			wg.Go(func() {
				for turn := first; turn < turns; turn += 2 {
					if at.CompareAndSwap(turn, turn+1) && turn+1 == turns {
						t.Error("all turns were taken")
					}
				}
				at.Store(-1)
			})
		}
		wg.Wait()
	}
}

// A minimised schedule has exactly as many preemptions as the bug needs, whichever strategy found
// it.
func TestFewestPreemptions(t *testing.T) {
	for turns := range int32(5) {
		for _, strategy := range []string{"random", "pos", "dpor"} {
			r := explore.Check(t, explore.Options{Strategy: strategy}, alternating(turns+1))
			if r.Verdict != explore.Fail || r.Preemptions != int(turns) {
				t.Errorf("%d turns, %s: %s with %d preemptions, want %d\n%s",
					turns+1, strategy, r.Verdict, r.Preemptions, turns, r.Text)
			}
			if turns > 0 && !strings.Contains(r.Text, "the fewest") {
				t.Errorf("%d turns, %s: the text does not say that fewer are not enough:\n%s",
					turns+1, strategy, r.Text)
			}
			again := explore.Check(t, explore.Options{Schedule: r.Schedule}, alternating(turns+1))
			if again.What != r.What || again.Preemptions != int(turns) {
				t.Errorf("replayed: %q with %d preemptions, want %q with %d",
					again.What, again.Preemptions, r.What, turns)
			}
		}
	}
}

// crowded returns a program that fails like alternating, beside other goroutines that may run in any
// order and make the number of schedules large.
func crowded(others int) func(t *explore.T) {
	return func(t *explore.T) {
		var total atomic.Int32
		var wg sync.WaitGroup
		for range others {
			wg.Go(func() { total.Add(1) })
		}
		alternating(3)(t)
		wg.Wait()
	}
}

// If minimising reaches its bound, the text says so.
func TestMinimisingIsBounded(t *testing.T) {
	longtest.NeedCI(t, "TestFewestPreemptions")
	r := explore.Check(t, explore.Options{Seed: 5, Strategy: "random"}, crowded(8))
	if !strings.Contains(r.Text, "was not found out in") || r.Preemptions != 2 {
		t.Errorf("%d preemptions, want 2, and that the bound was reached:\n%s", r.Preemptions, r.Text)
	}
}

// Minimising has the same result each time, unless it reaches its bound on time.
func TestMinimisingIsDeterministic(t *testing.T) {
	o := explore.Options{Seed: 5, Strategy: "random"}
	for _, others := range []int{2, 8} {
		t.Run(strconv.Itoa(others), func(t *testing.T) {
			if others > 2 {
				needLong(t)
			}
			first := explore.Check(t, o, crowded(others))
			second := explore.Check(t, o, crowded(others))
			if first.Verdict != explore.Fail ||
				first.Text != second.Text && !strings.Contains(first.Text+second.Text, "in 10s") {
				t.Errorf("two minimisations differ:\n%s\n%s", first.Text, second.Text)
			}
		})
	}
}
