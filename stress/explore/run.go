package explore

import (
	"fmt"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/sched"
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
		return []program{{play: func() { (&T{TB: t}).play(body) }}}, nil
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

// failure minimises what was found and tells it.
func (s *search) failure(t *testing.T, f *finding) *Result {
	nth, how := f.nth, f.strategy
	s.minimise(f)
	text := s.program.head + explain(s.program, f, s.options)
	text += fmt.Sprintf("found in schedule %d (%s, seed %d); %d preemption(s) are enough\n",
		nth, how, s.options.Seed, f.preempted)
	text += fmt.Sprintf("replay: go test%s -run '%s' %s-explore.schedule=%s\n",
		raceFlag(), exactly(t.Name()), s.program.flag, f.schedule)
	return &Result{
		Verdict: "fail", Text: text, What: f.what,
		Schedule: f.schedule.String(), Scenario: s.program.name, Schedules: nth, Strategy: how,
	}
}

func raceFlag() string {
	if sched.Raced {
		return " -race"
	}
	return ""
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
		f := &finding{schedule: schedule, what: what}
		return &Result{
			Verdict: "fail", Text: explain(p, f, s.options), What: what, Schedule: o.Schedule, Schedules: 1,
		}
	case replay.Diverged != "":
		return &Result{
			Verdict: "fail", What: "stale schedule",
			Text: "the schedule does not fit the program any more: " + replay.Diverged,
		}
	}
	return &Result{Verdict: "pass", Text: "this schedule does not fail"}
}
