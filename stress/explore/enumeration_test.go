package explore_test

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// Enumerated programs refute semaphores that no scenario refutes. The first forgets its waiters when it
// panics for an over-release; the Release(0) of the second admits a waiter that does not fit. The
// program that is reported is a scenario, so that a replay needs no enumeration.
func TestEnumerationRefutes(t *testing.T) {
	for _, m := range mutant.Kinds() {
		if m.ID != "K7" && m.ID != "K10" {
			continue
		}
		t.Run(m.ID, func(t *testing.T) {
			calls := 3
			if m.ID == "K7" { // two weights and a Release(0) take a level with thousands of schedules
				needLong(t)
				calls = 4
			}
			chosen := explore.CheckSemaphore(t, explore.Options{Schedules: 8}, m.Impl)
			if chosen.Verdict != explore.Unknown {
				t.Errorf("scenarios alone: %s, %s", chosen.Verdict, chosen.What)
			}
			r := explore.CheckSemaphore(t, explore.Options{Schedules: 8, Calls: calls}, m.Impl)
			if r.Verdict != explore.Fail || r.Scenario == "" || strings.Contains(r.Scenario, "\n") {
				t.Fatalf("%s %q: %s", r.Verdict, r.Scenario, r.Text)
			}
			replay := explore.CheckSemaphore(t,
				explore.Options{Scenario: r.Scenario, Schedule: r.Schedule}, m.Impl)
			if replay.Verdict != explore.Fail {
				t.Errorf("replay of %q: %s", r.Scenario, replay.Text)
			}
		})
	}
}

// A right semaphore passes all programs, and the result says how large they were.
func TestEnumerationIsComplete(t *testing.T) {
	r := explore.CheckSemaphore(t, explore.Options{Schedules: 1000, Calls: 2}, mutant.Reference)
	want := "complete: all programs of size 0, up to 2 calls one at a time; " +
		"size 1, up to 2 calls one at a time; size 2, up to 1 call one at a time"
	if r.Verdict == explore.Fail || !strings.Contains(r.Text, want) {
		t.Errorf("%s: %s, want %q", r.Verdict, r.Text, want)
	}
}
