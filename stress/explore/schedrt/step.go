package schedrt

import "unsafe"

// A Touch is an object of Do and what is done with it.
type Touch struct {
	Object *Object
	Mode   Mode
}

// Do performs f as one operation on some objects. A look-alike is made of it whose real one has
// more operations inside, which nobody can tell apart. If f returns false, it only looked.
func Do(kind Kind, f func() (changed bool), touches ...Touch) {
	e := active
	g := e.begin(kind)
	for _, t := range touches {
		e.number(t.Object)
		g.on(t.Object, t.Mode)
	}
	e.point(g)
	if !f() {
		e.Trace.weaken()
		return
	}
	for _, t := range touches {
		e.changed(g, t.Object)
	}
}

// Choose returns a number below n, in a Do: a choice of the schedule.
func Choose(n int) int { return active.choose(active.cur, n) }

// ChannelObject returns the object that a channel is, to be called under control only.
func ChannelObject[T any](ch <-chan T) *Object {
	return object(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

//go:norace
func object(address unsafe.Pointer, capacity int) *Object {
	return &active.channel(address, capacity).object
}

// CloseInStep closes the channel, in a Do that touches it.
func CloseInStep[T any](ch chan T) {
	shutNow(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
	close(ch)
}

//go:norace
func shutNow(address unsafe.Pointer, capacity int) { active.channel(address, capacity).close(active) }

// ChannelClosed is an operation that asks whether the channel is closed, and reports whether it is.
func ChannelClosed[T any](ch <-chan T) bool {
	return isClosed(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

//go:norace
func isClosed(address unsafe.Pointer, capacity int) bool {
	e := active
	g := e.begin(OpIsClosed)
	c := e.channel(address, capacity)
	g.on(&c.object, Read)
	e.look(g, &c.object)
	e.point(g)
	if c.closed {
		raceAcquire(unsafe.Pointer(c))
	}
	return c.closed
}
