package explore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	shim "github.com/semabench/semabench/stress/explore/shim/testing"
)

// Run plays body under every schedule, or as many as the flags allow, and fails t if one of them
// fails. The body must do the same each time: no real clock, no network, no order of a map.
func Run(t *testing.T, body func(t *T)) {
	t.Helper()
	tell(t, Check(t, flagOptions(), body))
}

// Check is Run with options of its own, and returns the result instead of failing t.
func Check(t *testing.T, o Options, body func(t *T)) *Result {
	t.Helper()
	return explore(t, o.withDefaults(), func(o Options) *Result {
		return exploreOne(t, program{play: func() { shim.Play(t, body) }}, o)
	})
}

// Replay plays body under one schedule, a word that a failure has printed, and fails t if it still
// fails.
func Replay(t *testing.T, schedule string, body func(t *T)) {
	t.Helper()
	o := flagOptions()
	o.Schedule = schedule
	tell(t, Check(t, o, body))
}

// exploreOne is Run in an instrumented binary.
func exploreOne(t *testing.T, p program, o Options) *Result {
	if r := outOfReach(); r != nil {
		return r
	}
	if o.Schedule != "" {
		return replayOne(p, o)
	}
	if diff := nondeterminism(p, o); diff != "" {
		return &Result{Verdict: "fail", Text: diff}
	}
	s := newSearch(o, p)
	defer s.close()
	found, complete := s.run()
	return s.result(t, found, complete)
}

func (s *search) result(t *testing.T, found *finding, complete bool) *Result {
	switch {
	case found != nil && strings.HasPrefix(found.what, refused):
		return s.refusal(found)
	case found != nil:
		return s.failure(t, found)
	}
	r := s.passed(complete)
	r.Endless = s.endless
	return r
}

func (s *search) passed(complete bool) *Result {
	switch {
	case complete:
		return &Result{Verdict: "pass", Schedules: s.played, Complete: true, Text: s.completeText()}
	case s.endless > 0:
		return &Result{Verdict: "unknown", Schedules: s.played, Text: fmt.Sprintf(
			"%d of %d schedules came to no end within -explore.steps=%d", s.endless, s.played, s.options.Steps)}
	}
	return &Result{Verdict: "unknown", Schedules: s.played, Text: fmt.Sprintf(
		"%d schedules played and none failed, but not all were: -explore.schedules=%d, -explore.time=%v",
		s.played, s.options.Schedules, s.options.Time)}
}

func (s *search) completeText() string {
	if s.options.Strategy == "dfs" {
		return fmt.Sprintf("complete: all %d schedules", s.played)
	}
	return fmt.Sprintf("complete: all %d schedules that differ in more than the order of independent "+
		"operations (%d played, %d given up half way)", s.classes, s.played, s.pruned)
}

func replayOne(p program, o Options) *Result {
	schedule, err := strategy.Parse(o.Schedule)
	if err != nil {
		return &Result{Verdict: "fail", Text: err.Error()}
	}
	s := newSearch(o, p)
	defer s.close()
	replay := &strategy.Replay{Schedule: schedule}
	what := s.play(s.exec, replay)
	replay.Done(s.exec)
	switch {
	case what != "":
		told := retell(p, &finding{schedule: schedule, what: what}, s.options)
		return &Result{
			Verdict: "fail", Text: textOf(told), What: what, Story: told, Schedule: o.Schedule, Schedules: 1,
			Preemptions: told.Preemptions,
		}
	case replay.Diverged != "":
		return &Result{
			Verdict: "fail", What: "stale schedule",
			Text: "the schedule does not fit the program any more: " + replay.Diverged,
		}
	}
	return &Result{Verdict: "pass", Text: "this schedule does not fail"}
}
