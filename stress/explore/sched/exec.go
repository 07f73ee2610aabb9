package sched

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// active is the execution under control, if there is one. There is one at a time, and only the
// goroutine that it lets run touches it.
var active *Exec

// Controlled reports whether the caller is under control. Code that is not, such as the init
// functions of an instrumented package, does what it would do without this package.
func Controlled() bool { return active != nil }

// An Exec plays one program after another, each under a schedule of its own.
type Exec struct {
	limits   Limits
	strategy Strategy
	run      uint64 // number of the execution
	objects  int32  // numbered so far
	gs       []*G   // of this execution, by ID
	spare    []*G   // of earlier ones
	cur      *G
	last     *G    // took the last step
	woken    []*G  // have local code to run before their next operation
	enabled  []*G  // scratch
	at       Point // scratch
	words    table
	clock    clock
	history  Object // of Call and Return
	still    Object // of Settle
	phase    int    // of the last Settle
	lively   int    // the last step of somebody who does not yield in a loop
	settling bool   // somebody waits for one
	ending   bool   // what is left is being unwound
	finished bool   // the program has returned
	driver   baton  // of whoever calls Play
	asker    *G     // who has a question for the strategy
	question int
	reply    int
	beat     atomic.Uint64 // counts steps, for watch
	playing  atomic.Bool
	closed   chan struct{}
	Outcome  Outcome
	Trace    Trace
	progress int // the step that was the last one to change anything for good
}

// Limits bound one execution.
type Limits struct {
	Steps     int  // 0 means 100000
	Livelock  int  // steps without progress; 0 means 10000
	Positions bool // record where each operation is in the source
	AskAlways bool // ask the strategy even if only one goroutine can move

	// Stuck is called when a goroutine has run for 10 s without an operation, with the stacks of
	// all. If it is nil, nobody watches.
	Stuck func(stacks string)
}

// A Strategy chooses among what may happen next.
type Strategy interface {
	// Pick returns an index of p.Enabled, of which there are several, or a negative number to
	// give the execution up.
	Pick(p *Point) int

	// Choose returns a number below n: which ready case of a select is taken.
	Choose(n int) int
}

// A Point is where a strategy is asked.
type Point struct {
	Enabled []*G // by ID
	Last    *G   // took the last step
	Step    int
}

// New returns an Exec. Its fields are not to be changed while it plays.
func New(limits Limits) *Exec {
	if limits.Steps == 0 {
		limits.Steps = 100_000
	}
	if limits.Livelock == 0 {
		limits.Livelock = 10_000
	}
	e := &Exec{limits: limits}
	e.driver = newBaton()
	if limits.Stuck != nil {
		e.closed = make(chan struct{})
		go e.watch()
	}
	return e
}

// Play runs the program once. The outcome and the trace are those of Exec, until the next Play.
func (e *Exec) Play(strategy Strategy, program func()) *Outcome {
	if active != nil {
		panic("sched: Play within Play")
	}
	e.reset(strategy)
	active = e
	defer func() { active = nil }()
	e.spawn(program)
	e.playing.Store(true)
	e.resume(nil)
	e.unwind()
	e.playing.Store(false)
	return &e.Outcome
}

func (e *Exec) reset(strategy Strategy) {
	e.run = nextRun()
	e.strategy = strategy
	e.objects, e.cur, e.last, e.ending, e.finished, e.progress, e.phase, e.lively = 0, nil, nil, false, false, 0, 0, 0
	for _, g := range e.gs {
		e.spare = push(e.spare, g)
	}
	e.gs, e.woken = e.gs[:0], e.woken[:0]
	e.clock.reset()
	e.Outcome = Outcome{}
	e.Trace.reset()
	e.number(&e.history)
	e.number(&e.still)
}

var runs uint64

func nextRun() uint64 { runs++; return runs }

// Self returns the running goroutine.
func (e *Exec) Self() *G { return e.cur }

// resume hands over to whoever is next, and returns to from when it is its turn again; the driver, if
// from is nil, when nothing is left to run.
func (e *Exec) resume(from *G) {
	to := e.next(from)
	e.cur = to
	if to == from {
		return
	}
	e.transfer(from, to)
	if from != nil && e.ending {
		runtime.Goexit() // no recover in the program sees it, unlike a panic
	}
}

