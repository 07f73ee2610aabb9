package schedrt

import "unsafe"

// InBubble reports whether the running goroutine is in a bubble. Call it under control only.
func InBubble() bool { return active.cur.bubble != nil }

// RunInBubble calls f in a goroutine of a new bubble, and returns when all goroutines of the bubble
// have ended. If they never do, that is a deadlock. Call it under control only.
//
// The goroutine that calls is outside of the bubble and waits in an operation with a guard. Its
// access has the mode Alone, because it can go on only when every goroutine of the bubble has
// ended.
func RunInBubble(f func()) {
	e := active
	if e.cur.bubble != nil {
		panic("synctest.Run called from within a synctest bubble")
	}
	g := e.begin(OpBubble)
	b := &Bubble{exec: e, began: e.theClock().now}
	e.bubbles++
	g.bubble = b // for spawn
	e.spawn(func() {
		defer b.end()
		f()
	})
	g.bubble = nil
	g.Op.guard = b
	g.Op.Access = push(g.Op.Access, Access{e.rest.id, Alone})
	e.point(g)
	e.bubbles--
	raceAcquire(unsafe.Pointer(b))
}

// end says that the first goroutine of b is about to end.
func (b *Bubble) end() { b.done = true }

// open is the guard of RunInBubble.
func (b *Bubble) open(*G) bool { return b.live == 0 }

// AwaitBubble is synctest.Wait. Call it under control only.
//
// Two waits at once panic as in the standard library, whose message is repeated here.
func AwaitBubble() {
	e := active
	b := e.cur.bubble
	if b == nil {
		panic("goroutine is not in a bubble")
	}
	for _, g := range e.gs {
		if g.bubble == b && g.state == ready && g.Op.Kind == OpBubbleWait {
			panic("wait already in progress")
		}
	}
	e.restAsked = true
	g := e.begin(OpBubbleWait)
	g.Op.Access = push(g.Op.Access, Access{e.rest.id, Alone})
	e.point(g)
	e.advance(g)
	g.spin.forget()
	raceAcquire(unsafe.Pointer(b))
}
