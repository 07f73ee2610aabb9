// Package witness watches one execution and makes a story of it: what was done in the words of the
// source, what came of it, who waited for what, and what happened before what.
package witness

import (
	"github.com/semabench/semabench/stress/explore/internal/source"
	"github.com/semabench/semabench/stress/explore/internal/story"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/sched"
)

// most is how many steps are told: the last ones, or the first ones if what follows is a loop.
const most = 400

// A Witness is a strategy that does what another one says, and looks around between the steps. The
// execution has to ask at every step and to record positions.
type Witness struct {
	strategy.Recorder
	x       *sched.Exec
	moments map[int]*moment // by the step that follows: the first ones, and the last
	words   map[int32]word  // what is known of words
}

// A moment is between two steps.
type moment struct {
	objects map[int32]sched.Peek
	words   map[int32]uint64
	seats   []sched.Seat
	able    []int
	races   int
}

// New returns a witness of what a strategy plays.
func New(s strategy.Search) *Witness { return &Witness{Recorder: strategy.Recorder{Search: s}} }

// Limits are what an execution needs that is watched.
func Limits(l sched.Limits) sched.Limits {
	l.AskAlways, l.Positions = true, true
	return l
}

// Begin is that of strategy.Search.
func (w *Witness) Begin(x *sched.Exec) {
	w.x, w.moments, w.words = x, map[int]*moment{}, map[int32]word{}
	w.Recorder.Begin(x)
}

// Pick is that of sched.Strategy.
func (w *Witness) Pick(p *sched.Point) int {
	if old := p.Step - most - 1; old > most { // all of a livelock is too much to keep
		delete(w.moments, old)
	}
	m := w.look()
	for _, g := range p.Enabled {
		m.able = append(m.able, g.ID)
	}
	w.moments[p.Step] = &m
	return w.Recorder.Pick(p)
}

func (w *Witness) look() moment {
	m := moment{
		objects: map[int32]sched.Peek{}, words: map[int32]uint64{},
		seats: w.x.Seats(), races: sched.RaceErrors(),
	}
	w.learn(m.seats)
	for _, p := range w.x.Peeks() {
		m.objects[p.Object] = p
		if size := w.words[p.Object].size; p.Model == sched.AWord && size > 0 {
			m.words[p.Object] = p.Word(size)
		}
	}
	return m
}

// Story tells the execution that was played.
func (w *Witness) Story(outcome *sched.Outcome) *story.Story {
	t := &teller{Witness: w, outcome: outcome, trace: &w.x.Trace, files: &source.Files{}}
	t.last = t.atEnd()
	s := &story.Story{Preemptions: len(w.Preempted)}
	t.read(s)
	t.name()
	t.tellSteps(s)
	t.tellGoroutines(s)
	t.tellObjects(s)
	t.tellWaits(s)
	t.tellHolds(s)
	t.tellEnd(s)
	t.excerpt(s)
	return s
}

// atEnd is what everything is like in the end. Those that were left have been unwound by then, but
// the outcome knows what they waited in.
func (t *teller) atEnd() moment {
	m := t.look()
	for i := range m.seats {
		if m.seats[i].State != sched.Clocks {
			m.seats[i].State = sched.Gone
		}
	}
	for _, left := range t.outcome.Waiting {
		s := &m.seats[left.G]
		s.Op, s.Object, s.PCs, s.State = left.Op, left.Object, left.PCs, sched.Ready
		switch t.outcome.Kind {
		case sched.Deadlock, sched.Leak:
			s.State = sched.Stuck
		case sched.Livelock:
			s.State = t.before(len(t.trace.Steps) - 1).seats[left.G].State
		}
	}
	return m
}
