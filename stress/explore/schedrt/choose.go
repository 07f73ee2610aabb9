package schedrt

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
		e.clock.fire(e, me)
		if e.finished {
			e.daemons.rounds++
		}
	}
}

// pick has the strategy choose among the goroutines whose operation is possible. If there are none,
// whoever waits for just that is next, and then those that spin.
func (e *Exec) pick(me *G) *G {
	switch {
	case e.Outcome.Kind != Passed, e.over:
		return nil
	case len(e.Trace.Steps) >= e.limits.Steps:
		e.Outcome = Outcome{Kind: Endless}
		return nil
	case len(e.Trace.Steps)-e.progress > e.limits.Livelock:
		e.Outcome = Outcome{Kind: Livelock}
		return nil
	}
	if e.finished {
		e.age()
	}
	e.settling = e.anySettles()
	for _, class := range [...]class{moves, restless, passes, settles, spins} {
		e.enabled = e.enabled[:0]
		for _, g := range e.gs {
			if g.class() == class {
				e.enabled = push(e.enabled, g)
			}
		}
		if class == moves {
			e.befair()
		}
		if len(e.enabled) > 0 {
			switch class {
			case settles:
				e.enabled = push(e.enabled[:0], e.settle(e.enabled))
			case spins:
				e.enabled = push(e.enabled[:0], longestAgo(e.enabled))
			}
			return e.ask(me)
		}
	}
	e.atRest()
	return nil
}

func (e *Exec) anySettles() bool {
	for _, g := range e.gs {
		if g.state == ready && g.Op.Kind == OpAwaitRest {
			return true
		}
	}
	return false
}

// longestAgo returns the one that has not moved for the longest time. When all spin, in which order they
// look is no choice: what they see is the same, and there would be no end of orders.
func longestAgo(gs []*G) *G {
	first := gs[0]
	for _, g := range gs {
		if g.moved < first.moved {
			first = g
		}
	}
	return first
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
	if !RaceEnabled || me == nil {
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

// choose resolves a choice that a step has. A step has at most one.
func (e *Exec) choose(me *G, n int) int {
	if n == 1 {
		return 0
	}
	i := e.consult(me, n)
	if i < 0 || i >= n { // a stale schedule
		i = 0
	}
	e.Trace.choose(i)
	return i
}

// atRest says how it ended, as nothing can move any more, or nothing but time.
func (e *Exec) atRest() {
	e.clock.wait()
	for _, g := range e.gs {
		if g.state == dead || g == e.clock.g || e.finished && g.timed && !e.limits.NoDaemons {
			continue
		}
		e.Outcome.Kind = Leak
		if !e.finished {
			e.Outcome.Kind = Deadlock
		}
		return
	}
}
