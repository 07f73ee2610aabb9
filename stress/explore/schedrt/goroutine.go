package schedrt

import (
	"runtime"
	"unsafe"
)

// A G is a controlled goroutine.
type G struct {
	ID    int
	Op    Op // the operation that it is about to perform, or waits in
	state state
	exec  *Exec
	fn    func()
	hand  hand
	cause int32 // the step that made it go on, if that is not its own last one

	waits int            // counts its waits in queues; a waiter of an earlier one is void
	box   unsafe.Pointer // what a receiver was handed
	fired *waiter        // what ended the wait
	spin  spin
	steps int
	moved int  // the step that it took last
	host  bool // see MarkHarness
	phase int  // that it waits for in AwaitRest
	stuck bool // at the end, in an operation that is not possible
	timed bool // at the end, a timer would wake it

	favour int // the step since which it is favoured
	began  int // the step at which it last became able to move, or moved

	lineage, drawn, kids uint64 // see Random
}

type state uint8

const (
	running state = iota
	ready         // at an operation
	parked        // in queues, until another goroutine takes it out
	dead
)

// class says when a goroutine may be chosen.
type class uint8

const (
	never class = iota
	moves
	restless // spins, but may stop at a bound of its own
	passes   // time, if the clock is lazy
	settles  // when nothing else can move but what spins
	spins    // when nothing else can
)

func (g *G) class() class {
	switch {
	case g.state != ready || g.Op.guard != nil && !g.Op.guard.open(g):
		return never
	case g.Op.Kind == OpAwaitRest:
		return settles
	case g.tardy():
		return passes
	case g.spin.stuck(g):
		if (g.exec.settling || g.exec.limits.LazyClock) && g.spin.flags < patience {
			return restless
		}
		return spins
	}
	return moves
}

// Blocked returns the goroutines whose operation is not possible.
func (e *Exec) Blocked(scratch []*G) []*G {
	for _, g := range e.gs {
		if g.stuck {
			scratch = append(scratch, g)
		}
	}
	return scratch
}

// Go is the go statement.
func Go(fn func()) {
	e := current()
	if e == nil {
		goOutside(fn)
		return
	}
	if e.ending {
		runtime.Goexit()
	}
	e.spawn(fn)
}

// spawn makes a goroutine that runs to its first operation before anybody else takes a step: what it
// does until then nobody can observe.
func (e *Exec) spawn(fn func()) *G {
	g := e.newG()
	g.descend(e.cur)
	g.fn = fn
	g.state = running
	g.cause = int32(len(e.Trace.Steps) - 1)
	e.woken = push(e.woken, g)
	e.progress = len(e.Trace.Steps)
	raceRelease(unsafe.Pointer(g))
	return g
}

func (e *Exec) newG() *G {
	var g *G
	if last := len(e.spare) - 1; last >= 0 {
		g, e.spare = e.spare[last], e.spare[:last]
		g.Op.clear()
		g.host = false
		g.box, g.fired, g.steps, g.waits, g.stuck = nil, nil, 0, g.waits+1, false
		g.timed, g.moved = false, 0
		g.spin = spin{looks: g.spin.looks[:0]}
	} else {
		g = &G{exec: e}
	}
	g.ID = len(e.gs)
	g.lineage, g.drawn, g.kids = 1, 0, 0
	g.began = len(e.Trace.Steps)
	g.cause = -1
	e.gs = push(e.gs, g)
	return g
}

// wake lets a parked goroutine go on, to its next operation at once.
func (e *Exec) wake(g *G) {
	g.waits++
	yields := g.spin.yields
	g.spin = spin{looks: g.spin.looks[:0]}
	if g.Op.Kind == OpSleep { // to sleep in a loop is to yield in it
		g.spin.yields = yields
	}
	g.cause = int32(len(e.Trace.Steps) - 1)
	g.state = running
	e.woken = push(e.woken, g)
	e.progress = len(e.Trace.Steps)
}

// park waits until another goroutine wakes g.
func (e *Exec) park(g *G) {
	g.state = parked
	e.resume(g)
}

// main is what a controlled goroutine does.
func (g *G) main() {
	defer g.end()
	raceAcquire(unsafe.Pointer(g))
	if g.exec.ending { // before it began
		return
	}
	g.fn()
}

// end notes how a goroutine ended: by returning, by a panic or by runtime.Goexit.
func (g *G) end() {
	e := g.exec
	if r := recover(); r != nil && !e.ending {
		e.Outcome = Outcome{Kind: Panicked, Message: panicText(r), Goroutine: g.ID, Stack: stack()}
	}
	if g.ID == 0 {
		e.finished = true // if it left by Goexit, the others go on
	}
	g.state = dead
	g.fn = nil
	e.progress = len(e.Trace.Steps)
	raceReleaseMerge(unsafe.Pointer(e))
}
