package schedrt

import (
	"reflect"
	"unsafe"
)

// A channel is the model of a channel. It is found by the address of the real channel, which only
// lends its identity and its capacity: values travel in the model, each in a box of its own.
//
// The rules are the rules of the Go runtime. Waiters are served in the order in which they came. A
// sender gives its value to a waiting receiver directly. A receiver of a full buffer takes the
// oldest value, and moves the value of the first waiting sender into the buffer.
//
// Three addresses state the edges of the Go memory model for the race detector. The box: a send
// happens before the receive of its value. The place in the buffer: the k'th receive from a channel
// with capacity C happens before the send k+C completes. The waiter: a receive from a channel
// without buffer happens before the send completes. For a close it is the channel itself.
//
// Slices of pointers grow by push and not by append, whose copy the detector would watch.
type channel struct {
	object    Object
	capacity  int
	buffer    []unsafe.Pointer // oldest first
	closed    bool
	timer     bool // of a timer: len and cap show no buffer
	senders   []*waiter
	receivers []*waiter
	places    []byte // whose addresses stand for places in the buffer
	sent, got int    // values that passed through the buffer
}

// A waiter is a goroutine in a queue of a channel. In a select a goroutine is in several queues at
// once: the first waiter that is served makes the others void, and the queues drop void waiters
// lazily.
//
// A waiter is not removed from the other queues when one serves it. Removing would touch
// channels that the serving goroutine does not know, in the middle of its step.
type waiter struct {
	g     *G
	wait  int // the number of the wait; void when g has had another wait since
	index int // of the case of a select
	box   unsafe.Pointer
	ok    bool // it was served; false if a close woke it
	ch    *channel
}

// valid reports whether the goroutine still waits in this wait. Both conditions are needed: a
// goroutine that was woken has the next number only from its next wait on.
func (w *waiter) valid() bool { return w.g.waits == w.wait && w.g.state == parked }

// channel returns the model of the channel at an address, nil for nil.
//
// The model is made at the first use in an execution. The capacity is asked of the real channel,
// which never changes it.
func (e *Exec) channel(address unsafe.Pointer, capacity int) *channel {
	if address == nil {
		return nil
	}
	s := e.words.find(e.run, address)
	if s.channel == nil {
		s.channel = &channel{}
	}
	c := s.channel
	if e.number(&c.object) {
		*c = channel{object: c.object, capacity: capacity}
	}
	return c
}

// first returns the first waiter of a queue that is still waiting.
//
// Looking drops void waiters. That is a change of memory and none of the state, so a guard may
// do it.
func first(queue *[]*waiter) *waiter {
	for len(*queue) > 0 {
		if w := (*queue)[0]; w.valid() {
			return w
		}
		*queue, _ = shift(*queue)
	}
	return nil
}

// canSend reports whether a send would not wait. On a closed channel it panics, which is not
// waiting.
func (c *channel) canSend() bool {
	return c.closed || len(c.buffer) < c.capacity || first(&c.receivers) != nil
}

// canReceive reports whether a receive would not wait.
func (c *channel) canReceive() bool {
	return len(c.buffer) > 0 || c.closed || first(&c.senders) != nil
}

// send gives a value to a waiting receiver or puts it into the buffer. The caller has checked
// canSend.
//
// A value goes directly to a receiver only if the buffer is empty, which follows from the
// receiver's waiting. So values never overtake each other.
func (c *channel) send(e *Exec, box unsafe.Pointer) {
	if c.closed {
		panic(errorString("send on closed channel"))
	}
	e.changed(e.cur, &c.object)
	raceReleaseMerge(box)
	if w := first(&c.receivers); w != nil {
		c.receivers, _ = shift(c.receivers)
		raceAcquire(unsafe.Pointer(w))
		w.serve(e, box, true)
		return
	}
	c.put(box)
}

