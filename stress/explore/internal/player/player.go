package player

import (
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
)

// A player plays tasks. It keeps what is expensive to make, or useful for later tasks: the
// executions of each program, and the ordered pairs that it has seen. It plays in one goroutine, as
// the parent's requests come one after the other. Its memory of earlier tasks saves time and never
// changes an answer, except for Pairs: the process that saw a pair first reports it.
type player struct {
	options  task.Options
	programs []Program
	searches []*search // by program; nil until the first task of the program
	pairs    *pairs
}

func newPlayer(o task.Options, programs []Program) *player {
	return &player{
		options: o, programs: programs, searches: make([]*search, len(programs)),
		pairs: newPairs(o),
	}
}

// close ends the executions, with the goroutines that they keep for the next schedule.
func (p *player) close() {
	p.pairs.close()
	for _, s := range p.searches {
		if s != nil {
			s.close()
		}
	}
}

// search returns the search of program i, and makes it for the first task of that program: a player
// may never get a task of the others.
func (p *player) search(i int) *search {
	if p.searches[i] == nil {
		p.searches[i] = newSearch(p.options, p.programs[i])
	}
	return p.searches[i]
}

// play plays a task to its end, or until a schedule fails.
func (p *player) play(t task.Task) *task.Answer {
	a := &task.Answer{ID: t.ID}
	budget := newBudget(t)
	for _, i := range t.Programs {
		s := p.search(i)
		// The totals of a search are of one task, since the parent adds up the answers.
		s.sums = task.Sums{}
		observe := func(st *strategy.Recorder) {
			p.pairs.observe(i, s, s.execFor(t), st.Schedule)
		}
		f, rest := s.playTask(t, budget, observe)
		a.Sums.Add(s.sums)
		a.Rest, a.Told = rest, s.told
		if f != nil {
			f.Program, f.Nth = i, a.Sums.Played
			a.Found = f.finding()
			break
		}
	}
	a.Late = budget.late
	a.Pairs = p.pairs.takeNew()
	return a
}
