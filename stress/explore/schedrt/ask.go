package schedrt

// ask asks the strategy which of e.enabled goes. Where only one goroutine can go it does not ask,
// so schedules stay short and depend on real decisions only.
//
// A replay depends on this rule: it answers the same questions in the same order, and one
// question more would shift all that follow.
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

// consult has the strategy answer a question: pick a goroutine if n is 0, choose a number below n
// otherwise. Strategies are ordinary code, so the race detector watches their memory. Under it they
// must run in one goroutine, which is the caller of Play; its answers come over batons.
func (e *Exec) consult(me *G, n int) int {
	if !RaceEnabled || me == nil {
		return e.answer(n)
	}
	e.question, e.asker = n, me
	e.driver.pass()
	me.carrier.baton.await()
	return e.reply
}

// answer asks the strategy. See consult for n.
func (e *Exec) answer(n int) int {
	if n == 0 {
		return e.strategy.Pick(&e.at)
	}
	return e.strategy.Choose(n)
}

// choose resolves a choice that the current step has, and records it in the trace. An answer
// outside the range is of a schedule that does not fit the program any more; it counts as 0.
//
// n of 1 is no question either.
func (e *Exec) choose(me *G, n int) int {
	if n == 1 {
		return 0
	}
	if e.Trace.muted {
		return e.taken % n // each in its turn
	}
	i := e.consult(me, n)
	if i < 0 || i >= n {
		i = 0
	}
	e.Trace.choose(i)
	return i
}

// Choose returns a number below n inside the function of Do: a choice of the schedule.
func Choose(n int) int { return active.choose(active.cur, n) }

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
