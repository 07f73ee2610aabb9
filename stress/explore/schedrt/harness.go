package schedrt

import (
	"time"
	"unsafe"
)

// The functions of this file are for the code around a program: a harness that records a history of
// calls and judges it, and an observer that reports one execution.

// MarkCall is the operation that begins a call of the history, and MarkReturn the operation that
// ends it. Two begins commute, and two ends do. An end and a begin do not: a call that returned
// before another began took effect before it, which linearizability depends on. Both return the
// number of the step, from 1. Call them under control only.
func MarkCall(note string) int { return mark(OpCall, Call, note) }

// MarkReturn is the operation that ends a call of the history. See MarkCall.
func MarkReturn(note string) int { return mark(OpReturn, Return, note) }

// mark performs a step on the history. It counts as progress, as a program that calls an operation
// again and again, and returns, does not spin.
func mark(kind Kind, mode Mode, note string) int {
	e := active
	g := e.begin(kind)
	g.Op.Note = note
	g.on(&e.calls, mode)
	e.point(g)
	e.advance(g)
	g.spin.forget()
	return len(e.Trace.Steps)
}

// Elapsed returns how far the virtual clock has moved. It is no operation of the program: no step, and no read of the
// clock that a later change of it depends on. Call it under control only.
func Elapsed() time.Duration { return active.clock.now }

// AwaitRest returns when no other goroutine can move, except goroutines that spin. Goroutines that
// wait for a lower phase go first. Of several that wait for the same phase, AwaitRest returns true
// to one, which goes before all others; to the others it returns false. Call it under control
// only.
//
// It is how a harness observes “nothing happens any more” without sleeping: a waiter that should
// have been served is then known to be stuck.
func AwaitRest(phase int) (first bool) {
	e := active
	e.tell()
	e.restAsked = true
	g := e.begin(OpAwaitRest)
	g.phase = phase
	if phase > e.phase {
		g.Op.Access = push(g.Op.Access, Access{e.rest.id, Alone})
	} else {
		g.Op.Kind = OpRestOver
	}
	e.point(g)
	e.advance(g)
	g.spin.forget()
	return g.Op.Kind == OpAwaitRest
}

// endRest is called at rest, with the goroutines in AwaitRest. It returns the goroutine that goes
// first, and turns the wait of the others with the same phase into an ordinary step.
//
// The first of equals is the one with the lowest ID, so that the choice is no decision of the
// schedule.
func (e *Exec) endRest(waiting []*G) *G {
	leader := waiting[0]
	for _, g := range waiting {
		if g.phase < leader.phase {
			leader = g
		}
	}
	for _, g := range waiting {
		if g != leader && g.phase == leader.phase {
			g.Op.Kind, g.Op.Access = OpRestOver, g.Op.Access[:0]
		}
	}
	e.phase = leader.phase
	return leader
}

// StepCount returns the number of steps taken so far. Call it under control only.
func StepCount() int { return len(active.Trace.Steps) }

// StepsSince returns a number for the steps from one on: for the goroutines, their operations, and how many
// objects each used. Goroutines count by the order of their first steps, and objects are left out: what is made
// anew in each round of a loop has another number in each. Call it under control only.
func StepsSince(from int) (sum uint64) {
	t := &active.Trace
	var seen []int32
	for i := from; i < len(t.Steps); i++ {
		s, g := &t.Steps[i], 0
		for g < len(seen) && seen[g] != s.G {
			g++
		}
		if g == len(seen) {
			seen = push(seen, s.G)
		}
		sum = mix(sum ^ uint64(g)<<32 ^ uint64(s.Kind)<<16 ^ uint64(s.till-s.from)<<8 ^ uint64(s.Choice))
	}
	return sum
}

// MarkHarness says that the running goroutine belongs to the harness and not to the program. Call
// it under control only.
func MarkHarness() { active.cur.harness = true }

