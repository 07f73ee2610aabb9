package schedrt

import (
	"reflect"
	"unsafe"
)

// A Case is a communication of a select.
type Case interface {
	end() *caseEnd
	outside() reflect.SelectCase
	took(v reflect.Value, ok bool)
	look() (early bool)
}

type caseEnd struct {
	address  unsafe.Pointer
	capacity int
	box      unsafe.Pointer // to send
	sends    bool
	ch       *channel
	result   unsafe.Pointer // received
}

// A Receiving is a receive in a select.
type Receiving[T any] struct {
	caseEnd
	ch    <-chan T
	v     T
	ok    bool
	early bool // it was received from outside
}

// From is the case <-ch.
func From[T any](ch <-chan T) *Receiving[T] {
	return &Receiving[T]{ch: ch, caseEnd: caseEnd{
		address: *(*unsafe.Pointer)(unsafe.Pointer(&ch)), capacity: cap(ch),
	}}
}

func (c *Receiving[T]) end() *caseEnd { return &c.caseEnd }

// Value is what was received.
func (c *Receiving[T]) Value() T {
	v, _ := c.Value2()
	return v
}

// Value2 is what was received, and whether anything was.
func (c *Receiving[T]) Value2() (T, bool) {
	if b := (*boxed[T])(c.result); b != nil {
		return b.v, true
	}
	return c.v, c.ok
}

func (c *Receiving[T]) look() bool {
	c.v, c.ok, c.early = fromOutside(c.ch)
	return c.early
}

func (c *Receiving[T]) outside() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c.ch)}
}

func (c *Receiving[T]) took(v reflect.Value, ok bool) {
	c.ok = ok
	c.v, _ = v.Interface().(T) // the zero value of an interface type is none
}

// A Sending is a send in a select.
type Sending[T any] struct {
	caseEnd
	ch chan<- T
	v  T
}

// Case is the case ch <- v.
func (s Sender[T]) Case(v T) *Sending[T] {
	c := &Sending[T]{ch: s.ch, v: v, caseEnd: caseEnd{
		address: *(*unsafe.Pointer)(unsafe.Pointer(&s.ch)), capacity: cap(s.ch), sends: true,
	}}
	if current() != nil {
		c.box = unsafe.Pointer(&boxed[T]{v: v})
	}
	return c
}

func (c *Sending[T]) end() *caseEnd { return &c.caseEnd }
func (c *Sending[T]) look() bool    { return false }

func (c *Sending[T]) outside() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(c.ch), Send: reflect.ValueOf(&c.v).Elem()}
}

func (c *Sending[T]) took(reflect.Value, bool) {}

// Select returns the index of the case that was taken, or -1 for the default.
func Select(hasDefault bool, cases ...Case) int {
	if current() == nil {
		return selectOutside(hasDefault, cases)
	}
	for i, c := range cases {
		if c.look() {
			return i
		}
	}
	return choose(hasDefault, cases)
}

// selectOutside is a select that is not under control.
func selectOutside(hasDefault bool, cases []Case) int {
	list := make([]reflect.SelectCase, len(cases), len(cases)+1)
	for i, c := range cases {
		list[i] = c.outside()
	}
	if hasDefault {
		list = append(list, reflect.SelectCase{Dir: reflect.SelectDefault})
	}
	i, v, ok := reflect.Select(list)
	if i == len(cases) {
		return -1
	}
	cases[i].took(v, ok)
	return i
}

//go:norace
func choose(hasDefault bool, cases []Case) int {
	e := active
	g := e.begin(OpSelect)
	for _, c := range cases {
		end := c.end()
		if end.ch = e.channel(end.address, end.capacity); end.ch != nil {
			g.on(&end.ch.object, Write)
			if hasDefault {
				e.look(g, &end.ch.object)
			}
		}
	}
	if len(g.Op.Access) == 0 && !hasDefault {
		e.park(g)
	}
	e.point(g)
	if i := e.takeReady(cases); i >= 0 {
		return i
	}
	if hasDefault {
		e.Trace.weaken() // nothing was changed
		return -1
	}
	return e.waitFor(g, cases)
}

// takeReady takes one of the cases that are ready, or returns -1.
func (e *Exec) takeReady(cases []Case) int {
	n := 0
	for _, c := range cases {
		if c.end().ready() {
			n++
		}
	}
	if n == 0 {
		return -1
	}
	chosen := e.choose(e.cur, n)
	for i, c := range cases {
		end := c.end()
		if !end.ready() {
			continue
		}
		if chosen--; chosen >= 0 {
			continue
		}
		if end.sends {
			end.ch.send(e, end.box)
		} else {
			end.result = end.ch.receive(e)
		}
		return i
	}
	panic("schedrt: no such case")
}

func (c *caseEnd) ready() bool {
	switch {
	case c.ch == nil:
		return false
	case c.sends:
		return c.ch.canSend()
	}
	return c.ch.canReceive()
}

// waitFor gets in line for every case.
func (e *Exec) waitFor(g *G, cases []Case) int {
	g.box = nil
	for i, c := range cases {
		end := c.end()
		if end.ch == nil {
			continue
		}
		w := &waiter{g: g, wait: g.waits, index: i, box: end.box, ch: end.ch}
		if end.sends {
			end.ch.senders = push(end.ch.senders, w)
			raceReleaseMerge(end.box)
		} else {
			end.ch.receivers = push(end.ch.receivers, w)
			raceRelease(unsafe.Pointer(w))
		}
		end.ch.object.version++
	}
	e.park(g)
	w := g.fired
	end := cases[w.index].end()
	switch {
	case !end.sends:
		end.result = g.received(w)
	case !w.ok:
		panic(errorString("send on closed channel"))
	default:
		raceAcquire(unsafe.Pointer(w))
	}
	return w.index
}

// Forever is a select without cases.
func Forever() {
	if current() == nil {
		select {}
	}
	Select(false)
}