// next returns the goroutine that runs next, or nil if the execution is at its end. It runs in me, or
// in the driver if that is nil.
func (e *Exec) next(me *G) *G {
	if e.ending {
		return nil // one after the other, by the driver
	}
	for {
		if len(e.woken) > 0 {
			var g *G
			e.woken, g = shift(e.woken)
			g.state = running
			return g
		}
		g := e.pick(me)
		if g == nil {
			return nil
		}
		e.record(g)
		if g != e.clock.g {
			g.state = running
			return g
		}
		e.clock.fire(e)
	}
}

// pick has the strategy choose among the goroutines whose operation is possible. If there are none,
// whoever waits for just that is next, and then those that spin.
func (e *Exec) pick(me *G) *G {
	switch {
	case e.Outcome.Kind != Passed:
		return nil
	case len(e.Trace.Steps) >= e.limits.Steps:
		e.Outcome = Outcome{Kind: Endless}
		return nil
	case len(e.Trace.Steps)-e.progress > e.limits.Livelock:
		e.Outcome = Outcome{Kind: Livelock}
		return nil
	}
	e.settling = false
	for _, g := range e.gs {
		e.settling = e.settling || g.state == ready && g.Op.Kind == OpSettle
	}
	for _, class := range [...]class{moves, restless, settles, spins} {
		e.enabled = e.enabled[:0]
		for _, g := range e.gs {
			if g.class() == class {
				e.enabled = push(e.enabled, g)
			}
		}
		if len(e.enabled) > 0 {
			if class == settles {
				e.enabled = push(e.enabled[:0], e.settle(e.enabled))
			}
			return e.ask(me)
		}
	}
	e.atRest()
	return nil
}

func (e *Exec) ask(me *G) *G {
	if len(e.enabled) == 1 && !e.limits.AskAlways {
		return e.enabled[0]
	}
	e.at = Point{Enabled: e.enabled, Last: e.last, Step: len(e.Trace.Steps)}
	i := e.consult(me, 0)
	if i < 0 || i >= len(e.enabled) {
		e.Outcome = Outcome{Kind: Pruned}
		return nil
	}
	return e.enabled[i]
}

// consult asks the strategy for a goroutine, or to choose below n if that is not 0. Strategies are
// ordinary code, of which the race detector sees every access. Under it, therefore, they run in
// the goroutine that called Play and in no other.
func (e *Exec) consult(me *G, n int) int {
	if !Raced || me == nil {
		return e.answer(n)
	}
	e.question, e.asker = n, me
	e.driver.pass()
	me.hand.baton.await()
	return e.reply
}

func (e *Exec) answer(n int) int {
	if n == 0 {
		return e.strategy.Pick(&e.at)
	}
	return e.strategy.Choose(n)
}

// choose resolves a choice that a step has.
func (e *Exec) choose(n int) int {
	if n == 1 {
		return 0
	}
	i := e.consult(e.cur, n)
	if i < 0 || i >= n { // a stale schedule
		i = 0
	}
	e.Trace.choose(i)
	return i
}

// atRest says how it ended, as nothing can move any more.
func (e *Exec) atRest() {
	for _, g := range e.gs {
		if g.state == dead || g == e.clock.g {
			continue
		}
		e.Outcome.Kind = Leak
		if !e.finished {
			e.Outcome.Kind = Deadlock
		}
		return
	}
}

// unwind ends the goroutines that are left, the youngest first. Their deferred calls run, and every
// operation in them is where they leave again.
func (e *Exec) unwind() {
	if e.Outcome.Kind != Passed {
		e.Outcome.describe(e)
	}
	for _, g := range e.gs {
		g.stuck = g.state == ready && g != e.clock.g && g.class() == never
	}
	e.ending = true
	for i := len(e.gs) - 1; i >= 0; i-- {
		if g := e.gs[i]; g.state != dead && g != e.clock.g {
			e.cur = g
			e.transfer(nil, g)
		}
	}
	raceAcquire(unsafe.Pointer(e)) // what they wrote is seen by whoever reads the outcome
}
