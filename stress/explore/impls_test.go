package explore_test

import (
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// No implementation fails, and neither does the right semaphore that most mutants derive from.
func TestImplementations(t *testing.T) {
	schedules := longOr(t, "schedules of each scenario", 1500, 10)
	for _, impl := range append(impls.All(), mutant.Reference) {
		t.Run(impl.Name, func(t *testing.T) {
			r := explore.CheckSemaphore(t, explore.Options{Schedules: schedules}, impl)
			t.Log(r.Text)
			if r.Verdict == explore.Fail {
				t.Errorf("a right semaphore fails: %s", r.What)
			}
		})
	}
}

// Three goroutines with two operations each, one of them a cancellation, are explored completely
// for every implementation.
func TestThreeByTwoIsComplete(t *testing.T) {
	longtest.Need(t, "TestImplementations")
	if schedrt.RaceEnabled {
		t.Skip("runs without -race, as scripts/exhaust.sh does: it has tens of thousands of schedules, which " +
			"are the same under the race detector")
	}
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) {
			r := explore.CheckSemaphore(t, explore.Options{
				Schedules: 1_000_000, Time: 10 * time.Minute, Scenario: "1: a1 r | c1 r | x1 d1",
			}, impl)
			t.Log(r.Text)
			if r.Verdict != explore.Pass {
				t.Errorf("%s after %d schedules: %s", r.Verdict, r.Schedules, r.What)
			}
		})
	}
}
