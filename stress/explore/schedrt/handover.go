package schedrt

import "iter"

// There are two ways to hand the turn over. Coroutines take a third of the time, but package iter
// tells the race detector that each switch orders memory, so the detector would see no race at all.
// Under the detector, goroutines therefore wait for batons, which can be hidden from it. Both ways
// play the same steps: a schedule that was found with one replays with the other.

// A carrier is the real goroutine that runs the code of a G. Later executions use it again:
// starting a goroutine takes longer than a whole step.
type carrier struct {
	alive  bool       // it runs G.live
	retire bool       // it is to return at once
	baton  baton      // if it is a goroutine
	co     *coroutine // if it is a coroutine
}

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

// A baton is a channel on which a goroutine waits for its turn. Passing it must not order memory
// for the race detector, hence RaceDisable around both ends. Its buffer lets the goroutine that
// passes the baton go on to wait for its own.
type baton chan struct{}

func newBaton() baton { return make(baton, 1) }

// pass lets the goroutine that waits for b go on. It does not wait: the buffer takes the baton.
func (b baton) pass() {
	raceDisable()
	b <- struct{}{}
	raceEnable()
}

// await returns when b has been passed.
func (b baton) await() {
	raceDisable()
	<-b
	raceEnable()
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

// A coroutine yields to the goroutine that resumed it, whichever that was. Coroutines that have
// resumed one another form a stack, with the driver at the bottom. To give the turn to a coroutine
// outside the stack, the top resumes it. To give the turn to one further down, the top yields, and
// so do those between. With the few goroutines of most programs that is one switch; a driver in the
// middle would always take two. With thousands of goroutines the stack would become so high that nearly
// all of the time goes into yields. So it has at most mostNested: at that height, the top yields, and the
// coroutine below it resumes the coroutine that has the turn. That takes two switches.
type coroutine struct {
	next    func() (struct{}, bool) // resumes it, until it yields
	yield   func(struct{}) bool
	onStack bool
	over    bool // when resumed once more it returns
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