// ProgramGoroutines counts the goroutines that have not ended and are not of the harness. Call it
// under control only.
func ProgramGoroutines() (n int) {
	for _, g := range active.gs {
		if g.state != dead && g != active.clock.g && !g.harness && !g.ofInit {
			n++
		}
	}
	return n
}

// ObjectStates returns the objects of the execution, in no order. It may be called between two
// steps or after Play, and changes nothing. WaitGroups and Conds are among them only with
// Limits.Positions.
//
// A hash table by address has another order in each process; callers sort by number.
func (e *Exec) ObjectStates() (all []ObjectState) {
	for i := range e.words.slots {
		s := &e.words.slots[i]
		if s.run != e.run {
			continue
		}
		if o := s.word; o != nil && o.run == e.run {
			all = append(all, stateOf(o, ModelWord, s.address))
		}
		if m := s.mutex; m != nil && m.object.run == e.run {
			all = append(all, m.snapshot())
		}
		if m := s.rwmutex; m != nil && m.object.run == e.run {
			all = append(all, m.snapshot())
		}
		if c := s.channel; c != nil && c.object.run == e.run {
			all = append(all, c.snapshot())
		}
	}
	if e.named.run != e.run {
		return all
	}
	for _, m := range e.named.all {
		all = append(all, m.snapshot())
	}
	return all
}

func stateOf(o *Object, m Model, address unsafe.Pointer) ObjectState {
	return ObjectState{Object: o.id, Version: o.version, Model: m, Holder: -1, address: address}
}

func (m *Mutex) snapshot() ObjectState {
	p := stateOf(&m.object, ModelMutex, nil)
	if p.Locked = m.locked; p.Locked {
		p.Holder = m.holder
	}
	return p
}

// snapshot of an RWMutex has a holder as soon as a writer has announced itself, before it is
// locked.
func (m *RWMutex) snapshot() ObjectState {
	p := stateOf(&m.object, ModelRWMutex, nil)
	if m.pending {
		p.Holder = m.holder
	}
	p.Locked, p.Count = m.locked, m.readers
	return p
}

// snapshot of a channel has its waiting senders first. Either senders or receivers wait, never
// both.
func (c *channel) snapshot() ObjectState {
	p := stateOf(&c.object, ModelChannel, nil)
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

func (w *WaitGroup) snapshot() ObjectState {
	p := stateOf(&w.object, ModelWaitGroup, nil)
	p.Count = w.count
	return p
}

func (c *Cond) snapshot() ObjectState {
	p := stateOf(&c.object, ModelCond, nil)
	for _, w := range c.queue {
		p.Queue = append(p.Queue, w.g.ID)
	}
	return p
}

// Word reads size bytes at the address of a ModelWord: 1, 4 or 8. The caller knows the size from
// the type of the atomic operation.
func (p *ObjectState) Word(size int) uint64 {
	switch size {
	case 1:
		return uint64(*(*uint8)(p.address))
	case 4:
		return uint64(*(*uint32)(p.address))
	}
	return *(*uint64)(p.address)
}

// GoroutineState is a snapshot of a goroutine: its next operation, and whether that is possible.
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
	Ended          Status = iota
	Blocked               // its operation is not possible
	Spinning              // it is passed over, as it would look again at what has not changed
	Runnable              // it can go on
	StandsForClock        // it is no goroutine of the program: its steps are timers that fire
)

// GoroutineStates returns the goroutines of the execution, by ID. It may be called between two
// steps or after Play, and changes nothing.
//
// The classes are computed anew, because Play's own answers are of the last pick.
func (e *Exec) GoroutineStates() []GoroutineState {
	all := make([]GoroutineState, len(e.gs))
	for i, g := range e.gs {
		s := GoroutineState{
			G: g.ID, Op: g.Op.Kind, State: Runnable,
			PCs: append([]uintptr(nil), g.Op.pcs[:g.Op.npcs]...),
		}
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
		case g.class() == spins || g.class() == spinsBriefly:
			s.State = Spinning
		}
		all[i] = s
	}
	return all
}
