package player

import (
	"time"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// describe plays a schedule once more, now with an observer that notes positions, names and waits,
// and returns the report of it. A search plays its schedules without an observer, because it is
// slow. The report says what the failure is called; describe also returns what it was this time.
//
// A long schedule is played twice, because its length has to be known before it is observed.
func describe(p Program, what string, schedule strategy.Schedule, o task.Options, long bool) (
	told *failure.Report, now string,
) {
	replay := &strategy.Replay{Schedule: schedule}
	w := observe.New(replay)
	observed := observe.Limits(limitsOf(o, long))
	if long {
		length := lengthOf(p, schedule, o)
		w.Long(length)
		observed = observe.LongLimits(limitsOf(o, long), length)
	}
	// The detector counts for the process, so a race of this schedule shows as a difference.
	races := schedrt.RaceErrors()
	x := schedrt.New(observed)
	defer x.Close()
	out := p.playOn(x, w)
	w.Done(x)
	now = verdict.OfSchedule(out, schedrt.RaceErrors() > races, p.Judge)
	s := w.Report(out)
	s.Subject, s.What, s.Message = p.Subject, what, out.Message
	if p.Subject != "" {
		s.Scenario = p.Name
	}
	// The words of this run fit the report: addresses in them are the addresses that it shows. A
	// race detector that is silent this time does not make the failure another one.
	if now != "" && now != verdict.DataRace {
		s.What = now
	}
	if p.History != nil {
		s.History = p.History(x, s.What)
	}
	if n := timePassedEarly(s); n > 0 && now != "" && !o.LazyClock {
		s.Remarks = append(s.Remarks, verdict.TimePassedEarly(n))
	}
	if replay.Diverged != "" {
		s.Remarks = append(s.Remarks, verdict.DoesNotFit(replay.Diverged))
	}
	return s, now
}

// lengthOf returns the number of steps of a long schedule.
func lengthOf(p Program, schedule strategy.Schedule, o task.Options) int {
	x := schedrt.New(limitsOf(o, true))
	defer x.Close()
	p.playOn(x, &strategy.Replay{Schedule: schedule})
	return len(x.Trace.Steps)
}

// timePassedEarly returns the number of the first step in which time passed although a goroutine
// could move, 0 if there is none.
func timePassedEarly(s *failure.Report) int {
	for _, step := range s.Steps {
		if step.Kind == schedrt.OpFire.String() && len(step.Able) > 0 {
			return step.N
		}
	}
	return 0
}

// failure minimises a failing schedule and describes it. Test is the name of the test that explores
// the program. A test of a suite gets no replay command here: it is explored by another test, which
// adds the command. Most bounds the time of minimising.
func (s *search) failure(test string, f *failing, most time.Duration) *verdict.Result {
	least := s.minimise(f, most)
	told, _ := describe(s.program, f.What, f.schedule, s.options, f.Long)
	told.Test, told.Preemptions, told.Least = test, f.Preempted, least
	told.Found = verdict.Found(f.Nth, f.Strategy, s.options.Seed)
	if s.program.Leftover == nil {
		told.Replay = verdict.ReplayCommand(test, s.program.Flag, f.schedule.String())
	}
	return verdict.Failure(f.finding(), s.program.Name, told)
}
