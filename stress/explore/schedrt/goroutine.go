package schedrt

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// A G is a controlled goroutine.
//
// A G is used again in later executions. newG resets every field that an execution reads before
// it writes it.
type G struct {
	ID      int // from 0, in the order of the go statements; 0 is the program itself
	Op      Op  // the operation that it is about to perform, or waits in
	state   state
	begun   bool // it has a carrier, and runs its function or did so
	exec    *Exec
	fn      func()
	carrier carrier
	cause   int32 // the step that let it go on, -1 if that is its own last one

	waits  int            // its waits in queues so far; a waiter with an older number is void
	box    unsafe.Pointer // what a receiver was given
	fired  *waiter        // the waiter that ended the last wait
	spin   spin
	locals locals
	steps  int // that it took
	moved  int // the number of its last step

	bubble  *Bubble // nil if it is in none
	harness bool    // see MarkHarness
	ofInit  bool    // the initialization of a package started it, or a goroutine that this one started
	phase   int     // that it waits for in AwaitRest
	blocked bool    // at the end of the execution, its operation is not possible
	timed   bool    // at the end of the execution, a timer would wake it
	stalled bool    // it waits, and for no timer, since the second stage of a stall began

	seen       class // of the last pick
	favouredAt int   // the step since which it is favoured, see enforceFairness
	ableSince  int   // the step at which it last took a turn or became able to

	lineage, drawn, kids uint64  // see Random
	kin                  kinship // see findTwin
}

type state uint8

const (
	running state = iota
	ready         // before an operation
	parked        // in queues, until another goroutine takes it out
	dead
)

// class says when a goroutine may be picked. Pick looks at the classes in this order and takes the
// first that is not empty.
type class uint8

const (
	never        class = iota
	moves              // can take a step
	spinsBriefly       // spins, but may still come to a bound of its own
	awaitsBubble       // is in synctest.Wait
	passesTime         // is the clock, if time is lazy
	awaitsRest         // is in AwaitRest
	spins              // looks again at what has not changed
)

// class returns the class of g before a step. The clock is asked for as itself: with a lazy clock
// it passes time only when no goroutine can move. A spinner counts as blocked for AwaitRest and
// for lazy time only after patience rounds, because a loop with a bound of its own comes to it
// before.
//
// A goroutine has a class only between two steps. Nothing changes then, so pick asks once and
// stores the answer.
func (g *G) class() class {
	switch {
	case g.state != ready || g.Op.guard != nil && !g.Op.guard.open(g):
		return never
	case g.Op.Kind == OpAwaitRest:
		return awaitsRest
	case g.Op.Kind == OpBubbleWait:
		return g.bubble.classOfWait(g)
	case g == g.exec.clock.g && (g.exec.limits.LazyClock || g.exec.bubbles > 0):
		return g.exec.clock.class()
	case g.spin.idle(g):
		if g.awaitsTime() {
			return spinsBriefly
		}
		if (g.exec.restAwaited || g.exec.limits.LazyClock || g.exec.bubbles > 0) && g.spin.flags < patience {
			return spinsBriefly
		}
		return spins
	}
	return moves
}

// Blocked appends to scratch the goroutines whose operation was not possible at the end of the last
// execution.
func (e *Exec) Blocked(scratch []*G) []*G {
	for _, g := range e.gs {
		if g.blocked {
			scratch = append(scratch, g)
		}
	}
	return scratch
}

// Go is the go statement. Outside of control it starts an ordinary goroutine and counts it, see
// UncontrolledGoroutines.
//
// The go statement happens before the goroutine's execution begins, as in the Go memory model.
func Go(fn func()) {
	e := current()
	if e == nil {
		goUncontrolled(fn)
		return
	}
	if e.ending {
		runtime.Goexit()
	}
	e.stopLate()
	if g := e.spawn(fn); e.limits.Twins {
		e.findTwin(g, pointerOf(&fn))
	}
}

// GoInStep is a go statement inside a step: in the function of a timer or of Do. Call it under
// control only.
func GoInStep(fn func()) { active.spawn(fn) }

// spawn makes a goroutine that runs to its first operation before another goroutine takes a step.
// Until then it does nothing that another goroutine can see, so the go statement itself is no step.
//
// The release orders the go statement before the goroutine's beginning; main acquires it.
func (e *Exec) spawn(fn func()) *G {
	g := e.newG()
	e.left++
	g.descend(e.cur)
	g.ofInit = e.initializing || e.cur != nil && e.cur.ofInit
	if g.bubble = nil; e.cur != nil {
		g.bubble = e.cur.bubble.joined()
	}
	g.fn = fn
	g.state = running
	g.cause = int32(len(e.Trace.Steps) - 1)
	e.woken = push(e.woken, g)
	e.progress = e.taken
	if e.aftermath.stall.firings > 0 {
		e.aftermath.noteChange()
	}
	raceRelease(unsafe.Pointer(g))
	return g
}

