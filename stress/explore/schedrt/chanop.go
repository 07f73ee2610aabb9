package schedrt

import "unsafe"

// What an instrumented program does with a channel is one of these. The real channel is closed, too,
// for code that is not under control.

// To is the sending side of a channel: To(ch).Send(v) stands for ch <- v, with the conversions of
// an assignment.
func To[T any](ch chan<- T) Sender[T] { return Sender[T]{ch} }

// A Sender sends to a channel.
type Sender[T any] struct{ ch chan<- T }

// Send is ch <- v.
func (s Sender[T]) Send(v T) {
	if current() == nil {
		s.ch <- v
		return
	}
	b := &boxed[T]{v: v}
	send(*(*unsafe.Pointer)(unsafe.Pointer(&s.ch)), cap(s.ch), unsafe.Pointer(b))
}

// boxed has an address of its own even if T has no size.
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

// fromOutside looks whether code that is not under control has sent to the channel or closed it.
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

// Close is close(ch).
func Close[T any](ch chan<- T) {
	if current() != nil && ch != nil {
		shut(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
	}
	close(ch)
}

// Len is len(ch).
func Len[T any](ch <-chan T) int {
	if current() == nil {
		return len(ch)
	}
	return length(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

// known reports whether the channel was closed or used under control in this execution.
//
//go:norace
func known(address unsafe.Pointer) bool {
	e := active
	s := e.words.find(e.run, address)
	return s.channel != nil && s.channel.object.run == e.run
}

//go:norace
func send(address unsafe.Pointer, capacity int, box unsafe.Pointer) {
	e := active
	g := e.begin(OpSend)
	c := e.announceOn(g, address, capacity)
	if c.canSend() {
		c.send(e, box)
		return
	}
	w := &waiter{g: g, wait: g.waits, box: box, ch: c}
	c.senders = push(c.senders, w)
	c.object.version++
	raceReleaseMerge(box)
	e.park(g)
	if !w.ok {
		panic(errorString("send on closed channel"))
	}
	raceAcquire(unsafe.Pointer(w))
}

// announceOn announces the operation on one channel; on a nil channel it waits for ever.
func (e *Exec) announceOn(g *G, address unsafe.Pointer, capacity int) *channel {
	c := e.channel(address, capacity)
	if c == nil {
		e.park(g)
	}
	g.on(&c.object, Write)
	e.point(g)
	return c
}

//go:norace
func receive(address unsafe.Pointer, capacity int) unsafe.Pointer {
	e := active
	g := e.begin(OpReceive)
	c := e.announceOn(g, address, capacity)
	if c.canReceive() {
		return c.receive(e)
	}
	w := &waiter{g: g, wait: g.waits, ch: c}
	c.receivers = push(c.receivers, w)
	c.object.version++
	raceRelease(unsafe.Pointer(w))
	g.box = nil
	e.park(g)
	return g.received(w)
}

// received returns what a receiver that waited was handed.
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

//go:norace
func shut(address unsafe.Pointer, capacity int) {
	e := active
	g := e.begin(OpClose)
	e.announceOn(g, address, capacity).close(e)
}

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

// RangeChannel is range ch.
func RangeChannel[T any](ch <-chan T) *ChannelRange[T] { return &ChannelRange[T]{ch: ch} }

// A ChannelRange goes through the values of a channel.
type ChannelRange[T any] struct {
	ch <-chan T
	v  T
}

// Next receives and reports whether there was anything.
func (r *ChannelRange[T]) Next() (ok bool) {
	r.v, ok = Recv2(r.ch)
	return ok
}

// Value is what Next received.
func (r *ChannelRange[T]) Value() T { return r.v }
