package schedrt

import (
	"time"
)

// When the program has returned, goroutines may be left that wait for timers. Time then passes in
// two stages. In the first one the strategy decides, as before the return. It ends when nothing but
// timers can go on, and maxFirings of them fired without a goroutine or timer coming to its end. In
// the second one, the aftermath, the rest is played in one order only, and is not recorded: the
// strategies would otherwise explore every order of every tick.
//
// A program that waits beside daemons has the same two stages before its return: it waits for no
// timer, no goroutine can move, and timers fire one after another. The second stage ends when one of
// the goroutines that wait can move again, or with a deadlock.
//
// What daemons change among themselves is no progress of the goroutines that wait: a goroutine in an
// operation that is not possible reads nothing. A daemon that stores the time of its tick, or counts its
// ticks, may still come to a bound of its own and then let the others go on. So such daemons get longer
// than daemons that change nothing, and not for ever.

// countRemaining is called before each step after the program has returned.
//
// A new low means that something came to its end since the last look, so the count of firings
// begins anew.
func (e *Exec) countRemaining() {
	left := len(e.clock.timers) + e.left
	if d := &e.daemons; d.fewest == 0 || left < d.fewest {
		*d = daemons{fewest: left}
	}
}

// stallTimeout is the virtual time that a program waits beside daemons until it counts as
// deadlocked: go test gives a program up after this time, unless a flag says otherwise.
const stallTimeout = 10 * time.Minute

// beginAftermath begins the second stage if the first is over and a timer is left. It reports
// whether it did.
//
// Only the schedule up to here is replayed from a trace. From here on the order follows from the
// rules alone, so a replay needs no words for it.
func (e *Exec) beginAftermath() bool {
	if !e.finished || !e.daemons.stopped() || !e.clock.live() {
		return false
	}
	a := &e.aftermath
	a.began, a.from, e.Trace.muted = true, e.taken, true
	a.stall.since = e.clock.now
	return true
}

// countStall is called before a timer fires because nothing else can go on.
//
// The count starts again as soon as the program itself waits for a timer: then time is a part of
// the program, and nothing is stalled. It also starts again when goroutine 0 has taken a step. A
// goroutine that has moved since the stall began is a daemon, or was woken by one, and not stalled.
func (e *Exec) countStall() {
	a := &e.aftermath
	if e.finished || !e.waitsForNoTimer() {
		a.stall = stall{}
		return
	}
	if s := &a.stall; s.firings == 0 || s.steps != e.gs[0].steps {
		*a = aftermath{words: a.words[:0]}
		a.stall = stall{since: e.clock.now, from: e.taken, steps: e.gs[0].steps}
	}
	a.rounds++
	a.stall.firings++
	a.stall.quiet++
	if a.stall.quiet <= maxFirings && a.stall.firings <= min(changingFirings, e.limits.Steps/8) {
		return
	}
	a.began, a.from, a.steps, a.changed = true, e.taken, 0, 0
	for _, g := range e.gs {
		g.stalled = g.state != dead && g != e.clock.g && !g.timed && g.moved < a.stall.from
	}
}

// waitsForNoTimer reports whether the program itself waits, and for no timer, and nothing spins.
//
// The clock is asked last, because markSleepers goes through all timers.
func (e *Exec) waitsForNoTimer() bool {
	for _, g := range e.gs {
		if g.state != dead && g != e.clock.g && g.class() != never {
			return false
		}
	}
	e.markSleepers()
	return !e.gs[0].timed
}

// stallIsOver ends the second stage of a stall if a goroutine that waited can move or has ended.
// Its steps count like others from then on.
//
// Of words only the memory is kept, for a stall that follows.
func (e *Exec) stallIsOver() bool {
	if e.finished {
		return false
	}
	for _, g := range e.gs {
		if g.stalled && (g.state == dead || g.class() != never) {
			e.aside += e.aftermath.steps
			e.aftermath = aftermath{words: e.aftermath.words[:0]}
			e.Trace.muted = false
			return true
		}
	}
	return false
}

