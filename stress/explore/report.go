package explore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// retell plays a schedule once more, with a witness.
func retell(p program, f *finding, o Options) *failure.Report {
	x := schedrt.New(observe.Limits(o.limits()))
	defer x.Close()
	replay := &strategy.Replay{Schedule: f.schedule}
	w := observe.New(replay)
	out := p.playOn(x, w)
	w.Done(x)
	s := w.Report(out)
	s.Subject, s.What, s.Message = p.subject, f.what, out.Message
	if p.subject != "" {
		s.Scenario = p.name
	}
	if p.judge != nil {
		if wrong := p.judge(out); wrong != "" {
			s.What = wrong
		}
	}
	if p.history != nil {
		s.History = p.history(x, s.What)
	}
	if replay.Diverged != "" {
		s.Remarks = append(s.Remarks, "the schedule does not fit the program: "+replay.Diverged)
	}
	return s
}

// failure minimises what was found and tells it.
func (s *search) failure(t *testing.T, f *finding) *Result {
	nth, how := f.nth, f.strategy
	least := s.minimise(f)
	told := retell(s.program, f, s.options)
	told.Test, told.Preemptions = t.Name(), f.preempted
	told.Found = fmt.Sprintf("found in schedule %d (%s, seed %d)", nth, how, s.options.Seed)
	told.Least = least
	if s.program.leaves == nil { // who explores a suite knows the line
		told.Replay = fmt.Sprintf("go test%s -run '%s' %s-explore.schedule=%s",
			raceFlag(), exactly(t.Name()), s.program.flag, f.schedule)
	}
	return &Result{
		Verdict: "fail", Text: textOf(told), What: f.what, Story: told,
		Schedule: f.schedule.String(), Scenario: s.program.name, Schedules: nth, Strategy: how,
		Preemptions: f.preempted,
	}
}

func textOf(s *failure.Report) string {
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		return err.Error()
	}
	return b.String()
}

func raceFlag() string {
	if schedrt.RaceEnabled {
		return " -race"
	}
	return ""
}
