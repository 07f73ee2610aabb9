package task_test

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/task"
)

// Options that cannot be explored are refused, with a reason that names the flag or the value.
func TestCheck(t *testing.T) {
	for want, o := range map[string]task.Options{
		"":                                  {Strategy: "pct3", Schedules: 10, Schedule: "x1.2"},
		"a bound on preemptions needs dfs":  {Preemptions: 2, Strategy: "dpor"},
		"must not be negative":              {Steps: -1},
		"-explore.workers=65: want 64":      {Workers: 65},
		`schedule "y": want it to begin`:    {Schedule: "y"},
		`strategy "pct0": want random, pct`: {Strategy: "pct0"},
	} {
		err := o.Check(1)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	if err := (task.Options{Schedule: "x"}).Check(2); err == nil {
		t.Error("one schedule was accepted for two scenarios")
	}
}

// The zero value has no bound on preemptions, and a negative number allows none.
func TestPreemptionBound(t *testing.T) {
	for bound, want := range map[int]int{0: -1, -1: 0, 3: 3} {
		if got := (task.Options{Preemptions: bound}).PreemptionBound(); got != want {
			t.Errorf("Preemptions %d: a bound of %d for DFS, want %d", bound, got, want)
		}
	}
}

// The pattern of a test matches its own name only, even with characters that patterns use.
func TestRunPattern(t *testing.T) {
	if got, want := task.RunPattern("TestA/b.c(1)"), `^TestA$/^b\.c\(1\)$`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
