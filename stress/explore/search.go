package explore

import (
	"fmt"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/story"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/sched"
)

// A program is what is explored: a function to play, and what to say of an execution of it that
// came to its end.
type program struct {
	flag    string // for its replay line, with a space behind it
	ofSuite bool   // who explores the suite knows the replay line
	ready   func() // before each schedule; may be nil
	play    func()
	judge   func(out *sched.Outcome) (wrong string) // may be nil

	// history tells what was judged, if that is a history, and why it is wrong; may be nil.
	history func(x *sched.Exec, wrong string) *story.History
}

// A finding is a schedule that refutes the program.
type finding struct {
	schedule  strategy.Schedule
	preempted int
	what      string // one line, the same for every schedule that shows the same
	strategy  string
	nth       int // schedule that was played
}

// A search plays one program under many schedules.
type search struct {
	options   Options
	program   program
	exec      *sched.Exec // for strategies that are asked where there is a choice
	dpor      *sched.Exec // for one that is asked at every step
	played    int
	pruned    int
	classes   int // schedules of DPOR
	deadline  time.Time
	recorders map[string]*strategy.Recorder
	endless   int // schedules that were cut off
	races     int // reported in this process before this schedule
}

func newSearch(o Options, p program) *search {
	o = o.withDefaults()
	always := o.limits()
	always.AskAlways = true
	return &search{
		options: o, program: p, deadline: time.Now().Add(o.Time),
		exec: sched.New(o.limits()), dpor: sched.New(always),
	}
}

func (s *search) close() {
	s.exec.Close()
	s.dpor.Close()
}

const dataRace = "data race"

// drawnShare is how many schedules are drawn before all are gone through: a bug that has a chance in
// each schedule is found sooner by them.
const drawnShare = 200

// run returns what refutes the program, or nil and whether everything was played.
func (s *search) run() (found *finding, complete bool) {
	if name := s.options.Strategy; name != "" {
		return s.phase(name, s.options.Schedules)
	}
	for _, name := range []string{"random", "pct2", "pct3", "pos"} {
		if found, _ := s.phase(name, min(drawnShare, s.options.Schedules)/4); found != nil {
			return found, false
		}
	}
	return s.phase("dpor", s.options.Schedules)
}

// phase plays up to most schedules of one strategy.
func (s *search) phase(name string, most int) (found *finding, complete bool) {
	recorder := s.recorder(name)
	x := s.exec
	if name == "dpor" {
		x = s.dpor
	}
	for range most {
		if time.Now().After(s.deadline) {
			return nil, false
		}
		what := s.play(x, recorder)
		if name == "dpor" && x.Outcome.Kind != sched.Pruned {
			s.classes++
		}
		if what != "" {
			return &finding{
				schedule: append(strategy.Schedule(nil), recorder.Schedule...), preempted: len(recorder.Preempted),
				what: what, strategy: name, nth: s.played,
			}, false
		}
		if !recorder.Done(x) {
			d, ok := recorder.Search.(*strategy.DFS)
			return nil, s.endless == 0 && !(ok && d.Cut)
		}
	}
	return nil, false
}

// recorder returns the strategy of a name, which goes on where it was.
func (s *search) recorder(name string) *strategy.Recorder {
	if s.recorders == nil {
		s.recorders = map[string]*strategy.Recorder{}
	}
	if s.recorders[name] == nil {
		s.recorders[name] = &strategy.Recorder{Search: newStrategy(name, s.options.Seed)}
	}
	return s.recorders[name]
}

func newStrategy(name string, seed uint64) strategy.Search {
	switch name {
	case "random":
		return strategy.NewRandom(seed)
	case "pct2":
		return strategy.NewPCT(2, seed)
	case "pct3":
		return strategy.NewPCT(3, seed)
	case "pos":
		return strategy.NewPOS(seed)
	case "dfs":
		return &strategy.DFS{Preemptions: -1}
	case "dpor":
		return &strategy.DPOR{}
	}
	panic(fmt.Sprintf("explore: strategy %q: want random, pct2, pct3, pos, dpor or dfs", name))
}

// playOn plays the program under the next schedule of a strategy.
func (p program) playOn(x *sched.Exec, st strategy.Search) *sched.Outcome {
	if p.ready != nil {
		p.ready()
	}
	st.Begin(x)
	return x.Play(st, p.play)
}

// play plays one schedule and returns what is wrong with it.
func (s *search) play(x *sched.Exec, st strategy.Search) (what string) {
	s.races = sched.RaceErrors()
	out := s.program.playOn(x, st)
	switch out.Kind {
	case sched.Pruned:
		s.pruned++
		return ""
	case sched.Endless:
		s.endless++
	}
	s.played++
	if sched.RaceErrors() > s.races {
		return dataRace
	}
	return s.verdict(out)
}

// verdict says in a line what is wrong, "" if nothing is.
func (s *search) verdict(out *sched.Outcome) string {
	if s.program.judge != nil {
		if wrong := s.program.judge(out); wrong != "" {
			return wrong
		}
	}
	switch out.Kind {
	case sched.Passed, sched.Endless, sched.Pruned:
		return ""
	case sched.Refused:
		return refused + out.Message
	case sched.Panicked, sched.Failed:
		line, _, _ := strings.Cut(out.Message, "\n")
		return line
	case sched.Deadlock:
		for _, w := range out.Waiting {
			if w.Missed {
				return "lost wake-up"
			}
		}
	}
	return out.Kind.String()
}
