package schedrt

import (
	"unsafe"
)

// New returns an Exec. Call Close when it is not needed any more.
//
// A Livelock limit below Steps lets a livelock be told from a long program: nine tenths of the
// steps without progress are no accident.
func New(limits Limits) *Exec {
	if limits.Steps == 0 {
		limits.Steps = 100_000
	}
	if limits.Livelock == 0 {
		limits.Livelock = limits.Steps - limits.Steps/10
	}
	limits.Goroutines = limits.Goroutines || RaceEnabled
	limits.Twins = limits.Twins && !RaceEnabled // see findTwin
	e := &Exec{limits: limits, driver: newBaton()}
	if limits.OnStall != nil {
		e.closed = make(chan struct{})
		go e.watch()
	}
	return e
}

// Play runs the program once, to its end or to a limit, and unwinds the goroutines that are left.
// The outcome is e.Outcome. It panics if another Play is under way in this process.
//
// Play runs in the goroutine of the caller, which becomes the driver. active is cleared by a
// defer, so a panic of the strategy does not leave the process under control.
func (e *Exec) Play(strategy Strategy, program func()) *Outcome {
	if active != nil {
		panic("schedrt: Play within Play")
	}
	for _, f := range atBegin {
		f()
	}
	e.reset(strategy)
	active = e
	defer func() { active = nil }()
	e.spawn(e.initialized(program))
	e.playing.Store(true)
	e.resume(nil)
	e.doubt.apply(&e.Outcome)
	if e.timeOver && e.left > mostUnwound {
		e.abandon()
	} else {
		e.unwind()
	}
	e.playing.Store(false)
	return &e.Outcome
}

// reset prepares for another execution. It keeps memory and goroutines, and gives the execution a
// number that makes all models start anew.
//
// Goroutines go to the spare list with their carriers. The models need nothing: their objects
// have the number of an older run.
func (e *Exec) reset(strategy Strategy) {
	e.run = nextRun()
	e.strategy = strategy
	e.objects, e.ranks, e.phase, e.lastEffective, e.progress, e.taken = 0, 0, 0, 0, 0, 0
	e.cur, e.last, e.favoured, e.bubbles, e.signals = nil, nil, nil, 0, nil
	e.finished, e.over, e.ending, e.initializing, e.restAsked = false, false, false, false, false
	e.timeOver, e.doubt, e.finalizers = false, doubt{}, false
	for _, g := range e.gs {
		e.spare = push(e.spare, g)
	}
	e.gs, e.able, e.woken = e.gs[:0], e.able[:0], e.woken[:0]
	e.left, e.outdated, e.fairBefore, e.aside, e.work, e.twins = 0, false, 0, 0, 0, 0
	clear(e.literals)
	e.clock.reset()
	e.daemons, e.aftermath = daemons{}, aftermath{words: e.aftermath.words[:0]}
	e.Outcome = Outcome{}
	e.Trace.reset()
	e.number(&e.calls) // always the numbers 1 and 2: traces of any two executions agree on them
	e.number(&e.rest)
}

// runs counts the executions of the process. Models compare it with the run in which they were last
// used, so a model left by an earlier execution starts anew and needs no cleaning up.
var runs uint64

func nextRun() uint64 { runs++; return runs }

// Current returns the goroutine that has the turn.
func (e *Exec) Current() *G { return e.cur }

// unwind ends the goroutines that are left, the youngest first. Their deferred calls run; each
// operation in them ends the goroutine again. A goroutine that has not begun has none, and needs no
// carrier to end.
//
// blocked is noted before, as unwinding changes what is possible.
func (e *Exec) unwind() {
	if e.Outcome.Kind != Passed {
		e.Outcome.describe(e)
	}
	for _, g := range e.gs {
		g.blocked = g.state == ready && g != e.clock.g && g.class() == never
	}
	e.ending = true
	if RaceEnabled {
		e.visitRemaining() // for order
	}
	e.visitRemaining()
	raceAcquire(unsafe.Pointer(e)) // the reader of the outcome sees what the goroutines wrote
}

// describe lists the goroutines that have not ended and what they wait for.
//
// It runs before unwinding, which would end the goroutines that it lists.
func (o *Outcome) describe(e *Exec) {
	e.markSleepers()
	for _, g := range e.gs {
		if g.state == dead || g == e.clock.g {
			continue
		}
		w := Waiting{G: g.ID, Op: g.Op.Kind, Holder: -1, Timed: g.timed}
		if g.Op.object != nil {
			w.Object = g.Op.object.id
		}
		for i := range g.Op.npcs {
			w.PCs = push(w.PCs, g.Op.pcs[i])
		}
		switch guard := g.Op.guard.(type) {
		case *Mutex:
			w.Holder = guard.holder
		case *RWMutex:
			w.Holder = guard.holder
		}
		if c := g.Op.cond; c != nil {
			w.Missed = c.missed
		}
		o.Waiting = push(o.Waiting, w)
	}
}

// visitRemaining gives each goroutine that is left the turn once, the youngest first.
func (e *Exec) visitRemaining() {
	for i := len(e.gs) - 1; i >= 0; i-- {
		switch g := e.gs[i]; {
		case g.state == dead || g == e.clock.g:
		case !g.begun:
			g.state, g.fn = dead, nil
		default:
			e.cur = g
			e.transfer(nil, g)
		}
	}
}

// mostUnwound is how many goroutines are unwound when the time is over. Ending one takes about 20
// microseconds, most of it for the coroutine.
const mostUnwound = 2000

// abandon forgets the goroutines that are left, which then wait for good: ending fifty thousand of them
// would take a second, and the time is over. Only the last executions of an exploration come here, so
// the memory that stays is bounded.
func (e *Exec) abandon() {
	e.gs, e.able, e.woken, e.movers, e.scratch, e.favour, e.enabled = nil, nil, nil, nil, nil, nil, nil
	raceAcquire(unsafe.Pointer(e))
}

// Close ends the goroutines that were kept for another Play, and the watchdog.
func (e *Exec) Close() {
	if e.closed != nil {
		close(e.closed)
	}
	for _, list := range [...][]*G{e.gs, e.spare} {
		for _, g := range list {
			g.carrier.close(g)
		}
	}
}
