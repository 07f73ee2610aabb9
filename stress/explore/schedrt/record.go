package schedrt

import (
	"fmt"
	"runtime/debug"
)

// A Trace is the steps of one execution.
//
// Accesses of all steps are in one slice, and a step has a range of it. A slice for each step
// would be an allocation for each step.
type Trace struct {
	Steps    []Event
	accesses []Access // of all steps, one after another
	Places   []Place  // of the steps, if Limits.Positions is set
	Stacks   []uint64 // of the steps, if Limits.Stacks is set: hashes of the stack before each
	muted    bool     // steps are not recorded, see aftermath and Exec.pick
}

// An Event is an operation that was performed.
type Event struct {
	G      int32
	Cause  int32 // an earlier step without which this one could not be, -1 if there is none
	Kind   Kind
	Choice int16 // one more than the number that Choose returned, 0 if it was not asked

	// Prior is the first step of the twin, in the first step of a goroutine that has one, and -1
	// otherwise. It comes before only if goroutines that are alike move in the order of their numbers.
	Prior int32

	from int32
	till int32 // its accesses are Trace.accesses[from:till]
}

// A Place is where a step is in the source.
type Place struct {
	PCs    []uintptr // program counters, the innermost first
	Object int32     // the object that a report names, 0 if there is none
	Note   string    // of MarkCall and MarkReturn
}

// Accesses returns the objects that a step used. The slice is valid until the next Play.
func (t *Trace) Accesses(s *Event) []Access { return t.accesses[s.from:s.till] }

func (t *Trace) reset() {
	t.Steps, t.accesses, t.Places, t.muted = t.Steps[:0], t.accesses[:0], t.Places[:0], false
	t.Stacks = t.Stacks[:0]
}

// choose records the answer to a choice of the current step.
func (t *Trace) choose(i int) {
	if n := len(t.Steps); n > 0 && !t.muted {
		t.Steps[n-1].Choice = int16(i + 1)
	}
}

// touch adds an access to the current step, for an object that was not known when the step was
// announced.
func (t *Trace) touch(o *Object, m Mode) { t.touchID(o.id, m) }

// touchID is touch by the number of the object. The accesses of the last step are the last ones,
// so its range only grows.
func (t *Trace) touchID(object int32, m Mode) {
	if t.muted {
		return
	}
	last := &t.Steps[len(t.Steps)-1]
	t.accesses = push(t.accesses, Access{object, m})
	last.till = int32(len(t.accesses))
}

// weaken says that the current step only read. A compare-and-swap is announced as a write, because
// whether it will write is not known before; if it failed, it commutes with other reads.
//
// The mode must be exact and not only safe: a reduction takes a write for a conflict with every
// other access, and plays both orders of two failed swaps.
func (t *Trace) weaken() {
	if t.muted {
		return
	}
	last := &t.Steps[len(t.Steps)-1]
	for i := last.from; i < last.till; i++ {
		t.accesses[i].Mode = Read
	}
}

// record counts the step that g is about to take, and adds it to the trace.
//
// It runs after the choice and before the operation. The operation itself then refines the last
// event by touch and weaken.
func (e *Exec) record(g *G) {
	e.taken++
	e.countStep()
	g.steps++
	if e.limits.Twins {
		e.noteFirst(g)
	}
	g.moved, g.ableSince = e.taken, e.taken
	if g.spin.yields.rounds < patience && g != e.clock.g {
		e.lastEffective = e.taken
	}
	e.last = g
	if t := &e.Trace; !t.muted {
		t.add(g)
		if e.limits.Positions {
			t.Places = push(t.Places, e.place(g))
		}
		if e.limits.Stacks {
			t.Stacks = push(t.Stacks, g.stack)
		}
	}
	g.cause = -1
}

// add adds the announced operation of g.
func (t *Trace) add(g *G) {
	from := int32(len(t.accesses))
	for _, a := range g.Op.Access {
		t.accesses = push(t.accesses, a)
	}
	t.Steps = push(t.Steps, Event{
		G: int32(g.ID), Cause: g.cause, Prior: g.kin.prior, Kind: g.Op.Kind, from: from, till: int32(len(t.accesses)),
	})
}

// place returns the place of the step that was just recorded. Of a long schedule only the places at its
// ends are kept: the others would take most of the memory, and a report shows the ends.
func (e *Exec) place(g *G) Place {
	step, most := len(e.Trace.Steps)-1, e.limits.PlacesFor
	if most > 0 && step >= most && step < e.limits.Length-most {
		p := Place{}
		if g.Op.object != nil {
			p.Object = g.Op.object.id
		}
		return p
	}
	return g.place()
}

// place copies the position of the announced operation. It copies by hand, see object.go.
func (g *G) place() Place {
	p := Place{Note: g.Op.Note, PCs: make([]uintptr, g.Op.npcs)}
	for i := range p.PCs {
		p.PCs[i] = g.Op.pcs[i]
	}
	if g.Op.object != nil {
		p.Object = g.Op.object.id
	}
	return p
}

// panicText returns the message of a panic, as the Go runtime begins it.
func panicText(r any) string {
	if err, ok := r.(error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic: %v", r)
}

func stack() string { return string(debug.Stack()) }
