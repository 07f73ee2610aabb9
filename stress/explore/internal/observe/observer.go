// Package observe watches one execution of a program and makes a report of it.
//
//	o := observe.New(replay) // a strategy that plays the schedule
//	o.Begin(x)
//	outcome := x.Play(o, program)
//	report := o.Report(outcome)
//
// Between two steps the Observer takes a snapshot of all objects and goroutines. A translator then goes through the
// trace. It finds the source of each step, and names the objects as the source does. The snapshots before and
// after a step show the change that the step made. At the end it explains what blocked goroutines wait
// for. Package failure has the report's types and renders it.
//
// The files go down in this order: observer.go, report.go, waits.go, text.go, names.go, order.go and
// excerpt.go. All of them share the state in translator.go, and find places in the source by
// position.go. stuck.go stands apart: it reads the stacks of a process that hangs.
//
// # What this does not show
//
// Names come from the text of the source line, so two objects of one line may share a name.
// Without the source, a report has kinds of operations and numbers of objects.
package observe

import (
	"strings"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/source"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// New returns an Observer of the execution that a strategy plays. It embeds a Recorder, so the
// report knows at which steps a goroutine was preempted.
func New(s strategy.Search) *Observer { return &Observer{Recorder: strategy.Recorder{Search: s}} }

// Limits returns the limits of an execution that can be observed: the strategy is asked before
// every step, and positions are recorded. With both, every step has a snapshot before it and a
// stack.
func Limits(l schedrt.Limits) schedrt.Limits {
	l.AskAlways, l.Positions = true, true
	return l
}

// Long says that the execution has about this many steps, so many that there is no time for a snapshot
// before each. They are taken at the beginning and at the end only, because a report shows these two. The limits
// must come from LongLimits.
func (w *Observer) Long(length int) { w.length = length }

// LongLimits returns Limits for a schedule of a known length, see Observer.Long.
func LongLimits(l schedrt.Limits, length int) schedrt.Limits {
	l = Limits(l)
	l.PlacesFor, l.Length = most+2, length
	return l
}

// Begin is the method of strategy.Search. It drops what an execution before this one left.
func (w *Observer) Begin(x *schedrt.Exec) {
	w.x, w.snapshots, w.words = x, map[int]*snapshot{}, map[int32]word{}
	w.Recorder.Begin(x)
}

// Pick is the method of schedrt.Strategy. It takes the snapshot before it asks the strategy: the
// snapshot with the number of a step is the state from which that step was chosen.
//
// The snapshots of the first steps stay, because a loop is reported from the beginning. Of later ones
// only the last most+1 stay. It runs while all goroutines of the program stand still, so the
// snapshot is of one instant.
//
// After most+1 further steps a snapshot of the middle is of no use to any report: the steps
// shown are at one of the two ends.
func (w *Observer) Pick(p *schedrt.Point) int {
	if p.Step > most && p.Step < w.length-most-2 {
		return w.Recorder.Pick(p)
	}
	if old := p.Step - most - 1; old > most { // a livelock has too many steps to hold them all
		delete(w.snapshots, old)
	}
	m := w.snapshot()
	for _, g := range p.Enabled {
		m.able = append(m.able, g.ID)
	}
	w.snapshots[p.Step] = &m
	return w.Recorder.Pick(p)
}

// snapshot describes all objects and goroutines. The value of an atomic word is read through its
// address, which is safe: the goroutine that would change it has not got the turn.
//
// It is a copy. The objects change with the next step, and their addresses may be used again.
func (w *Observer) snapshot() snapshot {
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

// Report returns the report of the execution that was played. Call it before the next Play.
//
// The order of the calls matters. Steps and waits are described with the names of objects, so
// nameObjects precedes them. addEnd finds the place of a failure, which excerpt adds to the
// sources. It reads memory of the program, the atomic words, which the next Play may use for other
// things.
func (w *Observer) Report(outcome *schedrt.Outcome) *failure.Report {
	t := &translator{Observer: w, outcome: outcome, trace: &w.x.Trace, files: &source.Files{}}
	t.last = t.atEnd()
	s := &failure.Report{Preemptions: len(w.Preempted)}
	t.read(s)
	t.nameObjects()
	t.addSteps(s)
	t.addGoroutines(s)
	t.addObjects(s)
	t.addWaits(s)
	t.addHolds(s)
	t.addEnd(s)
	t.excerpt(s)
	return s
}

// atEnd returns the snapshot after the last step. By now the execution has unwound the goroutines
// that were left, so that they can be used again. The reader wants to see them as they were before that.
// So the outcome recorded the operation, the object and the stack of each in Waiting.
func (t *translator) atEnd() snapshot {
	m := t.snapshot()
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

// words has the types of package sync/atomic, by name. The model of a Value is its first word.
var words = map[string]word{
	"Bool": {"bool", 4}, "Int32": {"signed", 4}, "Uint32": {"unsigned", 4},
	"Int64": {"signed", 8}, "Uint64": {"unsigned", 8},
	"Uintptr": {"unsigned", int(unsafe.Sizeof(uintptr(0)))},
	"Pointer": {"pointer", int(unsafe.Sizeof(uintptr(0)))},
	"Value":   {"value", int(unsafe.Sizeof(uintptr(0)))},
}

// learn finds the types of the words that goroutines are about to use. The engine knows only
// addresses, so it takes the type from the name of the method or function of package sync/atomic on
// the stack. It runs before each step, for goroutines that wait for their turn: so a word is known
// one step before it is used for the first time, and its value before that use can be shown.
func (w *Observer) learn(goroutines []schedrt.GoroutineState) {
	for _, s := range goroutines {
		switch s.Op {
		case schedrt.OpLoad, schedrt.OpStore, schedrt.OpSwap, schedrt.OpCAS:
			if _, known := w.words[s.Object]; !known {
				w.words[s.Object] = wordOf(s.PCs)
			}
		}
	}
}

// wordOf returns the type of the word in an atomic operation with this stack. In a function such as
// AddInt64 the type comes last; of a method it is the receiver.
//
// An unknown name gives a word of size 0, whose value is never read.
func wordOf(pcs []uintptr) word {
	for _, f := range frames(pcs) {
		name, ok := strings.CutPrefix(f.Function, shim+"atomic.")
		if !ok {
			continue
		}
		if method, ok := strings.CutPrefix(name, "(*"); ok {
			end := strings.IndexAny(method, ")[")
			return words[method[:end]]
		}
		for _, operation := range []string{
			"Load", "Store", "Swap", "CompareAndSwap", "Add", "And", "Or",
		} {
			if known, ok := words[strings.TrimPrefix(name, operation)]; ok {
				return known
			}
		}
	}
	return word{}
}
