// Package observe watches one execution and makes a story of it: what was done in the words of the
// source, what came of it, who waited for what, and what happened before what.
package observe

import (
	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/source"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// most is how many steps are told: the last ones, or the first ones if what follows is a loop.
const most = 400

// A Observer is a strategy that does what another one says, and looks around between the steps. The
// execution has to ask at every step and to record positions.
type Observer struct {
	strategy.Recorder
	x         *schedrt.Exec
	snapshots map[int]*snapshot // by the step that follows: the first ones, and the last
	words     map[int32]word    // what is known of words
}

// A snapshot is between two steps.
type snapshot struct {
	objects    map[int32]schedrt.ObjectState
	words      map[int32]uint64
	goroutines []schedrt.GoroutineState
	able       []int
	races      int
}

// New returns a witness of what a strategy plays.
func New(s strategy.Search) *Observer { return &Observer{Recorder: strategy.Recorder{Search: s}} }

// Limits are what an execution needs that is watched.
func Limits(l schedrt.Limits) schedrt.Limits {
	l.AskAlways, l.Positions = true, true
	return l
}

// Begin is that of strategy.Search.
func (w *Observer) Begin(x *schedrt.Exec) {
	w.x, w.snapshots, w.words = x, map[int]*snapshot{}, map[int32]word{}
	w.Recorder.Begin(x)
}

// Pick is that of schedrt.Strategy.
func (w *Observer) Pick(p *schedrt.Point) int {
	if old := p.Step - most - 1; old > most { // all of a livelock is too much to keep
		delete(w.snapshots, old)
	}
	m := w.look()
	for _, g := range p.Enabled {
		m.able = append(m.able, g.ID)
	}
	w.snapshots[p.Step] = &m
	return w.Recorder.Pick(p)
}

func (w *Observer) look() snapshot {
	m := snapshot{
		objects: map[int32]schedrt.ObjectState{}, words: map[int32]uint64{},
		goroutines: w.x.GoroutineStates(), races: schedrt.RaceErrors(),
	}
	w.learn(m.goroutines)
	for _, p := range w.x.ObjectStates() {
		m.objects[p.Object] = p
		if size := w.words[p.Object].size; p.Model == schedrt.ModelWord && size > 0 {
			m.words[p.Object] = p.Word(size)
		}
	}
	return m
}

// Report tells the execution that was played.
func (w *Observer) Report(outcome *schedrt.Outcome) *failure.Report {
	t := &builder{Observer: w, outcome: outcome, trace: &w.x.Trace, files: &source.Files{}}
	t.last = t.atEnd()
	s := &failure.Report{Preemptions: len(w.Preempted)}
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
func (t *builder) atEnd() snapshot {
	m := t.look()
	for i := range m.goroutines {
		if m.goroutines[i].State != schedrt.StandsForClock {
			m.goroutines[i].State = schedrt.Ended
		}
	}
	for _, left := range t.outcome.Waiting {
		s := &m.goroutines[left.G]
		s.Op, s.Object, s.PCs, s.State = left.Op, left.Object, left.PCs, schedrt.Runnable
		switch t.outcome.Kind {
		case schedrt.Deadlock, schedrt.Leak:
			s.State = schedrt.Blocked
		case schedrt.Livelock:
			s.State = t.before(len(t.trace.Steps) - 1).goroutines[left.G].State
		}
	}
	return m
}
