package schedrt

// There are two ways to hand over. Coroutines take a third of the time, but package iter tells the race
// detector that each switch orders memory, so that no race would ever be seen. Where the detector is
// on, goroutines wait for batons, which are hidden from it. What is played is the same, to the
// last bit.

// hand is the real goroutine behind a G. It is used again by later executions.
type hand struct {
	alive  bool
	retire bool
	baton  baton      // of a goroutine
	co     *coroutine // nil if it is one
}

// transfer lets to run, the driver if it is nil, and returns when from is to run again.
func (e *Exec) transfer(from, to *G) {
	if !e.limits.Goroutines {
		e.to = to
		e.trampoline(from)
		return
	}
	e.start(to)
	if from == nil {
		e.serve()
		return
	}
	from.hand.baton.await()
}

// live plays one controlled goroutine after another. It is over when one of them leaves by Goexit.
func (g *G) live() {
	brand()
	defer func() {
		g.hand.alive = false
		if !g.hand.retire {
			g.leave()
		}
	}()
	for !g.hand.retire {
		g.main()
		g.leave()
		if g.exec.limits.Goroutines {
			g.hand.baton.await()
		}
	}
}

// leave hands over to whoever is next. A coroutine returns from it when it is needed again.
func (g *G) leave() {
	e := g.exec
	to := e.next(g)
	e.cur = to
	if e.limits.Goroutines {
		e.start(to)
		return
	}
	if !g.hand.alive {
		g.hand.co.over = true
	}
	e.to = to
	e.trampoline(g)
}

// Close ends the goroutines that were kept for another Play.
func (e *Exec) Close() {
	if e.closed != nil {
		close(e.closed)
	}
	for _, list := range [...][]*G{e.gs, e.spare} {
		for _, g := range list {
			if g.hand.co != nil {
				g.hand.retire = true
				g.bury()
			} else if g.hand.alive {
				g.hand.retire = true
				g.hand.baton.pass()
			}
		}
	}
}
