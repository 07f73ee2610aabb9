package schedrt

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

// start passes the baton to a goroutine, which it makes if there is none yet.
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