// newG returns a G with the next ID: one of an earlier execution, or a new one. Its count of waits
// goes on, so that waiters of earlier executions stay void.
func (e *Exec) newG() *G {
	var g *G
	if last := len(e.spare) - 1; last >= 0 {
		g, e.spare = e.spare[last], e.spare[:last]
		g.Op.clear()
		g.harness = false
		g.box, g.fired, g.steps, g.waits, g.blocked = nil, nil, 0, g.waits+1, false
		g.locals = locals{states: g.locals.states[:0]}
		g.timed, g.stalled, g.moved, g.bubble = false, false, 0, nil
		g.spin.forget()
	} else {
		g = &G{exec: e}
	}
	g.ID, g.begun = len(e.gs), false
	g.lineage, g.drawn, g.kids = 1, 0, 0
	g.kin.reset()
	g.ableSince = e.taken
	g.cause = -1
	e.gs = push(e.gs, g)
	e.able, e.regroup = push(e.able, candidate{g: g, id: g.ID}), true // its ID is the highest, so the order holds
	return g
}

// wake lets a parked goroutine go on, at once, to its next operation.
//
// The goroutine runs before the next pick, in the step of the goroutine that woke it. It only
// runs local code up to its next operation, which no other goroutine can tell.
func (e *Exec) wake(g *G) {
	g.waits++
	yields := g.spin.yields
	g.spin.forget()
	if g.Op.Kind == OpSleep { // a loop that sleeps is a loop that yields
		g.spin.yields = yields
	}
	g.cause = int32(len(e.Trace.Steps) - 1)
	if g.state == parked {
		e.unpark(g)
	}
	g.state = running
	e.woken = push(e.woken, g)
	e.progress = e.taken
}

// unpark puts g back among the goroutines that pick asks, at the place of its ID. Strategies number
// the goroutines in this order, so another order would be another schedule. A goroutine that was
// parked could not move until the pick before this step, see enforceFairness.
func (e *Exec) unpark(g *G) {
	if now := e.taken - 1; now >= fairAfter {
		g.ableSince = now
	}
	e.prune()
	s := candidate{g: g, id: g.ID}
	e.able, e.regroup = push(e.able, s), true
	i := len(e.able) - 1
	for ; i > 0 && e.able[i-1].id > g.ID; i-- {
		e.able[i] = e.able[i-1]
	}
	e.able[i] = s
}

// A candidate is a goroutine that pick asks. Pick goes through all of them before each step. With a thousand
// goroutines, following the pointer of each took nearly all of the time, as their memory is in no cache. So
// a candidate has what pick needs of a goroutine that is before an ordinary operation.
type candidate struct {
	g    *G
	id   int  // of g
	calm bool // the class of g is moves until it takes its next step, and g.seen says so
	goes bool // g is in Exec.movers
}

// isCalm reports whether nothing but its own step can change the class of g, which moves: its operation is
// always possible, and is none of those whose class depends on other goroutines. See class.
func (g *G) isCalm() bool {
	switch g.Op.Kind {
	case OpYield, OpSleep:
		return g.spin.yields.rounds < unrolled
	case OpAwaitRest, OpBubbleWait, OpFire:
		return false
	}
	return g.Op.guard == nil && !g.spin.flagged && g != g.exec.clock.g
}

