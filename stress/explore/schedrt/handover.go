package schedrt

import (
	"iter"
	"runtime"
	"unsafe"
)

// There are two ways to hand the turn over. Coroutines take a third of the time, but package iter
// tells the race detector that each switch orders memory, so the detector would see no race at all.
// Under the detector, goroutines therefore wait for batons, which can be hidden from it. Both ways
// play the same steps: a schedule that was found with one replays with the other.

// transfer gives the turn from one goroutine to another and returns when from has it again. Nil
// stands for the driver, which is the goroutine that called Play.
//
// Both ways return only when from is chosen again, so the code of an operation reads as if it
// blocked.
func (e *Exec) transfer(from, to *G) {
	if !e.limits.Goroutines {
		e.next = to
		e.switchUntil(from)
		return
	}
	e.start(to)
	if from == nil {
		e.serve()
		return
	}
	from.carrier.baton.await()
}

// live runs one controlled goroutine after another on a carrier. It returns when one of them leaves
// by Goexit, which ends the real goroutine, too.
//
// retire is set by Close only, when no execution is under way.
func (g *G) live() {
	label()
	defer func() {
		g.carrier.alive = false
		if !g.carrier.retire {
			g.leave()
		}
	}()
	for !g.carrier.retire {
		g.main()
		g.leave()
		if g.exec.limits.Goroutines {
			g.carrier.baton.await()
		}
	}
}

// leave gives the turn away at the end of a goroutine. On a coroutine it returns when the carrier
// has another goroutine to run.
func (g *G) leave() {
	e := g.exec
	to := e.nextGoroutine(g)
	e.cur = to
	if e.limits.Goroutines {
		e.start(to)
		return
	}
	if !g.carrier.alive {
		g.carrier.co.over = true
	}
	e.next = to
	e.switchUntil(g)
}

// close ends the carrier of g.
func (c *carrier) close(g *G) {
	switch {
	case c.co != nil:
		c.retire = true
		g.dropCoroutine()
	case c.alive:
		c.retire = true
		c.baton.pass()
	}
}

// serve runs in the driver. It answers questions for the strategy until the driver has the turn.
//
// Under the race detector the strategy runs here, in one goroutine, however many goroutines ask;
// see consult.
func (e *Exec) serve() {
	for {
		e.driver.await()
		asker := e.asker
		if asker == nil {
			return
		}
		e.asker = nil
		e.reply = e.answer(e.question)
		asker.carrier.baton.pass()
	}
}

// start passes the baton to a goroutine. It starts the carrier if there is none yet.
func (e *Exec) start(to *G) {
	switch {
	case to == nil:
		e.driver.pass()
	case to.carrier.alive:
		to.carrier.baton.pass()
	default:
		if to.carrier.baton == nil {
			to.carrier.baton = newBaton()
		}
		to.carrier.alive = true
		raceDisable() // the goroutine that starts the carrier need not be the one with the go statement
		go to.live()
		raceEnable()
	}
}

// mostNested is how many coroutines are on the stack at most.
const mostNested = 16

// switchUntil returns when from has the turn, or when the coroutine of from is to end.
//
// The loop runs on the coroutine that gives the turn away. A coroutine that is entered may give
// the turn on several times before it comes back; next always says to which goroutine.
func (e *Exec) switchUntil(from *G) {
	var co *coroutine // nil for the driver, which never yields
	if from != nil {
		co = from.carrier.co
	}
	for e.next != from {
		to := e.next
		outside := to != nil && (to.carrier.co == nil || !to.carrier.co.onStack)
		if outside && (co == nil || e.nested < mostNested) {
			to.enter()
			continue
		}
		co.onStack = false
		co.yield(struct{}{})
		if co.over {
			return
		}
	}
}

// enter resumes the coroutine of g, which it makes if there is none yet. It returns when g yields.
//
// onStack is set before the switch, because the coroutine itself looks at it.
func (g *G) enter() {
	if !g.carrier.alive {
		g.dropCoroutine()
		co := &coroutine{}
		co.next, _ = iter.Pull(func(yield func(struct{}) bool) {
			co.yield = yield
			g.live()
		})
		g.carrier.co, g.carrier.alive = co, true
	}
	g.carrier.co.onStack = true
	g.exec.nested++
	g.carrier.co.next()
	g.exec.nested--
}

// dropCoroutine ends a coroutine that waits. If its function left by Goexit, package iter passes
// the Goexit on to the goroutine that resumes it: a new goroutine, which has nothing else to do.
func (g *G) dropCoroutine() {
	if co := g.carrier.co; co != nil {
		co.over = true
		g.carrier.co = nil
		go co.next()
	}
}

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
