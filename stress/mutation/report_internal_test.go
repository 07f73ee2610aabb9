package mutation

import (
	"strings"
	"testing"
)

// The advice for a mutant that is left fits the reason: more time helps only if some schedules were not played.
func TestEvidence(t *testing.T) {
	whole := Test{Judges: true, Complete: true}
	passed := Outcome{Verdict: Passed, Schedules: 7, Complete: true}
	cut := Outcome{Verdict: Passed, Schedules: 7}
	for _, test := range []struct {
		tests    []Test
		race     bool
		reached  bool
		explored Outcome
		want     string
	}{
		{[]Test{whole}, true, false, passed, "does not reach this line"},
		{[]Test{whole}, true, true, Outcome{Verdict: NotAsked}, "the explorer was not asked"},
		{[]Test{whole}, true, true, Outcome{Verdict: Undecided, Why: "no space"}, "the explorer could not judge it"},
		{[]Test{whole}, true, true, passed, "these tests cannot notice it"},
		{[]Test{whole}, false, true, passed, "try -race"},
		{[]Test{whole, {}}, true, true, passed, "The tests that do not judge when explored could notice it. It may"},
		{[]Test{whole, {}}, false, true, passed, "could notice it, or -race"},
		{[]Test{whole, {Judges: true}}, true, true, passed, "a larger -time"},
		{[]Test{whole}, true, true, cut, "a larger -time"},
	} {
		r := &Report{Race: test.race, Tests: test.tests}
		if got := r.evidence(&Mutant{Reached: test.reached, Explored: test.explored}); !strings.Contains(got, test.want) {
			t.Errorf("%+v: %q, want %q", test, got, test.want)
		}
	}
}

// The excerpt has the messages of the test that failed, which stand before its last line, however many tests ran before.
func TestAroundFailure(t *testing.T) {
	early := strings.Repeat("=== RUN   TestEarly\n", 50)
	failure := "=== RUN   TestLate\n    p_test.go:5: why\n--- FAIL: TestLate (0.00s)\nFAIL\n"
	if got := aroundFailure(early + failure); !strings.HasSuffix(got, failure) || strings.Count(got, "\n") != 12 {
		t.Errorf("%d lines: %q", strings.Count(got, "\n"), got)
	}
	for _, short := range []string{failure, "--- FAIL: TestLate (0.00s)\n", "killed", ""} {
		if got := aroundFailure(short); got != short {
			t.Errorf("%q, want %q", got, short)
		}
	}
}
