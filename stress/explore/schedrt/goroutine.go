package schedrt

import (
	"reflect"
	"runtime"
	"unsafe"
)

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
	g.lineage, g.drawn, g.kids, g.numbers = 1, 0, 0, nil
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
	if !g.polls() {
		e.progress = e.taken
	}
}

// fairAfter is how many steps other goroutines may take while a goroutine could move. Without a
// bound some programs do not end: a goroutine that locks and unlocks until another one has done
// something changes state in each round, so it is no spinner. Go's own scheduler preempts after 10
// ms, which is many more operations than this.
const fairAfter = 2_000

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

// Self returns the ID of the controlled goroutine that calls it. Call it under control only.
func Self() int { return active.cur.ID }

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

// refuseInit says that the initialization cannot run a second time, and why. At the start of the
// process it did run, or there would be no schedule. So its second failure is caused by what the first
// run has left where the engine does not restore it, and is no failure of the program.
func (e *Exec) refuseInit(why string) {
	pcs := make([]uintptr, 16)
	pcs = pcs[:runtime.Callers(2, pcs)]
	e.Outcome = Outcome{
		Kind: Refused, PCs: pcs,
		Message: "the initialization of a package cannot run again before each schedule: " + why,
	}
}

// descend gives a new goroutine its lineage. Goroutine 0 has no parent.
//
// The shift keeps the number of a child from cancelling low bits of the parent's lineage.
func (g *G) descend(parent *G) {
	if parent != nil {
		parent.kids++
		g.lineage = mix(parent.lineage ^ parent.kids<<32)
	}
}

// mix is the output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
