package schedrt

import "unsafe"

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
	missed    bool // a signal of the program to itself found no room, see MissSignal
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
//
// Outside of a select, a goroutine waits in one queue, and has left it when it goes on. So each of its
// waits uses the same waiter again, see soleWaiter.
type waiter struct {
	g     *G
	wait  int // the number of the wait; void when g has had another wait since
	index int // of the case of a select
	box   unsafe.Pointer
	ok    bool // it was served; false if a close woke it
	ch    *channel
}

// soleWaiter returns the waiter of g for one channel. The release of an earlier wait at its address is
// replaced, see RaceRelease, so a wait acquires what was released in it.
func (g *G) soleWaiter(c *channel, box unsafe.Pointer) *waiter {
	g.sole = waiter{g: g, wait: g.waits, box: box, ch: c}
	return &g.sole
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
		c.begin(capacity)
	}
	return c
}

// begin makes c a channel that was not used yet. It keeps the memory of the queues.
func (c *channel) begin(capacity int) {
	*c = channel{
		object: c.object, capacity: capacity,
		buffer: c.buffer[:0], senders: c.senders[:0], receivers: c.receivers[:0],
	}
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
	if !RaceEnabled {
		return nil
	}
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

func (errorString) RuntimeError() {}
