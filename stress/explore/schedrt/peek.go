package schedrt

import "unsafe"

// What is here is for reports: it looks at an execution between two steps, or after its end, and
// changes nothing.

// A ObjectState is what an object that is known to the engine is like.
type ObjectState struct {
	Object  int32
	Version uint32 // another one after each change
	Model   Model
	Holder  int // goroutine that has the lock or has announced itself as a writer, -1 if there is none
	Locked  bool
	Count   int // readers of an RWMutex, counter of a WaitGroup, values in the buffer of a channel
	Cap     int // of a channel
	Closed  bool
	Queue   []int // goroutines that wait: in a Cond, or to send and receive
	address unsafe.Pointer
}

// Model says what is known of an object.
type Model uint8

// The models.
const (
	ModelWord Model = iota
	ModelMutex
	ModelRWMutex
	ModelChannel
	ModelWaitGroup
	ModelCond
)

// ObjectStates returns the objects of the execution in no order.
func (e *Exec) ObjectStates() (all []ObjectState) {
	for i := range e.words.slots {
		s := &e.words.slots[i]
		if s.run != e.run {
			continue
		}
		if o := s.word; o != nil && o.run == e.run {
			all = append(all, peekAt(o, ModelWord, s.address))
		}
		if m := s.mutex; m != nil && m.object.run == e.run {
			all = append(all, m.peek())
		}
		if m := s.rwmutex; m != nil && m.object.run == e.run {
			all = append(all, m.peek())
		}
		if c := s.channel; c != nil && c.object.run == e.run {
			all = append(all, c.peek())
		}
	}
	if e.kept.run != e.run {
		return all
	}
	for _, k := range e.kept.all {
		all = append(all, k.peek())
	}
	return all
}

func peekAt(o *Object, m Model, address unsafe.Pointer) ObjectState {
	return ObjectState{Object: o.id, Version: o.version, Model: m, Holder: -1, address: address}
}

func (m *Mutex) peek() ObjectState {
	p := peekAt(&m.object, ModelMutex, nil)
	if p.Locked = m.locked; p.Locked {
		p.Holder = m.holder
	}
	return p
}

func (m *RWMutex) peek() ObjectState {
	p := peekAt(&m.object, ModelRWMutex, nil)
	if m.pending {
		p.Holder = m.holder
	}
	p.Locked, p.Count = m.locked, m.readers
	return p
}

func (c *channel) peek() ObjectState {
	p := peekAt(&c.object, ModelChannel, nil)
	p.Count, p.Cap, p.Closed = len(c.buffer), c.capacity, c.closed
	for _, queue := range [...][]*waiter{c.senders, c.receivers} {
		for _, w := range queue {
			if w.valid() {
				p.Queue = append(p.Queue, w.g.ID)
			}
		}
	}
	return p
}

func (w *WaitGroup) peek() ObjectState {
	p := peekAt(&w.object, ModelWaitGroup, nil)
	p.Count = w.count
	return p
}

func (c *Cond) peek() ObjectState {
	p := peekAt(&c.object, ModelCond, nil)
	for _, w := range c.line {
		p.Queue = append(p.Queue, w.g.ID)
	}
	return p
}

// Word returns the first bytes of what is at a word, as many as size, as a number.
func (p *ObjectState) Word(size int) uint64 {
	switch size {
	case 1:
		return uint64(*(*uint8)(p.address))
	case 4:
		return uint64(*(*uint32)(p.address))
	}
	return *(*uint64)(p.address)
}

// kept are models that no table finds, if somebody wants to peek at them.
type kept struct {
	run uint64
	all []interface{ peek() ObjectState }
}

// keep is called when an object gets its number.
func (e *Exec) keep(model interface{ peek() ObjectState }) {
	if !e.limits.Positions {
		return
	}
	if e.kept.run != e.run {
		e.kept.run, e.kept.all = e.run, e.kept.all[:0]
	}
	e.kept.all = push(e.kept.all, model)
}

// A GoroutineState is what a goroutine is about to do.
type GoroutineState struct {
	G      int
	State  Status
	Op     Kind
	Object int32
	PCs    []uintptr
}

// Status says whether a goroutine can go on.
type Status uint8

// The states of a goroutine.
const (
	Ended          Status = iota // it has come to its end
	Blocked                      // its operation is not possible
	Spinning                     // it is passed over, as it would look again at what has not changed
	Runnable                     // it can go on
	StandsForClock               // it stands for the clock
)

// GoroutineStates returns the goroutines, by ID.
func (e *Exec) GoroutineStates() []GoroutineState {
	all := make([]GoroutineState, len(e.gs))
	for i, g := range e.gs {
		s := GoroutineState{G: g.ID, Op: g.Op.Kind, State: Runnable, PCs: append([]uintptr(nil), g.Op.pcs[:g.Op.npcs]...)}
		if g.Op.object != nil {
			s.Object = g.Op.object.id
		}
		switch {
		case g == e.clock.g:
			s.State = StandsForClock
		case g.state == dead:
			s.State = Ended
		case g.class() == never:
			s.State = Blocked
		case g.class() == spins || g.class() == restless:
			s.State = Spinning
		}
		all[i] = s
	}
	return all
}
