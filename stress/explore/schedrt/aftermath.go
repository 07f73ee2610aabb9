package schedrt

// When the program has returned, goroutines may be left that wait for timers. Time then passes in
// two stages. In the first one the strategy decides, as before the return. It ends when nothing but
// timers can go on, and maxFirings of them fired without a goroutine or timer coming to its end. In
// the second one, the aftermath, the rest is played in one order only, and is not recorded: the
// strategies would otherwise explore every order of every tick.

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
)

// countRemaining is called before each step after the program has returned.
func (e *Exec) countRemaining() {
	left := len(e.clock.timers)
	for _, g := range e.gs {
		if g.state != dead && g != e.clock.g {
			left++
		}
	}
	if d := &e.daemons; d.fewest == 0 || left < d.fewest {
		*d = daemons{fewest: left}
	}
}

// stopped reports whether the first stage is over.
func (d *daemons) stopped() bool { return d.firings >= maxFirings }

// An aftermath is the second stage.
type aftermath struct {
	began   bool
	steps   int // steps in it
	changed int // the last of these that changed something that other goroutines can see
}

// beginAftermath begins the second stage if the first is over and a timer is left. It reports
// whether it did.
func (e *Exec) beginAftermath() bool {
	if !e.finished || !e.daemons.stopped() || !e.clock.live() {
		return false
	}
	e.aftermath.began, e.Trace.muted = true, true
	return true
}

// note notes that a step of g changed o. Locks, timers and ticks do not count: a daemon that takes
// a lock at each tick comes back to the state in which it was.
func (a *aftermath) note(g *G, o *Object) {
	if !a.began || o.ticks {
		return
	}
	switch g.Op.Kind {
	case OpLock, OpTryLock, OpUnlock, OpRLock, OpTryRLock, OpRUnlock, OpAnnounce, OpFire:
		return
	}
	a.changed = a.steps
}

// playAftermath returns the goroutine that goes next in the second stage. Goroutines take turns,
// and time passes when none can move. It returns nil when the end is known.
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
			a.steps++
			return e.clock.g
		}
		e.enabled = e.enabled[:0]
		for _, g := range e.gs {
			if g != e.clock.g && g.class() == class {
				e.enabled = push(e.enabled, g)
			}
		}
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
// on. If they have changed nothing for all that time, the others are leaked. If they have changed
// something, the execution has no end that is known.
func (e *Exec) endsAftermath() bool {
	d, a := &e.daemons, &e.aftermath
	if d.firings < daemonFirings {
		return false
	}
	most := e.limits.Steps / 10
	waiting := e.waitsBesideDaemons()
	switch {
	case !waiting:
		e.endAtRest()
	case d.firings < most && a.steps < e.limits.Steps:
		return false
	case a.steps-a.changed < a.steps/2:
		e.Outcome = Outcome{Kind: Endless}
	default:
		e.endAtRest()
	}
	return true
}

// waitsBesideDaemons reports whether a goroutine is left that no timer would wake.
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
