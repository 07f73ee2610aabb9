package explore

import (
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A task is some schedules for a process to play. It is the same whoever plays it and when, so what
// is found in it is, too.
type task struct {
	ID        int
	Programs  []int // indexes; what is drawn is drawn of each
	Strategy  string
	Seed      uint64
	Schedules int            // of each program at most
	Steps     int            // of all of them: none is begun after so many; 0 means no bound
	Part      *strategy.Part // of a tree; nil if it is drawn
	Age       int            // tasks that played something of the part before
	Seconds   float64        // left until all is to be over; 0 means no bound
}

// An answer is what became of a task.
type answer struct {
	ID    int
	Sums  sums
	Found *found         // ends the task
	Rest  *strategy.Part // of the tree
	Late  bool           // time was over before all was played
	Pairs []string       // seen for the first time by this process
}

// sums count schedules.
type sums struct {
	Played  int
	Pruned  int  // given up half way
	Classes int  // played by DPOR
	Endless int  // came to the bound on steps
	Cut     bool // a bound on preemptions kept some from being played
	Left    int  // goroutines in a schedule, at most
	Skipped bool // the test of a suite was skipped, in the last one
}

func (s *sums) add(other sums) {
	s.Played += other.Played
	s.Pruned += other.Pruned
	s.Classes += other.Classes
	s.Endless += other.Endless
	s.Cut = s.Cut || other.Cut
	s.Left = max(s.Left, other.Left)
	s.Skipped = s.Skipped || other.Skipped
}

// found is a finding on its way to another process.
type found struct {
	Program   int
	Schedule  string
	Preempted int
	What      string
	Strategy  string
	Nth       int     // schedule; of the task at first, then of all
	Result    *Result // if it cannot be played again
}

// A player plays tasks in an instrumented binary.
type player struct {
	options  Options
	programs []program
	searches []*search
	pairs    *pairs
}

func newPlayer(o Options, programs []program) *player {
	return &player{options: o, programs: programs, searches: make([]*search, len(programs)), pairs: newPairs(o)}
}

func (p *player) close() {
	p.pairs.close()
	for _, s := range p.searches {
		if s != nil {
			s.close()
		}
	}
}

func (p *player) search(i int) *search {
	if p.searches[i] == nil {
		p.searches[i] = newSearch(p.options, p.programs[i])
	}
	return p.searches[i]
}

// play plays a task to its end, or until something is found.
func (p *player) play(t task) *answer {
	a := &answer{ID: t.ID}
	budget := newBudget(t)
	for _, i := range t.Programs {
		s := p.search(i)
		s.sums = sums{}
		f, rest := s.tour(t, budget, func(st *strategy.Recorder) { p.pairs.look(i, s, st) })
		a.Sums.add(s.sums)
		a.Rest = rest
		if f != nil {
			a.Found = &found{
				Program: i, Schedule: f.schedule.String(), Preempted: f.preempted, What: f.what,
				Strategy: t.Strategy, Nth: a.Sums.Played,
			}
			break
		}
	}
	a.Late = budget.late
	a.Pairs = p.pairs.report()
	return a
}

// tour plays the schedules of a task of one program, and returns what is left of a tree.
func (s *search) tour(t task, budget *budget, look func(*strategy.Recorder)) (*finding, *strategy.Part) {
	recorder := &strategy.Recorder{Search: s.newStrategy(t)}
	x := s.exec
	if t.Strategy == "dpor" {
		x = s.dpor
	}
	tree, _ := recorder.Search.(strategy.Tree)
	if tree != nil {
		tree.Resume(t.Part)
	}
	played := 0
	for ; played < t.Schedules && budget.has(); played++ {
		what := s.play(x, recorder)
		budget.spend(len(x.Trace.Steps))
		if t.Strategy == "dpor" && x.Outcome.Kind != schedrt.Pruned {
			s.sums.Classes++
		}
		if what != "" {
			return &finding{
				schedule: append(strategy.Schedule(nil), recorder.Schedule...), preempted: len(recorder.Preempted),
				what: what, strategy: t.Strategy, nth: s.sums.Played,
			}, nil
		}
		more := recorder.Done(x)
		look(recorder)
		if d, ok := tree.(*strategy.DFS); ok {
			s.sums.Cut = s.sums.Cut || d.Cut
		}
		if !more {
			return nil, nil
		}
	}
	switch {
	case tree == nil:
		return nil, nil
	case played == 0:
		return nil, t.Part
	}
	return nil, tree.Rest(x)
}
