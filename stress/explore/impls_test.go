package explore_test

import (
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// No implementation is refuted, and neither is what most mutants are made of.
func TestImplementations(t *testing.T) {
	for _, impl := range append(impls.All(), mutant.Reference) {
		t.Run(impl.Name, func(t *testing.T) {
			r := explore.CheckSemaphore(t, explore.Options{Schedules: 1500}, impl)
			t.Log(r.Text)
			if r.Verdict == "fail" {
				t.Errorf("a false alarm: %s", r.What)
			}
		})
	}
}

// Three goroutines of two operations each, one of them a cancellation, are exhausted for all.
func TestThreeByTwoIsComplete(t *testing.T) {
	if testing.Short() || schedrt.RaceEnabled {
		t.Skip("without -race and -short only: tens of thousands of schedules, which are no others under the race " +
			"detector. scripts/exhaust.sh plays them")
	}
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) {
			r := explore.CheckSemaphore(t, explore.Options{
				Schedules: 1_000_000, Time: 10 * time.Minute, Scenario: "1: a1 r | c1 r | x1 d1",
			}, impl)
			t.Log(r.Text)
			if r.Verdict != "pass" {
				t.Errorf("%s after %d schedules: %s", r.Verdict, r.Schedules, r.What)
			}
		})
	}
}
