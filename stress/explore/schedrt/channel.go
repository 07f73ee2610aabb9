package schedrt

import (
	"reflect"
	"unsafe"
)

// To is the sending side of a channel: To(ch).Send(v) stands for ch <- v. The method converts v to
// the element type by the rules of an assignment, which a function with two arguments would not.
func To[T any](ch chan<- T) Sender[T] { return Sender[T]{ch} }

// A Sender sends to a channel.
type Sender[T any] struct{ ch chan<- T }

// Send is ch <- v. It panics if the channel is closed, and never returns if it is nil.
//
// The type of the box is made here, in the package of the caller; the model only sees its
// address. See the fourth rule of the package doc.
func (s Sender[T]) Send(v T) {
	if current() == nil {
		s.ch <- v
		return
	}
	b := &boxed[T]{v: v}
	send(*(*unsafe.Pointer)(unsafe.Pointer(&s.ch)), cap(s.ch), unsafe.Pointer(b))
}

// boxed is a value on its way. The extra byte gives it an address of its own even if T has no size.
type boxed[T any] struct {
	v T
	_ byte
}

// Recv is <-ch.
func Recv[T any](ch <-chan T) T {
	v, _ := Recv2(ch)
	return v
}

// Recv2 is v, ok := <-ch.
func Recv2[T any](ch <-chan T) (v T, ok bool) {
	if current() == nil {
		v, ok = <-ch
		return v, ok
	}
	if v, ok, foreign := fromOutside(ch); foreign {
		return v, ok
	}
	b := (*boxed[T])(receive(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch)))
	if b == nil {
		return v, false
	}
	return b.v, true
}

// fromOutside receives from the real channel if code outside of control has sent to it or closed
// it. A channel that was used under control in this execution is not asked.
//
// A value that code outside of control sends arrives at a moment that no schedule decides. It is
// taken only from channels that the program did not use before, such as one made by a package
// variable.
func fromOutside[T any](ch <-chan T) (v T, ok, foreign bool) {
	if ch == nil || known(*(*unsafe.Pointer)(unsafe.Pointer(&ch))) {
		return v, false, false
	}
	select {
	case v, ok = <-ch:
		return v, ok, true
	default:
		return v, false, false
	}
}

