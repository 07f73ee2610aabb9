package schedrt

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// active is the execution that is played, nil if there is none. Only the goroutine that has the
// turn reads and writes it, so it needs no lock.
var active *Exec

// Controlled reports whether the calling goroutine is under control. Code that is not, such as the
// init functions of a rewritten package, uses the real primitives.
func Controlled() bool { return current() != nil }

// An Exec plays one program after another, each under a schedule of its own. It keeps goroutines
// and memory for the next Play: a schedule of 33 steps takes a few microseconds, less than one go
// statement for each of its goroutines would.
//
// All fields but the three for the watchdog belong to the goroutine that has the turn. Passing
// the turn orders memory in truth, so they need no lock; the race detector does not watch this
// package.
type Exec struct {
	limits   Limits
	strategy Strategy
	run      uint64 // number of the execution, never used again in this process
	objects  int32  // objects numbered so far
	ranks    uint64 // map keys ranked so far, see RankKey

	gs       []*G        // goroutines of this execution, by ID
	able     []candidate // the goroutines that are neither dead nor parked, by ID, see prune
	left     int         // goroutines of gs that have not ended, without the clock
	outdated bool        // able has goroutines that have died or parked
	regroup  bool        // movers has to be made anew
	spare    []*G        // goroutines of earlier executions, to be used again
	cur      *G          // has the turn
	last     *G          // took the last step
	woken    []*G        // have local code to run before their next operation
	movers   []*G        // the goroutines of able whose class is moves, see classify
	scratch  []*G        // of pick, for other classes
	favour   []*G        // room for the favoured goroutine
	enabled  []*G        // the goroutines that pick chooses from: one of the three before
	at       Point       // scratch of ask
	words    table       // models by address
	clock    clock       // virtual time
	named    models      // models that only reports ask for
	twins    int         // goroutines of this execution that have a twin
	toldIn   uint64      // the execution in which tell was called
	literals map[unsafe.Pointer]literal

	calls         Object     // of MarkCall and MarkReturn
	rest          Object     // of AwaitRest
	phase         int        // of the last AwaitRest that returned
	restAwaited   bool       // a goroutine waits in AwaitRest
	lastEffective int        // the last step of a goroutine that does not yield in a loop
	progress      int        // the last step that changed anything for good
	taken         int        // steps, also the steps that the trace leaves out
	aside         int        // steps of stalls that are over; no bound on steps counts them
	favoured      *G         // see enforceFairness
	fairBefore    int        // until this step no goroutine was passed over for too long
	stopAt        time.Time  // when executions are given up; zero means never
	bubbles       int        // that have not ended
	signals       []*channel // on which signals would come
	daemons       daemons
	doubt         doubt
	finalizers    bool // see NoteFinalizer
	aftermath     aftermath

	work     int  // since the last look at the real clock, see timeEvery
	timeOver bool // see StopAt
	finished bool // the program has returned
	over     bool // FinishPassed was called
	ending   bool // the goroutines that are left are being unwound

	initializing bool // packages are being initialized again, see OnReset

	next     *G    // has the turn next, where coroutines hand over
	nested   int   // coroutines on the stack, each resumed by the one below it
	driver   baton // of the goroutine that called Play, where goroutines hand over
	asker    *G    // waits for an answer of the strategy
	question int   // see consult
	reply    int

	steps   atomic.Uint64 // counted for the watchdog
	playing atomic.Bool
	closed  chan struct{} // nil if there is no watchdog

	// Outcome and Trace describe the last execution. The next Play overwrites them.
	Outcome Outcome
	Trace   Trace
}

// Limits bound one execution. The zero value is good.
//
// Steps and Livelock are counts and not times: the same program must end in the same way on
// every machine.
type Limits struct {
	Steps     int  // operations in an execution; 0 means 100000
	Livelock  int  // steps without progress until it is a livelock; 0 means nine tenths of Steps
	Positions bool // record where each operation is in the source
	PlacesFor int  // if not 0: keep them in the trace for the first and the last PlacesFor steps of Length
	Length    int  // see PlacesFor
	AskAlways bool // ask the strategy even if only one goroutine can move
	LazyClock bool // time passes only when nothing else can move, as in a testing/synctest bubble

	// NoDaemons reports a goroutine as leaked even if a timer would wake it. See daemons.
	NoDaemons bool

	// Twins finds goroutines that are alike, see G.Twin.
	Twins bool

	// Goroutines makes goroutines hand over by channels instead of coroutines. It plays the same
	// steps and takes three times as long. Under the race detector it is always set.
	Goroutines bool

	// OnStall is called with the stacks of all goroutines when no goroutine has come to an operation
	// for 10 s, and again every other second until one does. Spent is the CPU time of the process
	// since the last operation, and waited the real time. It ends the process if it finds that the
	// goroutine has used its time, or waits. If it is nil there is no watchdog.
	OnStall func(stacks string, spent, waited time.Duration)

	// CPUTime returns the CPU time that the process has used. Nil means the real time.
	CPUTime func() time.Duration
}