// stir says that g is about to take a step. Its candidate is found by its ID, as candidates move.
func (e *Exec) stir(g *G) {
	low, high := 0, len(e.able)
	for low < high {
		if middle := (low + high) / 2; e.able[middle].id < g.ID {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(e.able) && e.able[low].g == g {
		e.able[low].calm = false
	}
}

// prune drops the goroutines that have died or parked from e.able. A pick looks at each goroutine that
// is left there, so a program that starts ten thousand goroutines one after another would otherwise pay
// for all of them in each step. The drop waits for the next pick: the goroutine that dies or parks
// does not know its index, and the pick goes through all of them anyway.
func (e *Exec) prune() {
	if !e.outdated {
		return
	}
	n := 0
	for i := range e.able {
		if s := e.able[i]; s.calm || s.g.state != dead && s.g.state != parked {
			e.able[n] = s
			n++
		}
	}
	e.able, e.outdated, e.regroup = e.able[:n], false, true
}

// park returns when another goroutine has woken g.
//
// There is no guard: a parked goroutine is not asked in each step, however many wait in queues.
func (e *Exec) park(g *G) {
	g.state = parked
	e.outdated = true
	g.bubble.release()
	e.resume(g)
}

// main runs the function of a controlled goroutine. Package observe takes its frame for the border
// between the engine and the program.
func (g *G) main() {
	g.begun = true
	defer g.end()
	raceAcquire(unsafe.Pointer(g))
	if g.exec.ending { // the execution ended before the goroutine began
		return
	}
	g.fn()
}

// end records how a goroutine ended: by returning, by a panic or by runtime.Goexit. If goroutine 0
// leaves by Goexit the others go on, as they do in Go when main does.
//
// The recover is the outermost one of the goroutine. A panic that arrives here would end the
// process in Go, and ends the execution here.
func (g *G) end() {
	e := g.exec
	if r := recover(); r != nil && !e.ending {
		e.Outcome = Outcome{Kind: Panicked, Message: panicText(r), Goroutine: g.ID, Stack: stack()}
		if g.ID == 0 && e.initializing {
			e.refuseInit(panicText(r))
		}
	}
	if g.ID == 0 {
		e.finished = true
	}
	g.state = dead
	e.left--
	e.outdated = true
	g.bubble.left()
	g.fn = nil
	e.progress = e.taken
	if e.aftermath.stall.firings > 0 {
		e.aftermath.noteChange()
	}
	raceReleaseMerge(unsafe.Pointer(e)) // see unwind
}

// LiveGoroutines counts the controlled goroutines that have not ended. Call it under control only.
//
// The caller is counted, as runtime.NumGoroutine counts it.
func LiveGoroutines() (n int) {
	for _, g := range active.gs {
		if g.state != dead && g != active.clock.g {
			n++
		}
	}
	return n
}

// A LiveGoroutine is a controlled goroutine that has not ended, for a look-alike of runtime.Stack.
type LiveGoroutine struct {
	ID      int
	Current bool    // it has the turn
	Entry   uintptr // program counter of the function of its go statement
	Wait    Kind    // the operation that it waits in, OpNone if it could go on
}

// Goroutines returns the controlled goroutines that have not ended, by ID. The clock is none of the
// program, and the harness would be none of it under go test. Call it under control only.
func Goroutines() (all []LiveGoroutine) {
	e := active
	e.tell()
	for _, g := range e.gs {
		if g.state == dead || g == e.clock.g || g.harness {
			continue
		}
		l := LiveGoroutine{ID: g.ID, Current: g == e.cur, Entry: reflect.ValueOf(g.fn).Pointer()}
		if g != e.cur && g.class() == never {
			l.Wait = g.Op.Kind
		}
		all = push(all, l)
	}
	return all
}

// A controlled goroutine has profiler labels that no other goroutine has. Reading them takes two
// instructions, and needs no goroutine number, which Go hides. Other goroutines may run rewritten
// code while a program is played: goroutines of an init function, finalizers, callbacks of the
// standard library. They must not touch the execution, and use the real primitives.

//go:linkname profLabel runtime/pprof.runtime_getProfLabel
func profLabel() unsafe.Pointer

//go:linkname setProfLabel runtime/pprof.runtime_setProfLabel
func setProfLabel(labels unsafe.Pointer)

// controlLabels are the labels. They are made once and set by address: to take them from a context
// in a controlled goroutine would be a data race with the goroutine that made the context.
var controlLabels = newLabels("controlled")

func newLabels(value string) unsafe.Pointer {
	before := profLabel()
	defer setProfLabel(before)
	pprof.SetGoroutineLabels(
		pprof.WithLabels(context.Background(), pprof.Labels("explore", value)))
	return profLabel()
}

// label marks the calling goroutine as controlled.
func label() {
	raceDisable() // the profiler orders the goroutines that set labels
	setProfLabel(controlLabels)
	raceEnable()
}

// current returns the execution that controls the calling goroutine, or nil.
//
// The order of the tests is by cost: active is nil in most processes, and labels are nil in most
// goroutines.
func current() *Exec {
	e := active
	if e == nil {
		return nil
	}
	labels := profLabel()
	if labels == nil {
		return nil
	}
	if isInit(labels) {
		select {} // see goInit
	}
	return e
}

// uncontrolled counts running goroutines that were started outside of control, by the position of
// their go statement: in an init function, or by a test that is over.
var uncontrolled struct {
	sync.Mutex
	started map[string]int
}

// goUncontrolled starts and counts a goroutine outside of control.
func goUncontrolled(fn func()) {
	if duringInit() {
		goInit(fn)
		return
	}
	_, file, line, _ := runtime.Caller(2)
	where := fmt.Sprintf("%s:%d", file, line)
	countUncontrolled(where, 1)
	go func() {
		defer countUncontrolled(where, -1)
		fn()
	}()
}

// countUncontrolled adds to the number of running goroutines that were started at a position.
func countUncontrolled(where string, by int) {
	uncontrolled.Lock()
	defer uncontrolled.Unlock()
	if uncontrolled.started == nil {
		uncontrolled.started = map[string]int{}
	}
	if uncontrolled.started[where] += by; uncontrolled.started[where] == 0 {
		delete(uncontrolled.started, where)
	}
}

// UncontrolledGoroutines describes the rewritten goroutines that run outside of control, "" if
// there are none. An exploration beside them would be wrong: the engine would take what they do to
// channels and locks for the work of controlled goroutines.
func UncontrolledGoroutines() string {
	uncontrolled.Lock()
	defer uncontrolled.Unlock()
	if len(uncontrolled.started) == 0 {
		return ""
	}
	return "goroutines run since before the program was under control: a package starts them when " +
		"it is initialized, at " +
		strings.Join(slices.Sorted(maps.Keys(uncontrolled.started)), ", ")
}
