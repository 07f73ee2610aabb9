package schedrt

import (
	"slices"
	"time"
)

// nextGoroutine returns the goroutine that gets the turn, nil at the end of the execution. It runs
// in the goroutine me, or in the driver if me is nil.
//
// Local code of woken goroutines comes first, so at every pick all goroutines are before an
// operation or parked. So a state of the program is well-defined between two steps.
func (e *Exec) nextGoroutine(me *G) *G {
	if e.ending || e.timeOver {
		return nil // unwind takes the goroutines one after another
	}
	for {
		if len(e.woken) > 0 {
			if e.work++; e.timeHasCome() {
				return nil
			}
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
		e.stir(g)
		if g != e.clock.g {
			g.state = running
			return g
		}
		e.clock.fire(e, me)
		if e.finished {
			e.daemons.firings++
		}
	}
}

// pick lets the strategy choose among the goroutines of the first class that is not empty. It
// returns nil if the execution is at its end, whose kind is then in the outcome.
//
// The ends are tested before anything else: an outcome that is set stays, whatever could still
// move.
func (e *Exec) pick(me *G) *G {
	switch {
	case e.Outcome.Kind != Passed, e.over:
		return nil
	case e.isLate():
		return nil
	case e.taken-e.aside-e.aftermath.steps >= e.limits.Steps:
		e.Outcome = Outcome{Kind: Endless}
		return nil
	case e.taken-e.progress > e.limits.Livelock:
		switch {
		case e.counts() || e.awaitsTimer():
			e.Outcome.Kind = Endless
		case !e.finished && slices.ContainsFunc(e.gs, e.awaitsSignal):
			e.Outcome = needsSignal
		default:
			e.Outcome.Kind = Livelock
		}
		return nil
	}
	e.prune()
	e.Trace.muted = e.aftermath.began
	if e.finished {
		e.countRemaining()
	}
	if e.aftermath.began && !e.stallIsOver() {
		return e.playAftermath()
	}
	e.restAwaited = e.restAsked && e.anyAwaitsRest()
	e.classify()
	if e.taken&(timeCheck-1) == 0 && e.taken > 0 && e.timeIsDue() {
		e.favour = push(e.favour[:0], e.clock.g)
		e.enabled = e.favour
		return e.ask(me)
	}
	for _, class := range [...]class{moves, spinsBriefly, awaitsBubble, passesTime, awaitsRest, spins} {
		if class == spins && e.beginAftermath() {
			return e.playAftermath()
		}
		if e.enabled = e.movers; class == moves {
			e.enforceFairness()
		} else {
			e.enabled = e.scratch[:0]
			for i := range e.able {
				if g := e.able[i].g; g.seen == class {
					e.enabled = push(e.enabled, g)
				}
			}
			e.scratch = e.enabled
		}
		if len(e.enabled) == 0 {
			continue
		}
		if len(e.enabled) == 1 && e.enabled[0] == e.clock.g {
			if e.countStall(); e.aftermath.began {
				e.Trace.muted = true
				return e.playAftermath()
			}
		}
		switch class {
		case awaitsRest:
			e.favour = push(e.favour[:0], e.endRest(e.enabled))
			e.enabled = e.favour
		case spins:
			if e.taken-e.progress > recordedRounds {
				e.Trace.muted = true
				return leastRecent(e.enabled)
			}
			e.favour = push(e.favour[:0], leastRecent(e.enabled))
			e.enabled = e.favour
		}
		return e.ask(me)
	}
	e.endAtRest()
	return nil
}

// classify asks each goroutine for its class, and notes the goroutines that move in e.movers. Nothing changes
// between here and the step, so the answers hold.
//
// From one step to the next, most goroutines keep their class. So the list is only made anew if one
// changed: with a thousand goroutines, writing the list in each step would take most of the time.
func (e *Exec) classify() {
	for i := range e.able {
		s := &e.able[i]
		if s.calm {
			continue
		}
		g := s.g
		g.seen = g.class()
		if g.seen != moves && g != e.clock.g && e.taken >= fairAfter {
			g.ableSince = e.taken
		}
		if goes := g.seen == moves; goes != s.goes {
			s.goes, e.regroup = goes, true
		}
		if s.goes {
			s.calm = g.isCalm()
			e.fairBefore = min(e.fairBefore, g.ableSince+fairAfter)
		}
	}
	if !e.regroup {
		return
	}
	e.regroup = false
	e.movers = e.movers[:0]
	for i := range e.able {
		if s := &e.able[i]; s.goes {
			e.movers = push(e.movers, s.g)
		}
	}
}

// anyAwaitsRest reports whether a goroutine waits in AwaitRest or synctest.Wait.
func (e *Exec) anyAwaitsRest() bool {
	for i := range e.able {
		if e.able[i].calm {
			continue
		}
		g := e.able[i].g
		if g.state == ready && (g.Op.Kind == OpAwaitRest || g.Op.Kind == OpBubbleWait) {
			return true
		}
	}
	return false
}

// recordedRounds is how many steps without progress a trace has at most. When only goroutines that
// spin can move, each looks again at what it saw before, and the order of the looks is no decision.
// A long loop, which may still come to its end by counting, would only make the trace long.
const recordedRounds = 10_000

// leastRecent returns the goroutine that has not moved for the longest time. When all goroutines
// spin, their order is no choice of the schedule: each would see what it saw before, and there
// would be no end of orders.
func leastRecent(gs []*G) *G {
	first := gs[0]
	for _, g := range gs {
		if g.moved < first.moved {
			first = g
		}
	}
	return first
}

// needsSignal is the outcome of a program that goes on only if a signal comes.
var needsSignal = Outcome{
	Kind: Refused, Message: "a signal, without which the program does not go on, is not under control",
}

// endAtRest sets the outcome when no goroutine can move any more. A goroutine that a timer would
// wake is no leak, see daemons.
//
// Deadlock and leak differ by whether the program has returned. Goroutines of an initialization
// may wait for ever, as they do in Go.
func (e *Exec) endAtRest() {
	if e.initializing {
		e.refuseInit("it waits for what cannot come")
		return
	}
	e.markSleepers()
	for _, g := range e.gs {
		switch {
		case g.state == dead || g == e.clock.g || e.finished && (g.ofInit || g.isDaemon() && !e.limits.NoDaemons):
		case !e.awaitsSignal(g):
			if e.Outcome.Kind = Leak; !e.finished {
				e.Outcome.Kind = Deadlock
			}
		case !e.finished: // a signal could let the program go on
			e.Outcome = needsSignal
			return
		}
	}
}

// enforceFairness leaves only one goroutine in e.enabled if the schedule has passed it over for
// fairAfter steps. That goroutine then goes on until it waits or has had as many steps. The rule
// reads nothing but the trace, so a replay comes to the same decision without a word about it.
//
// The clock is exempt: that time does not pass for a while is no unfairness. The favoured
// goroutine keeps the turn for as many steps as it was passed over, because a single step might
// only be the beginning of its work.
//
// The goroutines are only looked at when one of them may have been passed over for so long. The look that
// finds none notes when that is; classify lowers it for goroutines that become able later, and notes
// since when a goroutine is able.
func (e *Exec) enforceFairness() {
	now := e.taken
	if now < fairAfter {
		return
	}
	if g := e.favoured; g != nil && (now-g.favouredAt > fairAfter || g.class() != moves) {
		e.favoured = nil
	}
	if e.favoured == nil && now > e.fairBefore {
		e.favourStarved(now)
	}
	if e.favoured != nil {
		e.favour = push(e.favour[:0], e.favoured)
		e.enabled = e.favour
	}
}

// Steps take time, too. A goroutine that counts until a timer fires changes something in each round, so it
// is no spinner, and a schedule in which no timer ever fires beside it has no end. So a timer fires at
// the latest when the steps since it was set, and since time passed last, have taken the time that is left
// until it is due. With a lazy clock a step takes as long as it does in a fast program: a test that sleeps
// while others work relies on their work being done. With the other clock, which may fire earlier anyway, a
// step takes ten times as long.
const (
	timeOfStep     = time.Microsecond
	timeOfLazyStep = 100 * time.Nanosecond
	timeCheck      = 1024 // steps between two comparisons, a power of two: comparing looks at all timers
)

// timeIsDue reports whether a timer has to fire now. The answer depends on the trace alone, so a replay needs
// no word for it.
//
// If nothing has changed for half of the steps of a livelock, time passes however far away the timer is: the
// verdict needs that no timer could let a goroutine go on.
func (e *Exec) timeIsDue() bool {
	c := &e.clock
	if c.g == nil || e.bubbles > 0 || !c.open(c.g) {
		return false
	}
	each := timeOfStep
	if e.limits.LazyClock {
		each = timeOfLazyStep
	}
	stuck := e.taken-max(e.progress, c.g.moved) > e.limits.Livelock/2
	for _, t := range c.timers {
		if t.idle() {
			continue
		}
		since := time.Duration(e.taken - max(t.setAt, c.g.moved))
		if stuck || since >= fairAfter && since*each >= t.when-c.now {
			return true
		}
	}
	return false
}

// favourStarved favours the first goroutine that was passed over for too long, if there is one.
func (e *Exec) favourStarved(now int) {
	next := now + fairAfter
	for _, g := range e.movers {
		switch {
		case g == e.clock.g:
		case now-g.ableSince > fairAfter:
			g.favouredAt = now
			e.favoured = g
			return
		default:
			next = min(next, g.ableSince+fairAfter)
		}
	}
	e.fairBefore = next
}

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

// class returns the class of the clock if time is lazy. A timer of a bubble that is due now may
// fire beside other goroutines. Otherwise time passes if all goroutines of all bubbles wait.
func (c *clock) class() class {
	e := c.g.exec
	if e.bubbles == 0 {
		return c.lazyClass()
	}
	for _, t := range c.timers {
		if t.bubble != nil && !t.idle() && t.when <= c.now {
			return moves
		}
	}
	for _, g := range e.gs {
		if g.bubble != nil && g != c.g && !g.isDurablyBlocked() {
			return never
		}
	}
	return passesTime
}

// lazyClass is the class of the clock if time is lazy. A timer that a loop over the clock has left behind is
// due now. The lateness of another timer makes none due.
func (c *clock) lazyClass() class {
	for _, t := range c.timers {
		switch {
		case t.when >= c.now-lateness:
			return passesTime
		case !t.idle():
			return moves
		}
	}
	return passesTime
}

// classOfWait returns the class of a goroutine in AwaitBubble.
func (b *Bubble) classOfWait(g *G) class {
	if b.waits(g) {
		return awaitsBubble
	}
	return never
}

// waits reports whether all goroutines of b wait, except g. Waiting for a lock does not count, as
// the holder may be outside of the bubble, and neither does spinning.
func (b *Bubble) waits(g *G) bool {
	for _, other := range b.exec.gs {
		if other.bubble == b && other != g && other != b.exec.clock.g && !other.isDurablyBlocked() {
			return false
		}
	}
	return true
}

// isDurablyBlocked reports whether only other goroutines of the bubble, or time, can let g go on.
//
// A lock is excluded by its guard, as the standard package excludes mutexes: another bubble may
// hold it.
func (g *G) isDurablyBlocked() bool {
	if g.state == parked || g.state == dead {
		return true
	}
	switch g.Op.guard.(type) {
	case *Mutex, *RWMutex:
		return false
	}
	return g.state == ready && g.class() == never
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
