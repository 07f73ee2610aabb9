package schedrt

// A Trace is what happened, a step for each operation.
type Trace struct {
	Steps    []Event
	accesses []Access
	Places   []Place // of the steps, if positions are recorded
}

// An Event is an operation that was performed.
type Event struct {
	G      int32
	Cause  int32 // an earlier step without which this one could not be, -1 if there is none
	Kind   Kind
	Choice int16 // one more than what was chosen, 0 if nothing was
	from   int32
	till   int32 // its accesses
}

// A Place is where a step is in the source, as program counters.
type Place struct {
	PCs    []uintptr
	Object int32
	Note   string
}

// Accesses returns what the step touched.
func (t *Trace) Accesses(s *Event) []Access { return t.accesses[s.from:s.till] }

func (t *Trace) reset() {
	t.Steps, t.accesses, t.Places = t.Steps[:0], t.accesses[:0], t.Places[:0]
}

func (t *Trace) choose(i int) {
	if n := len(t.Steps); n > 0 {
		t.Steps[n-1].Choice = int16(i + 1)
	}
}

// touch adds an access to the step that is being performed.
func (t *Trace) touch(o *Object, m Mode) { t.touchID(o.id, m) }

func (t *Trace) touchID(object int32, m Mode) {
	last := &t.Steps[len(t.Steps)-1]
	t.accesses = push(t.accesses, Access{object, m})
	last.till = int32(len(t.accesses))
}

// weaken says that the step only looked.
func (t *Trace) weaken() {
	last := &t.Steps[len(t.Steps)-1]
	for i := last.from; i < last.till; i++ {
		t.accesses[i].Mode = Read
	}
}

// record writes the step down that g is about to perform.
func (e *Exec) record(g *G) {
	t := &e.Trace
	from := int32(len(t.accesses))
	for _, a := range g.Op.Access {
		t.accesses = push(t.accesses, a)
	}
	t.Steps = push(t.Steps, Event{
		G: int32(g.ID), Cause: g.cause, Kind: g.Op.Kind, from: from, till: int32(len(t.accesses)),
	})
	g.cause = -1
	e.tick()
	g.steps++
	g.moved = len(t.Steps)
	g.began = len(t.Steps) // see befair
	if g.spin.yields.rounds < patience && g != e.clock.g {
		e.lively = len(t.Steps)
	}
	e.last = g
	if e.limits.Positions {
		p := Place{Note: g.Op.Note, PCs: make([]uintptr, g.Op.npcs)}
		for i := range p.PCs {
			p.PCs[i] = g.Op.pcs[i]
		}
		if g.Op.object != nil {
			p.Object = g.Op.object.id
		}
		t.Places = push(t.Places, p)
	}
}
