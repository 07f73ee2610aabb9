package sched

// A baton is what a goroutine waits for while another one runs. Passing it must not order memory for
// the race detector, or no race would ever be seen.
type baton chan struct{}

func newBaton() baton { return make(baton, 1) }

func (b baton) pass() {
	raceDisable()
	b <- struct{}{}
	raceEnable()
}

func (b baton) await() {
	raceDisable()
	<-b
	raceEnable()
}

// hand is the real goroutine behind a G. It is used again by later executions.
type hand struct {
	baton  baton
	alive  bool
	retire bool
}

// transfer lets to run, the driver if it is nil, and returns when from is to run again.
func (e *Exec) transfer(from, to *G) {
	e.start(to)
	if from == nil {
		e.serve()
		return
	}
	from.hand.baton.await()
}

// serve answers questions for the strategy until it is the driver's turn.
func (e *Exec) serve() {
	for {
		e.driver.await()
		asker := e.asker
		if asker == nil {
			return
		}
		e.asker = nil
		e.reply = e.answer(e.question)
		asker.hand.baton.pass()
	}
}

func (e *Exec) start(to *G) {
	switch {
	case to == nil:
		e.driver.pass()
	case to.hand.alive:
		to.hand.baton.pass()
	default:
		if to.hand.baton == nil {
			to.hand.baton = newBaton()
		}
		to.hand.alive = true
		raceDisable() // who starts it need not be who said go
		go to.live()
		raceEnable()
	}
}

// live plays one controlled goroutine after another. It is over when one of them leaves by Goexit.
func (g *G) live() {
	defer func() {
		g.hand.alive = false
		if !g.hand.retire {
			g.leave()
		}
	}()
	for !g.hand.retire {
		g.main()
		g.leave()
		g.hand.baton.await()
	}
}

// leave hands over to whoever is next.
func (g *G) leave() {
	e := g.exec
	to := e.next(g)
	e.cur = to
	e.start(to)
}

// Close ends the goroutines that were kept for another Play.
func (e *Exec) Close() {
	if e.closed != nil {
		close(e.closed)
	}
	for _, list := range [...][]*G{e.gs, e.spare} {
		for _, g := range list {
			if g.hand.alive {
				g.hand.retire = true
				g.hand.baton.pass()
			}
		}
	}
}
