package explore_test

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// Scenarios and schedule words that were recorded before scenarios shared their notation with
// package stress still play, and show the same failure.
func TestRecordedScenarios(t *testing.T) {
	for _, c := range []struct{ mutant, scenario, schedule, want string }{
		{"M17", "1: a1 w2 r | w1 a1 r | w2 c1 r", "xc.3_3.2", "C17"}, // testdata of internal/failure
		{"M21", "2: a1 w4 r | w1 c2 r | w2 a1 r | w3 x1", "", "C17"}, // examples/historical
		{"M16", "2: a1 w2 r | a1 w3 r | w1 c2 r | w4 x2", "", "C17"},
	} {
		t.Run(c.mutant, func(t *testing.T) {
			for _, m := range mutant.All() {
				if m.ID != c.mutant {
					continue
				}
				r := explore.CheckSemaphore(t,
					explore.Options{Scenario: c.scenario, Schedule: c.schedule}, m.Impl)
				if r.Verdict != "fail" || !strings.HasPrefix(r.What, c.want) {
					t.Errorf("-explore.scenario='%s' -explore.schedule=%s: %s, %q; want %s",
						c.scenario, c.schedule, r.Verdict, r.What, c.want)
				}
			}
		})
	}
}