// A Strategy decides what happens next. It runs between two steps and may read the Exec.
type Strategy interface {
	// Pick returns an index of p.Enabled, which has at least one element. A negative number gives
	// the execution up: its outcome is then Pruned.
	Pick(p *Point) int

	// Choose returns a number below n, for a choice that a step has: which ready case of a select
	// is taken, for example. A step has at most one.
	Choose(n int) int
}

// A Point is a moment between two steps at which the strategy is asked. It is valid during Pick
// only.
type Point struct {
	Enabled []*G // goroutines that can take the next step, by ID
	Last    *G   // took the step before, nil before the first
	Step    int  // number of the next step, from 0
}

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
	e.finished, e.over, e.ending, e.initializing = false, false, false, false
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

// resume gives the turn to the goroutine that goes next, and returns when from has it again. A nil
// from is the caller of Play: it has the turn again when nothing is left to run.
//
// The next goroutine is chosen by the goroutine that gives the turn away. A scheduler of its own
// would cost a second switch in each step.
func (e *Exec) resume(from *G) {
	to := e.nextGoroutine(from)
	e.cur = to
	if to == from {
		return
	}
	e.transfer(from, to)
	if from != nil && e.ending {
		e.order(from)
		runtime.Goexit() // not a panic, which a recover in the program would see
	}
}

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

// order puts the deferred calls of g, which is about to be unwound, behind all that the program did.
//
// A deferred call may use memory that a lock protects, and the goroutine waits without that lock. In Go it would
// never run there, so the race detector must not compare it with the accesses of others. Hence two visits: in the
// first one every goroutine that is left releases what it did, and gives the turn back. In the second one it
// acquires what all released, those included that were unwound before it. No access of the program itself comes
// behind an acquire of e, so this hides no race.
func (e *Exec) order(g *G) {
	if !RaceEnabled {
		return
	}
	raceReleaseMerge(unsafe.Pointer(e))
	e.transfer(g, nil)
	raceAcquire(unsafe.Pointer(e))
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

// StopAt has executions given up at a moment of real time, in the middle of a schedule, too: they
// are then Pruned, and TimeIsOver. The zero time means never.
func (e *Exec) StopAt(t time.Time) { e.stopAt = t }

// TimeIsOver reports whether the last execution was given up because of StopAt.
func (e *Exec) TimeIsOver() bool { return e.timeOver }

// timeEvery is how much work is done between two looks at the real clock: about a millisecond of it.
// A step is one, and so is a go statement.
const timeEvery = 1 << 12

// perCandidate is how many of the goroutines that pick asks are as much work as a step.
const perCandidate = 64

// isLate reports whether the execution is to be given up now.
//
// The real clock is asked rarely, since asking takes longer than a step. With ten thousand goroutines
// a step takes a hundred times as long, as pick goes through all of them, so steps alone do not count.
func (e *Exec) isLate() bool {
	e.work += 1 + len(e.able)/perCandidate
	return e.timeHasCome()
}

// timeHasCome looks at the real clock if there was enough work since the last look. When the time has
// come it gives the execution up.
func (e *Exec) timeHasCome() bool {
	if e.work < timeEvery {
		return false
	}
	e.work = 0
	if e.timeOver = !e.stopAt.IsZero() && !time.Now().Before(e.stopAt); e.timeOver && e.Outcome.Kind == Passed {
		e.Outcome = Outcome{Kind: Pruned}
	}
	return e.timeOver
}

// stopLate gives the execution up in a go statement of the running goroutine, if it is late. A
// program may start goroutines for seconds without an operation.
func (e *Exec) stopLate() {
	e.work++
	if e.timeHasCome() {
		e.point(e.begin(OpYield)) // the execution ends here, so point never returns
	}
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

// stallTime is how long a goroutine may run from one operation to the next. The slowest local code
// that was seen in the suites of examples/suites, under the race detector, takes about a second.
const stallTime = 10 * time.Second

// countStep tells the watchdog that there was a step. The counter is atomic, and is hidden from the
// race detector because it would order the steps of all goroutines.
func (e *Exec) countStep() {
	if e.closed == nil {
		return
	}
	raceDisable()
	e.steps.Add(1)
	raceEnable()
}

// watch is the watchdog: it calls Limits.OnStall when a controlled goroutine does not come to its
// next operation, because it loops without one or waits for something that is not under control. Go
// cannot end such a goroutine, so OnStall should end the process. watch runs in real time: the
// virtual clock stands still during a stall. On a machine with much else to do, ten seconds may give a
// goroutine less time than one does elsewhere, so the CPU time counts, too.
func (e *Exec) watch() {
	ticker := time.NewTicker(stallTime / 5)
	defer ticker.Stop()
	cpuTime := e.limits.CPUTime
	if began := time.Now(); cpuTime == nil {
		cpuTime = func() time.Duration { return time.Since(began) }
	}
	last, since, spent := e.steps.Load(), time.Now(), cpuTime()
	for {
		select {
		case <-e.closed:
			return
		case <-ticker.C:
		}
		switch steps := e.steps.Load(); {
		case steps != last || !e.playing.Load():
			last, since, spent = steps, time.Now(), cpuTime()
		case time.Since(since) > stallTime:
			stacks := make([]byte, 1<<20)
			n := runtime.Stack(stacks, true)
			e.limits.OnStall(string(stacks[:n]), cpuTime()-spent, time.Since(since))
		}
	}
}