// put adds a value to the buffer. Its place was freed by the receive of an earlier value, which
// happens before the end of this send: hence the acquire. A place that was never used has nothing
// to acquire.
func (c *channel) put(box unsafe.Pointer) {
	c.buffer = push(c.buffer, box)
	raceAcquire(c.place(c.sent))
	c.sent++
}

// place returns the address that stands for the place of the i'th value in the buffer.
//
// Places are reused in turn, and several receivers release one place. So the releases are merged
// and not replaced; see the package doc.
func (c *channel) place(i int) unsafe.Pointer {
	if c.places == nil {
		c.places = make([]byte, c.capacity)
	}
	return unsafe.Pointer(&c.places[i%c.capacity])
}

// receive takes a value out of the buffer or from a waiting sender. It returns nil if the channel
// is closed and empty. The caller has checked canReceive.
//
// From a channel without buffer the value is in the hand of a waiting sender. With a buffer, the
// oldest value leaves and the first sender moves up, in one step: no state in between can be
// seen.
func (c *channel) receive(e *Exec) unsafe.Pointer {
	e.changed(e.cur, &c.object)
	if len(c.buffer) == 0 {
		w := first(&c.senders)
		if w == nil {
			raceAcquire(unsafe.Pointer(c))
			return nil // closed
		}
		c.senders, _ = shift(c.senders)
		raceAcquire(w.box)
		raceRelease(unsafe.Pointer(w))
		w.serve(e, nil, true)
		return w.box
	}
	var box unsafe.Pointer
	c.buffer, box = shift(c.buffer)
	raceAcquire(box)
	raceReleaseMerge(c.place(c.got))
	c.got++
	if w := first(&c.senders); w != nil {
		c.senders, _ = shift(c.senders)
		c.put(w.box)
		raceRelease(unsafe.Pointer(w)) // this receive happens before the send that it makes room for
		w.serve(e, nil, true)
	}
	return box
}

// close wakes all waiters. Waiting senders then panic.
//
// The release comes before the waiters are woken: each of them acquires the channel and sees
// what was before the close.
func (c *channel) close(e *Exec) {
	if c.closed {
		panic(errorString("close of closed channel"))
	}
	c.closed = true
	e.changed(e.cur, &c.object)
	raceReleaseMerge(unsafe.Pointer(c))
	for _, queue := range [...]*[]*waiter{&c.receivers, &c.senders} {
		for w := first(queue); w != nil; w = first(queue) {
			*queue, _ = shift(*queue)
			w.serve(e, nil, false)
		}
	}
}

// serve ends the wait of a goroutine. A goroutine in a select also leaves the queues of its other
// channels. Operations on those can tell, so the step writes them, too.
//
// Another goroutine can tell by len or by a select that the queue became shorter. So a step that
// serves a select depends on steps on all of its channels.
func (w *waiter) serve(e *Exec, box unsafe.Pointer, ok bool) {
	for _, a := range w.g.Op.Access {
		if a.Object != w.ch.object.id {
			e.Trace.touchID(a.Object, Write)
		}
	}
	w.ok = ok
	w.g.fired = w
	if box != nil {
		w.g.box = box
	}
	e.wake(w.g)
}

// errorString is a runtime.Error, like the errors of the Go runtime for misused channels.
type errorString string

func (s errorString) Error() string { return string(s) }
func (errorString) RuntimeError()   {}

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
	w := &waiter{g: g, wait: g.waits, box: box, ch: c}
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
	w := &waiter{g: g, wait: g.waits, ch: c}
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

// MarkSignals says that signals would come on a channel. None does under control.
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

// awaitsSignal reports whether g waits for a signal.
//
// Such a goroutine is no leak and no proof of a deadlock: a signal could come, and the engine
// cannot send one.
func (e *Exec) awaitsSignal(g *G) bool {
	for _, c := range e.signals {
		for _, w := range c.receivers {
			if w.g == g && w.valid() {
				return true
			}
		}
	}
	return false
}
