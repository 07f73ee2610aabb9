package schedrt

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
func Controlled() bool { return current() != nil }

// An Exec plays one program after another, each under a schedule of its own.
type Exec struct {
	limits   Limits
	strategy Strategy
	run      uint64 // number of the execution
	objects  int32  // numbered so far
	ranks    uint64 // of keys of maps, so far
	gs       []*G   // of this execution, by ID
	spare    []*G   // of earlier ones
	cur      *G
	last     *G    // took the last step
	woken    []*G  // have local code to run before their next operation
	enabled  []*G  // scratch
	at       Point // scratch
	words    table
	clock    clock
	kept     kept
	history  Object // of Call and Return
	still    Object // of AwaitRest
	phase    int    // of the last AwaitRest
	lively   int    // the last step of somebody who does not yield in a loop
	settling bool   // somebody waits for one
	ending   bool   // what is left is being unwound
	finished bool   // the program has returned
	over     bool   // see FinishPassed
	favoured *G     // see befair
	daemons  daemons
	to       *G    // who is to run, where coroutines hand over
	driver   baton // of whoever calls Play, where goroutines do
	asker    *G    // who has a question for the strategy
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
	LazyClock bool // time passes when nothing else can move, as in a bubble of testing/synctest

	// NoDaemons takes a goroutine for a leak even if time would wake it: see daemon.go.
	NoDaemons bool

	// Goroutines hands over between goroutines and not between coroutines, which takes longer and
	// plays the same. Under the race detector it always does.
	Goroutines bool

	// OnStall is called when a goroutine has run for 10 s without an operation, with the stacks of
	// all. If it is nil, nobody watches.
	OnStall func(stacks string)
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
	limits.Goroutines = limits.Goroutines || RaceEnabled
	e := &Exec{limits: limits, driver: newBaton()}
	if limits.OnStall != nil {
		e.closed = make(chan struct{})
		go e.watch()
	}
	return e
}

// Play runs the program once. The outcome and the trace are those of Exec, until the next Play.
func (e *Exec) Play(strategy Strategy, program func()) *Outcome {
	if active != nil {
		panic("schedrt: Play within Play")
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
	e.over, e.favoured = false, nil
	e.objects, e.cur, e.last, e.ending, e.finished, e.progress, e.phase, e.lively = 0, nil, nil, false, false, 0, 0, 0
	for _, g := range e.gs {
		e.spare = push(e.spare, g)
	}
	e.gs, e.woken = e.gs[:0], e.woken[:0]
	e.clock.reset()
	e.daemons = daemons{}
	e.ranks = 0
	e.Outcome = Outcome{}
	e.Trace.reset()
	e.number(&e.history)
	e.number(&e.still)
}

var runs uint64

func nextRun() uint64 { runs++; return runs }

// Current returns the running goroutine.
func (e *Exec) Current() *G { return e.cur }

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
