package schedrt

import (
	"time"
	"unsafe"
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

// daemons counts what is left after the return.
type daemons struct {
	fewest  int // goroutines and timers left, at their lowest since the return
	firings int // of timers since then
}

const (
	// maxFirings ends the first stage. Several tickers with several periods take turns, so it is
	// more than a few.
	maxFirings = 16

	// daemonFirings is how many timers fire without anything coming to its end until the goroutines
	// that are left count as daemons, if a timer would wake each of them. A daemon, such as the
	// sweeper of a cache, is meant to live on.
	daemonFirings = 256

	// changingFirings ends the first stage of a stall in which daemons change something. Orders of
	// later steps are not explored, so the number is large: a worker may sleep a thousand times between two
	// items, while the program waits for it.
	changingFirings = 2000

	// mostRounds bounds the timers for which daemons that change something are watched, unless the bound on
	// steps is smaller. A ticker of a second has ticked for a day by then.
	mostRounds = 100_000
)

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

// stopped reports whether the first stage is over.
func (d *daemons) stopped() bool { return d.firings >= maxFirings }

// An aftermath is the second stage.
type aftermath struct {
	began   bool
	from    int // the number of the step at which it began
	steps   int // steps in it
	changed int // the last of these that changed something that other goroutines can see
	rounds  int // timers that fired, in a stall or in this stage
	words   []writtenWord
	stall   stall
}

// A stall is a time in which the program has not returned, waits for no timer, and nothing but
// timers can go on. It ends when goroutine 0, which is the program, takes a step.
type stall struct {
	firings int           // of timers since it began; 0 means that there is none
	quiet   int           // of these, since a change that other goroutines can see
	since   time.Duration // the virtual time at which it began
	from    int           // the number of the step at which it began
	steps   int           // that goroutine 0 had taken when it began
}

// stallTimeout is the virtual time that a program waits beside daemons until it counts as
// deadlocked: go test gives a program up after this time, unless a flag says otherwise.
const stallTimeout = 10 * time.Minute

// A writtenWord is the value that the first write of a round found in a word, or the value that it
// left there.
type writtenWord struct {
	object *Object
	round  int
	value  uint64
}

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

// watches reports whether changes are of interest.
func (a *aftermath) watches() bool { return a.began || a.stall.firings > 0 }

// note notes that a step of g changed o. Locks, timers and ticks do not count: a daemon that takes
// a lock at each tick comes back to the state in which it was.
//
// Stores and swaps change the version of their word even if they write the value that was there.
// Counting them would make a daemon that stores a flag at each tick look busy for ever.
func (a *aftermath) note(g *G, o *Object) {
	if !a.watches() || o.ticks {
		return
	}
	switch g.Op.Kind {
	case OpLock, OpTryLock, OpUnlock, OpRLock, OpTryRLock, OpRUnlock, OpAnnounce, OpFire:
		return
	case OpStore, OpSwap, OpCAS:
		return // see noteWord
	}
	a.noteChange()
}

// noteChange notes a change that other goroutines can see. In the first stage it puts the second one
// off, since goroutines that change something have orders that differ.
func (a *aftermath) noteChange() {
	if a.began {
		a.changed = a.steps
	} else {
		a.stall.quiet = 0
	}
}

// noteWord is note for a word at an address. A lock that a program makes of a word is no lock to
// the engine, so it is the value that counts: it changes if the first write of a round does not
// find or leave there what the first write of the round before found or left.
//
// The comparison is with the first write of the round before and not of this round: a lock that
// is taken and given back within a round leaves the word as it was.
func (a *aftermath) noteWord(o *Object, address unsafe.Pointer, size uintptr) {
	if !a.watches() {
		return
	}
	value := valueAt(address, size)
	for i := range a.words {
		w := &a.words[i]
		if w.object != o {
			continue
		}
		if w.round != a.rounds && w.value != value {
			a.noteChange()
		}
		if w.round != a.rounds {
			w.round, w.value = a.rounds, value
		}
		return
	}
	a.words = push(a.words, writtenWord{o, a.rounds, value})
}

// valueAt reads the word at an address, and no more: the memory behind a small word belongs to another
// variable, which may differ from process to process. A pool of ants has a lock of four bytes. Whether
// its goroutines were deadlocked then depended on its neighbour, and the finding did not come again.
//
//go:norace
//go:nocheckptr
func valueAt(address unsafe.Pointer, size uintptr) uint64 {
	switch size {
	case 4:
		return uint64(*(*uint32)(address))
	case 8:
		return *(*uint64)(address)
	}
	// An atomic.Value: its type and a pointer to a copy of the value, which is new for each store.
	words := (*[2]uint64)(address)
	return words[0] ^ words[1]
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