// Close is close(ch). It closes the real channel, too: code outside of control may wait for it. It
// panics if the channel is closed or nil.
//
// The model is closed first, in a step. The real close cannot wait, so it needs no step of its
// own.
func Close[T any](ch chan<- T) {
	if current() != nil && ch != nil {
		shut(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
	}
	close(ch)
}

// Len is len(ch), an operation of its own: it tells what other goroutines did.
func Len[T any](ch <-chan T) int {
	if current() == nil {
		return len(ch)
	}
	return length(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

// LenOf is Len for a channel that only sends, and for a type parameter whose types are channels of any
// direction. No parameter type takes all of these, so the type is free, and package reflect knows the
// capacity.
func LenOf[C any](ch C) int {
	v := reflect.ValueOf(ch)
	if current() == nil {
		return v.Len()
	}
	return length(v.UnsafePointer(), v.Cap())
}

// known reports whether the channel was used under control in this execution.
//
//go:norace
func known(address unsafe.Pointer) bool {
	e := active
	s := e.words.find(e.run, address)
	return s.channel != nil && s.channel.object.run == e.run
}

// send is the part of Send without a type parameter. It is compiled in this package, without the
// race detector.
//
//go:norace
func send(address unsafe.Pointer, capacity int, box unsafe.Pointer) {
	e := active
	g := e.begin(OpSend)
	c := e.announceOn(g, address, capacity)
	if c.canSend() {
		c.send(e, box)
		return
	}
	w := g.soleWaiter(c, box)
	c.senders = push(c.senders, w)
	c.object.bump()
	raceReleaseMerge(box)
	e.park(g)
	if !w.ok {
		panic(errorString("send on closed channel"))
	}
	raceAcquire(unsafe.Pointer(w))
}

// announceOn announces an operation on one channel and stops before it. On a nil channel it never
// returns.
func (e *Exec) announceOn(g *G, address unsafe.Pointer, capacity int) *channel {
	c := e.channel(address, capacity)
	if c == nil {
		e.park(g)
	}
	g.on(&c.object, Write)
	e.point(g)
	return c
}

// receive returns the box of a value, nil if the channel is closed and empty. It does not return
// the value: its type is known to the caller only.
//
//go:norace
func receive(address unsafe.Pointer, capacity int) unsafe.Pointer {
	e := active
	g := e.begin(OpReceive)
	c := e.announceOn(g, address, capacity)
	if c.canReceive() {
		return c.receive(e)
	}
	w := g.soleWaiter(c, nil)
	c.receivers = push(c.receivers, w)
	c.object.bump()
	raceRelease(unsafe.Pointer(w))
	g.box = nil
	e.park(g)
	return g.received(w)
}

// received returns the box that a waiting receiver was given, nil if the channel was closed.
func (g *G) received(w *waiter) unsafe.Pointer {
	box := g.box
	g.box = nil
	if box == nil {
		raceAcquire(unsafe.Pointer(w.ch))
		return nil
	}
	raceAcquire(box)
	return box
}

// shut is Close for the model alone.
//
//go:norace
func shut(address unsafe.Pointer, capacity int) {
	e := active
	g := e.begin(OpClose)
	e.announceOn(g, address, capacity).close(e)
}

// length looks at the channel, so a loop that polls len spins. The channel of a timer shows no
// buffer since Go 1.23.
//
//go:norace
func length(address unsafe.Pointer, capacity int) int {
	if address == nil {
		return 0
	}
	e := active
	g := e.begin(OpLen)
	c := e.channel(address, capacity)
	g.on(&c.object, Read)
	e.look(g, &c.object)
	e.point(g)
	if c.timer {
		return 0
	}
	return len(c.buffer)
}

// RangeChannel is range ch: for r := RangeChannel(ch); r.Next(); { … r.Value() … }.
func RangeChannel[T any](ch <-chan T) *ChannelRange[T] { return &ChannelRange[T]{ch: ch} }

// A ChannelRange receives the values of a channel. Use it in one goroutine.
type ChannelRange[T any] struct {
	ch <-chan T
	v  T
}

// Next receives, and returns false when the channel is closed and empty.
func (r *ChannelRange[T]) Next() (ok bool) {
	r.v, ok = Recv2(r.ch)
	return ok
}

// Value returns the value that Next received.
func (r *ChannelRange[T]) Value() T { return r.v }

// RangeChannelInto is range ch before Go 1.22, where all rounds of a loop share one variable: the
// second result.
func RangeChannelInto[T any](ch <-chan T) (r *ChannelRange[T], v T) { return RangeChannel(ch), v }

// NextInto receives into v. It returns false, and leaves v alone, when the channel is closed and
// empty.
func (r *ChannelRange[T]) NextInto(v *T) bool {
	if !r.Next() {
		return false
	}
	*v = r.v
	return true
}

// ChannelObject returns the object of a channel, for Do. Call it under control only.
func ChannelObject[T any](ch <-chan T) *Object {
	return channelObject(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

//go:norace
func channelObject(address unsafe.Pointer, capacity int) *Object {
	return &active.channel(address, capacity).object
}

// CloseInStep is close(ch) inside the function of Do, which has to touch the channel.
func CloseInStep[T any](ch chan T) {
	closeInStep(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
	close(ch)
}

//go:norace
func closeInStep(address unsafe.Pointer, capacity int) {
	active.channel(address, capacity).close(active)
}

// ChannelClosed is an operation that reports whether a channel is closed. Call it under control
// only. A true result orders the close before it.
func ChannelClosed[T any](ch <-chan T) bool {
	return channelClosed(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

//go:norace
func channelClosed(address unsafe.Pointer, capacity int) bool {
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

// MarkSignals says that signals would come on a channel. Under control none comes from outside.
func MarkSignals[T any](ch chan<- T) {
	markSignals(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

// MarkClosedBySignal says that a signal would have the channel closed.
func MarkClosedBySignal(ch <-chan struct{}) {
	markSignals(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

//go:norace
func markSignals(address unsafe.Pointer, capacity int) {
	if c := active.channel(address, capacity); c != nil {
		active.signals = push(active.signals, c)
	}
}

// MissSignal says that the program sent itself a signal that the channel had no room for. If the program
// now waits there for ever, it waits for its own signal, and this is a deadlock like any other.
func MissSignal[T any](ch chan<- T) { missSignal(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch)) }

//go:norace
func missSignal(address unsafe.Pointer, capacity int) {
	if c := active.channel(address, capacity); c != nil {
		c.missed = true
	}
}

// awaitsSignal reports whether g waits for a signal.
//
// Such a goroutine is no leak and no proof of a deadlock: a signal could come, and the engine
// cannot send one.
func (e *Exec) awaitsSignal(g *G) bool {
	for _, c := range e.signals {
		if c.missed && !e.finished {
			continue
		}
		for _, w := range c.receivers {
			if w.g == g && w.valid() {
				return true
			}
		}
	}
	return false
}
