package schedrt

import (
	"time"
	"unsafe"
)

// A Bubble is a bubble of package testing/synctest: a goroutine and all that it starts, with a
// clock of their own. It begins at a fixed moment and moves only when every goroutine of the bubble
// waits for another one of the bubble, or for time.
//
// There is one clock. While there is a bubble, time passes for all goroutines as it does in the
// bubble, and bubbles that exist at once wait for each other. A timer that is due at the same moment
// as the last one may fire at any time: goroutines that sleep equally long wake in any order, and
// one need not come to rest before the next wakes.
//
// # What this does not model
//
// A channel from outside of the bubble counts as one of the bubble.
type Bubble struct {
	exec  *Exec
	began time.Duration // on the clock
	live  int           // goroutines that have not ended
	done  bool          // its first goroutine has ended, and time has stopped
	_     byte          // its address orders the goroutines before Wait and the end
}

// bubbleStart is the time at which a bubble begins.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

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
	g := e.begin(OpBubbleWait)
	g.Op.Access = push(g.Op.Access, Access{e.rest.id, Alone})
	e.point(g)
	e.advance(g)
	g.spin.forget()
	raceAcquire(unsafe.Pointer(b))
}

// joined returns b, which has another goroutine now. The methods of a nil Bubble are for goroutines
// and timers in none.
func (b *Bubble) joined() *Bubble {
	if b != nil {
		b.live++
	}
	return b
}

// left says that the running goroutine of b has ended.
func (b *Bubble) left() {
	if b != nil {
		b.release()
		b.live--
	}
}

// release orders what the running goroutine of b did before the next return of AwaitBubble, and
// before the end of the bubble. The standard package does the same when a goroutine waits.
func (b *Bubble) release() {
	if b != nil {
		raceReleaseMerge(unsafe.Pointer(b))
	}
}

// stopped reports whether time has stopped in b.
func (b *Bubble) stopped() bool { return b != nil && b.done }

// time returns the time in b, when the clock is at now.
func (b *Bubble) time(now time.Duration) time.Time {
	if b == nil {
		return startTime.Add(now)
	}
	return bubbleStart.Add(now - b.began)
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

// classOfWait returns the class of a goroutine in AwaitBubble.
func (b *Bubble) classOfWait(g *G) class {
	if b.waits(g) {
		return awaitsBubble
	}
	return never
}
