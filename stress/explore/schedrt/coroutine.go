package schedrt

import "iter"

// A coroutine can be resumed by anybody but yields to whoever resumed it. Those that have resumed one
// another form a stack, at the bottom of which is the driver. Who wants to hand over to somebody
// outside it resumes that one; for somebody further down it yields, and those between do so, too. With
// the few goroutines of most programs that is one switch, and not the two that a driver in the
// middle would take.
type coroutine struct {
	next  func() (struct{}, bool) // lets it run until it yields
	yield func(struct{}) bool
	on    bool // it is in the stack
	over  bool // it is to run once more, to its end
}

// trampoline returns when e.to is from, or when the coroutine of from is to end.
func (e *Exec) trampoline(from *G) {
	var co *coroutine // the driver has none, and never yields
	if from != nil {
		co = from.hand.co
	}
	for e.to != from {
		if to := e.to; to != nil && (to.hand.co == nil || !to.hand.co.on) {
			to.enter()
			continue
		}
		co.on = false
		co.yield(struct{}{})
		if co.over {
			return
		}
	}
}

// enter resumes a coroutine, which it makes if there is none yet, and returns when that yields.
func (g *G) enter() {
	if !g.hand.alive {
		g.bury()
		co := &coroutine{}
		co.next, _ = iter.Pull(func(yield func(struct{}) bool) {
			co.yield = yield
			g.live()
		})
		g.hand.co, g.hand.alive = co, true
	}
	g.hand.co.on = true
	g.hand.co.next()
}

// bury ends a coroutine that waits. If it has left by Goexit, package iter passes that on to whoever
// resumes it: to somebody who has nothing else to do.
func (g *G) bury() {
	if co := g.hand.co; co != nil {
		co.over = true
		g.hand.co = nil
		go co.next()
	}
}
