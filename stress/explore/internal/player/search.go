package player

import (
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A failing schedule is a finding with its schedule in a form that can be changed.
type failing struct {
	task.Finding // Schedule and Preempted are brought up to date by finding
	schedule     strategy.Schedule
}

// finding returns the finding as it is sent to the parent.
func (f *failing) finding() *task.Finding {
	f.Schedule = f.schedule.String()
	return &f.Finding
}

// A search plays many schedules of one program.
//
// It has two executions because DPOR has to be asked at every step, while the other strategies are
// asked only where more than one goroutine can move, which is faster. Both are made once and play
// all schedules, since an execution keeps its goroutines for the next one.
type search struct {
	options  task.Options
	program  Program
	exec     *schedrt.Exec // asks the strategy where there is a choice
	dpor     *schedrt.Exec // asks the strategy at every step
	long     *schedrt.Exec // plays long schedules; nil until there is one
	sums     task.Sums     // of the current task
	length   int           // steps of the default schedule; 0 until it was measured
	extra    *failing      // see takeExtra
	deadline time.Time     // of the current task
	told     bool          // the current task has to be played plain
	races    int           // races that the detector reported in this process before this schedule
}

func newSearch(o task.Options, p Program) *search {
	o = o.WithDefaults()
	always := limits(o)
	always.AskAlways = true
	// The judge of a history knows its calls by their goroutines. Programs with a history differ in more
	// than the names of goroutines anyway.
	always.Twins = !o.NoAlike && p.History == nil
	return &search{options: o, program: p, exec: schedrt.New(limits(o)), dpor: schedrt.New(always)}
}

func (s *search) close() {
	s.exec.Close()
	s.dpor.Close()
	if s.long != nil {
		s.long.Close()
	}
}

// execFor returns the execution that a task needs.
func (s *search) execFor(t task.Task) *schedrt.Exec {
	switch {
	case t.Long:
		return s.longExec()
	case t.Strategy == "dpor":
		return s.dpor
	}
	return s.exec
}

// longExec returns the execution for long schedules.
func (s *search) longExec() *schedrt.Exec {
	if s.long == nil {
		s.long = schedrt.New(limitsOf(s.options, true))
	}
	return s.long
}

// again returns the execution that plays a failure again.
func (s *search) again(f *task.Finding) *schedrt.Exec {
	if f.Long {
		return s.longExec()
	}
	return s.exec
}

// newStrategy returns the strategy of a task. It is made anew for each task, so that a task
// determines its answer and the history of this process does not.
func (s *search) newStrategy(t task.Task) strategy.Search {
	length := s.defaultLength
	if t.Long {
		length = func() int { return max(1, t.Length) }
	}
	st := strategy.New(t.Strategy, t.Seed, s.options.PreemptionBound(), length)
	if d, ok := st.(*strategy.DPOR); ok {
		d.Twins = !t.Plain && s.dpor.FindsTwins()
	}
	return st
}

// defaultLength returns the number of steps of the default schedule, over which PCT spreads its
// priority changes. It must be equal in every process, or a task would depend on the process that
// plays it. So it is not the longest schedule that this process has seen.
func (s *search) defaultLength() int {
	if s.length == 0 {
		counted := s.sums
		what := s.play(s.exec, &strategy.Replay{})
		s.sums = counted // it belongs to no task, and which process plays it depends on the time
		if s.exec.TimeIsOver() {
			return 1 // the task ends before its first schedule
		}
		if s.length = max(1, len(s.exec.Trace.Steps)); what != "" {
			s.extra = &failing{Finding: task.Finding{What: what, Strategy: "default", Nth: 1}}
		}
	}
	return s.length
}

// takeExtra returns a failure of a schedule that was played for a purpose other than a task, and
// forgets it. Each schedule that is played is judged: a program that fails only once in a process
// may do so in any of them.
func (s *search) takeExtra() *failing {
	f := s.extra
	s.extra = nil
	return f
}

// play plays one schedule, counts it, and returns in one line what is wrong with it, or "". A
// pruned schedule is not judged, because it was left half way: what it did so far is the beginning
// of a schedule that was or will be judged.
func (s *search) play(x *schedrt.Exec, st strategy.Search) (what string) {
	s.races = schedrt.RaceErrors()
	out := s.program.playOn(x, st)
	switch out.Kind {
	case schedrt.Pruned:
		s.sums.Pruned++
		return ""
	case schedrt.Endless:
		s.sums.Endless++
	}
	// An endless schedule counts as played: it came to its bound.
	s.sums.Played++
	s.sums.Longest = max(s.sums.Longest, len(x.Trace.Steps))
	if l := s.program.Leftover; l != nil {
		s.sums.Left, s.sums.Skipped = max(s.sums.Left, l.Goroutines), l.Skipped
	}
	if k := s.program.Skip; k != nil && k.Skipped {
		s.sums.Add(task.Sums{Skips: 1, SkipLog: k.Log})
	}
	return verdict.OfSchedule(out, schedrt.RaceErrors() > s.races, s.program.Judge)
}

// playTask plays the schedules of a task of this program. It returns the first failure, or what is
// left of the task's part of a tree. Observe is called after each schedule that did not fail.
// Observe replays on an execution of its own, so Rest still finds the last trace in x.
func (s *search) playTask(t task.Task, budget *budget, observe func(*strategy.Recorder)) (
	*failing, *strategy.Part,
) {
	s.told = false
	s.extra = nil // before newStrategy, which plays a schedule of its own for PCT
	x := s.execFor(t)
	s.deadline = budget.deadline
	for _, x := range []*schedrt.Exec{x, s.exec} { // the schedule of PCT is played on s.exec
		x.StopAt(budget.deadline)
		defer x.StopAt(time.Time{})
	}
	recorder := &strategy.Recorder{Search: s.newStrategy(t)}
	tree, _ := recorder.Search.(strategy.Tree)
	if tree != nil {
		tree.Resume(t.Part)
	}
	played := 0
	for ; played < t.Schedules && budget.left(); played++ {
		what := s.play(x, recorder)
		budget.spend(len(x.Trace.Steps))
		if x.TimeIsOver() {
			s.sums.Pruned-- // not because it equals another
			budget.late = true
			return nil, nil
		}
		if t.Strategy == "dpor" && x.Outcome.Kind != schedrt.Pruned {
			s.sums.Classes++
		}
		if what != "" {
			return &failing{
				Finding: task.Finding{
					What: what, Strategy: t.Strategy, Nth: s.sums.Played,
					Preempted: len(recorder.Preempted), Long: t.Long,
				},
				schedule: slices.Clone(recorder.Schedule),
			}, nil
		}
		if d, ok := tree.(*strategy.DPOR); ok && d.Twins {
			if s.told = x.ToldApart(); s.told {
				return nil, nil
			}
			s.sums.Alike = s.sums.Alike || d.Reduced
		}
		more := recorder.Done(x)
		if !t.Long { // the pairs of a long schedule are too many to keep
			observe(recorder)
		}
		if f := s.takeExtra(); f != nil {
			return f, nil
		}
		if d, ok := tree.(*strategy.DFS); ok {
			s.sums.Cut = s.sums.Cut || d.Cut
		}
		if !more || s.onlyEndless(t) {
			return nil, nil
		}
	}
	switch {
	case tree == nil:
		return nil, nil
	// Rest may not be called before a schedule was played. The whole part is still to do.
	case played == 0:
		return nil, t.Part
	}
	return nil, tree.Rest(x)
}

// fewEndless is how many schedules of a task are played to the bound on steps before the rest of the task
// is given up.
const fewEndless = 2

// onlyEndless reports whether a task shows nothing but that the schedules of the program are long. The
// parent has long ones played then.
func (s *search) onlyEndless(t task.Task) bool {
	return s.options.PlaysLong() && !t.Long && len(t.Programs) == 1 &&
		s.sums.Endless >= fewEndless && s.sums.Endless == s.sums.Played
}

// refusal plays a schedule of a program that was refused, and returns the result.
func (s *search) refusal(f *task.Finding, schedule strategy.Schedule) *verdict.Result {
	x := s.again(f)
	return s.refused(s.play(x, &strategy.Replay{Schedule: schedule}), x)
}

// refused returns the result for a program that was refused in the schedule that x has just played.
func (s *search) refused(what string, x *schedrt.Exec) *verdict.Result {
	r := verdict.OfRefused(what, observe.RelativePosition(x.Outcome.PCs))
	r.Schedules = 1
	return r
}
