package explore_test

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// Calls in the rounds of a loop over a map are refused from the second on, as they may be one another in a
// player. Calls in a loop over a slice, in subtests, and after a loop that ended early are what they seem.
func TestCallsInAMapLoop(t *testing.T) {
	bodies := map[string]func(t *explore.T){
		"wrong": func(t *explore.T) { t.Error("wrong") },
		"right": func(*explore.T) {},
	}
	o := explore.Options{Schedules: 20}
	for range 200 { // the loop below is noted although these were left early
		for range bodies {
			break
		}
	}
	var told []*explore.Result
	for _, body := range bodies {
		told = append(told, explore.Check(t, o, body))
	}
	if r := told[1]; r.Verdict != explore.Refused || !strings.Contains(r.Text, "in a loop over a map") {
		t.Errorf("%s, want refused: %s", r.Verdict, r.Text)
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) { mustBe(t, name, explore.Check(t, o, body)) })
	}
	for _, name := range []string{"wrong", "right"} {
		for range bodies {
			break
		}
		mustBe(t, name, explore.Check(t, o, bodies[name]))
	}
}

// mustBe checks the verdict of a body by its name.
func mustBe(t *testing.T, name string, r *explore.Result) {
	t.Helper()
	want := explore.Pass
	if name == "wrong" {
		want = explore.Fail
	}
	if r.Verdict != want {
		t.Errorf("%s: %s, want %s: %s", name, r.Verdict, want, r.Text)
	}
}
