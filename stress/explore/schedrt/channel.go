package schedrt

import "unsafe"

// A channel is the model of a channel, found by the address of the real one, which only lends its
// identity and its capacity. Values travel as pointers to a box of their own.
//
// The rules are those of the Go runtime: who waits first is served first, a sender hands over to a
// waiting receiver directly, and a receiver moves a waiting sender's value into the buffer.
type channel struct {
	object    Object
	capacity  int
	buffer    []unsafe.Pointer // oldest first
	closed    bool
	timer     bool // of a timer: its buffer does not show
	senders   []*waiter
	receivers []*waiter
	places    []byte // their addresses order the k'th receive before the send k+capacity
	sent, got int
}

// A waiter is a goroutine in a queue. Who waits in a select is in several.
type waiter struct {
	g     *G
	wait  int // it is void when g has had another wait since
	index int // of the case of a select
	box   unsafe.Pointer
	ok    bool // it was served, and not woken by close
	ch    *channel
}

func (w *waiter) valid() bool { return w.g.waits == w.wait && w.g.state == parked }

// channel returns the model of the channel at an address, nil for nil.
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
func first(queue *[]*waiter) *waiter {
	for len(*queue) > 0 {
		if w := (*queue)[0]; w.valid() {
			return w
		}
		*queue, _ = shift(*queue)
	}
	return nil
}

func (c *channel) canSend() bool {
	return c.closed || len(c.buffer) < c.capacity || first(&c.receivers) != nil
}

func (c *channel) canReceive() bool {
	return len(c.buffer) > 0 || c.closed || first(&c.senders) != nil
}

// send puts a value into the buffer or into the hands of a receiver.
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

func (c *channel) put(box unsafe.Pointer) {
	c.buffer = push(c.buffer, box)
	raceAcquire(c.place(c.sent))
	c.sent++
}

// place returns what stands for a place in the buffer.
func (c *channel) place(i int) unsafe.Pointer {
	if c.places == nil {
		c.places = make([]byte, c.capacity)
	}
	return unsafe.Pointer(&c.places[i%c.capacity])
}

// receive takes a value out of the buffer or from a sender. The box is nil if the channel is closed.
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
		raceRelease(unsafe.Pointer(w)) // the receive is before the send that it makes room for
		w.serve(e, nil, true)
	}
	return box
}

// close wakes everybody.
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

// serve ends the wait. In a select it leaves other queues, which is observable there.
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

// errorString is like that of package runtime: an error that says so.
type errorString string

func (s errorString) Error() string { return string(s) }
func (errorString) RuntimeError()   {}