// endsStall decides before a timer fires whether the program is deadlocked beside daemons. Daemons
// get as long as after the return, and as long as go test would let them go on.
func (e *Exec) endsStall() bool {
	switch ended, known := e.patienceEnds(e.aftermath.rounds); {
	case !ended:
		return false
	case !known:
		e.Outcome = Outcome{Kind: Endless}
	default:
		e.endAtRest()
	}
	return true
}

// patienceEnds reports whether goroutines have waited beside daemons for so many rounds that the execution
// ends, and whether it is known how: the daemons will not let them go on. A round is a timer that fired.
//
// Daemons that change nothing come back to the same state, but for local variables that may count. They
// get a tenth of the bound, and daemons that change something get the whole bound. Half of the steps without
// a change is the border, so that one change at the beginning does not decide. Both also get the
// time after which go test gives a program up, unless a ticker is so fast that ten times the
// bound comes before. Then the end is not known.
func (e *Exec) patienceEnds(rounds int) (ended, known bool) {
	a, most := &e.aftermath, min(e.limits.Steps, mostRounds)
	bound, late := most, e.clock.now-a.stall.since >= stallTimeout
	if a.steps-a.changed >= a.steps/2 {
		bound, late = most/10, late || e.finished
	}
	if rounds < bound || !late && rounds < 10*most {
		return false, false
	}
	return true, late
}

// playAftermath returns the goroutine that goes next in the second stage. Goroutines take turns,
// and time passes when none can move. It returns nil when the end is known.
//
// The classes are tried in the order of pick, with passesTime in its place: a lazy clock or not,
// time passes here only when nothing else can move.
func (e *Exec) playAftermath() *G {
	a := &e.aftermath
	for _, class := range [...]class{moves, spinsBriefly, awaitsBubble, passesTime, awaitsRest, spins} {
		if class == passesTime {
			if !e.clock.live() {
				continue
			}
			if e.endsAftermath() {
				return nil
			}
			a.rounds++
			a.steps++
			return e.clock.g
		}
		e.enabled = e.scratch[:0]
		for i := range e.able {
			g := e.able[i].g
			if g != e.clock.g && g.class() == class {
				e.enabled = push(e.enabled, g)
			}
		}
		e.scratch = e.enabled
		if len(e.enabled) == 0 {
			continue
		}
		a.steps++
		if class == awaitsRest {
			return e.endRest(e.enabled)
		}
		return leastRecent(e.enabled)
	}
	e.endAtRest()
	return nil
}

// endsAftermath decides, when nothing but time can go on, whether the execution ends now, and how.
//
// Goroutines that a timer would wake are daemons after daemonFirings. If others wait beside them,
// the daemons get much longer, because one of them may count its rounds and then let the others go
// on. If they have not let the others go on for all that time, the others are leaked.
func (e *Exec) endsAftermath() bool {
	if !e.finished {
		return e.endsStall()
	}
	rounds := e.daemons.firings
	if rounds < daemonFirings {
		return false
	}
	if e.waitsBesideDaemons() {
		switch ended, known := e.patienceEnds(rounds); {
		case !ended:
			return false
		case !known:
			e.Outcome = Outcome{Kind: Endless}
			return true
		}
	}
	e.endAtRest()
	return true
}

// isDaemon reports whether g, which is left after the return, is to live on: a timer would wake it, or
// it moved in the last half of the second stage, since a daemon wakes it again and again. Without a
// timer, nothing wakes it any more. It relies on markSleepers.
func (g *G) isDaemon() bool {
	e := g.exec
	a := &e.aftermath
	return g.timed || a.began && e.clock.live() && g.moved > a.from+(e.taken-a.from)/2
}

// waitsBesideDaemons reports whether a goroutine is left that no timer would wake.
//
// Every goroutine is looked at, since markSleepers has to come first and a return in the middle
// would save nothing.
func (e *Exec) waitsBesideDaemons() bool {
	e.markSleepers()
	waiting := false
	for _, g := range e.gs {
		if g.state != dead && g != e.clock.g && !g.timed {
			waiting = true
		}
	}
	return waiting
}
