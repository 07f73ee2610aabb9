package explore

import (
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
	return explore(t, o, func(Options) ([]program, error) {
		return []program{{play: func() { shim.Play(t, body) }}}, nil
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
	case strings.HasPrefix(what, refused):
		return s.refusal(what)
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
