package explore

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A program is what is explored: a function to play, and what to say of an execution of it that
// came to its end.
type program struct {
	name    string // among those of one door; "" if it is alone
	subject string // what it plays, if that is not the test itself
	flag    string // for its replay line, with a space behind it
	ready   func() // before each schedule; may be nil
	play    func()
	judge   func(out *schedrt.Outcome) (wrong string) // may be nil

	// history tells what was judged, if that is a history, and why it is wrong; may be nil.
	history func(x *schedrt.Exec, wrong string) *failure.History

	leaves *leftover // of a test of a suite; nil if it is none
}

// A leftover is what a test of a suite has left behind in the last schedule.
type leftover struct {
	goroutines int
	skipped    bool // the test skips itself
}

// A finding is a schedule that refutes the program.
type finding struct {
	schedule  strategy.Schedule
	preempted int
	what      string // one line, the same for every schedule that shows the same
	strategy  string
	nth       int // schedule that was played
}

// A search plays one program under many schedules, in one process.
type search struct {
	options Options
	program program
	exec    *schedrt.Exec // for strategies that are asked where there is a choice
	dpor    *schedrt.Exec // for one that is asked at every step
	sums    sums
	length  int // of the usual schedule, in steps; 0 is not known yet
	races   int // reported in this process before this schedule
}

func newSearch(o Options, p program) *search {
	o = o.withDefaults()
	always := o.limits()
	always.AskAlways = true
	return &search{options: o, program: p, exec: schedrt.New(o.limits()), dpor: schedrt.New(always)}
}

func (s *search) close() {
	s.exec.Close()
	s.dpor.Close()
}

const dataRace = "data race"

// newStrategy returns what plays a task.
func (s *search) newStrategy(t task) strategy.Search {
	switch t.Strategy {
	case "random":
		return strategy.NewRandom(t.Seed)
	case "pos":
		return strategy.NewPOS(t.Seed)
	case "dfs":
		return &strategy.DFS{Preemptions: s.options.preemptionBound()}
	case "dpor":
		return &strategy.DPOR{}
	}
	pct := strategy.NewPCT(pctDepth(t.Strategy), t.Seed)
	pct.Expect(s.usualLength())
	return pct
}

// usualLength is what PCT spreads its changes over. It must be the same in every process, and so is
// not what the process happens to have played.
func (s *search) usualLength() int {
	if s.length == 0 {
		s.program.playOn(s.exec, &strategy.Replay{})
		s.length = max(1, len(s.exec.Trace.Steps))
	}
	return s.length
}

var pctName = regexp.MustCompile(`^pct([1-9]\d?)$`)

// pctDepth returns the depth in a name such as pct3, 0 if it is none.
func pctDepth(name string) int {
	m := pctName.FindStringSubmatch(name)
	if m == nil {
		return 0
	}
	depth, _ := strconv.Atoi(m[1]) // it is all digits
	return depth
}

// known returns what is wrong with the name of a strategy, if anything is.
func known(name string) error {
	switch name {
	case "", "random", "pos", "dfs", "dpor":
		return nil
	}
	if pctDepth(name) > 0 {
		return nil
	}
	return fmt.Errorf("strategy %q: want random, pct and a depth from 1 as in pct3, pos, dpor or dfs", name)
}

// isTree reports whether a strategy comes to an end.
func isTree(name string) bool { return name == "dfs" || name == "dpor" }

// playOn plays the program under the next schedule of a strategy.
func (p program) playOn(x *schedrt.Exec, st strategy.Search) *schedrt.Outcome {
	if p.ready != nil {
		p.ready()
	}
	st.Begin(x)
	return x.Play(st, p.play)
}

// play plays one schedule and returns what is wrong with it.
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
	s.sums.Played++
	if l := s.program.leaves; l != nil {
		s.sums.Left, s.sums.Skipped = max(s.sums.Left, l.goroutines), l.skipped
	}
	if schedrt.RaceErrors() > s.races {
		return dataRace
	}
	return s.verdict(out)
}

// verdict says in a line what is wrong, "" if nothing is.
func (s *search) verdict(out *schedrt.Outcome) string {
	if s.program.judge != nil {
		if wrong := s.program.judge(out); wrong != "" {
			return wrong
		}
	}
	switch out.Kind {
	case schedrt.Passed, schedrt.Endless, schedrt.Pruned:
		return ""
	case schedrt.Refused:
		return refused + out.Message
	case schedrt.Panicked, schedrt.Failed:
		line, _, _ := strings.Cut(out.Message, "\n")
		return line
	case schedrt.Deadlock:
		for _, w := range out.Waiting {
			if w.Missed {
				return "lost wake-up"
			}
		}
	}
	return out.Kind.String()
}
