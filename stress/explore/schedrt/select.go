package schedrt

import (
	"reflect"
	"unsafe"
)

// A Case is a communication of a select: a Receiving or a Sending.
//
// The type parameter ends here: a select has cases of different types, and the engine works on
// their ends.
type Case interface {
	end() *caseEnd
	uncontrolled() reflect.SelectCase // for a select outside of control
	took(v reflect.Value, ok bool)    // what that select received
	takeFromOutside() (taken bool)    // a receive of a value from outside of control
}

// caseEnd is the part of a case that does not depend on the type of its values.
type caseEnd struct {
	address  unsafe.Pointer // of the channel
	capacity int
	box      unsafe.Pointer // to send
	sends    bool
	ch       *channel
	result   unsafe.Pointer // received
}

// A Receiving is a receive in a select. Use it in one Select.
type Receiving[T any] struct {
	caseEnd
	ch    <-chan T
	v     T
	ok    bool
	taken bool // from outside of control
}

// From is the case <-ch.
func From[T any](ch <-chan T) *Receiving[T] {
	return &Receiving[T]{ch: ch, caseEnd: caseEnd{
		address: *(*unsafe.Pointer)(unsafe.Pointer(&ch)), capacity: cap(ch),
	}}
}

func (c *Receiving[T]) end() *caseEnd { return &c.caseEnd }

// Value returns the value that was received, if Select took this case.
func (c *Receiving[T]) Value() T {
	v, _ := c.Value2()
	return v
}

// Value2 is Value, and false if the channel was closed and empty.
func (c *Receiving[T]) Value2() (T, bool) {
	if b := (*boxed[T])(c.result); b != nil {
		return b.v, true
	}
	return c.v, c.ok
}

func (c *Receiving[T]) takeFromOutside() bool {
	c.v, c.ok, c.taken = fromOutside(c.ch)
	return c.taken
}

func (c *Receiving[T]) uncontrolled() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c.ch)}
}

func (c *Receiving[T]) took(v reflect.Value, ok bool) {
	c.ok = ok
	c.v, _ = v.Interface().(T) // fails for a nil interface value, whose zero value is right
}

// A Sending is a send in a select. Use it in one Select.
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

func (c *Sending[T]) end() *caseEnd         { return &c.caseEnd }
func (c *Sending[T]) takeFromOutside() bool { return false }

func (c *Sending[T]) uncontrolled() reflect.SelectCase {
	return reflect.SelectCase{
		Dir: reflect.SelectSend, Chan: reflect.ValueOf(c.ch), Send: reflect.ValueOf(&c.v).Elem(),
	}
}

func (c *Sending[T]) took(reflect.Value, bool) {}

// Select takes one case and returns its index, or -1 for the default. If several are ready, the
// strategy chooses: Go promises a random choice. If none is ready and there is no default, it waits
// in the queue of each channel, and takes the case that another goroutine serves first.
//
// Values from outside are taken first and without a step. They come from code that is no part of
// the schedule, and leaving them would make the program wait for something that has happened.
func Select(hasDefault bool, cases ...Case) int {
	if current() == nil {
		return selectUncontrolled(hasDefault, cases)
	}
	for i, c := range cases {
		if c.takeFromOutside() {
			return i
		}
	}
	return selectControlled(hasDefault, cases)
}

// selectUncontrolled is Select outside of control.
func selectUncontrolled(hasDefault bool, cases []Case) int {
	list := make([]reflect.SelectCase, len(cases), len(cases)+1)
	for i, c := range cases {
		list[i] = c.uncontrolled()
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

// selectControlled is Select under control. A select with a default looks at its channels, so a
// loop around one spins.
//
//go:norace
func selectControlled(hasDefault bool, cases []Case) int {
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
		e.Trace.weaken()
		return -1
	}
	return e.waitFor(g, cases)
}

// takeReady takes one of the cases that are ready and returns its index, or -1 if there is none.
//
// The strategy is asked for a number among the ready cases, and not for an index of all: fewer
// numbers are fewer schedules, and a case that is not ready cannot be taken.
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

// ready reports whether the case would not wait. A nil channel never is.
func (c *caseEnd) ready() bool {
	switch {
	case c.ch == nil:
		return false
	case c.sends:
		return c.ch.canSend()
	}
	return c.ch.canReceive()
}

// waitFor joins the queue of every case and returns the index of the case that was served.
//
// All waiters have one wait number, so serving one makes the others void at once. The release is
// at each box and each waiter, as it is not known which case will be served.
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
		end.ch.object.bump()
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

// Forever is select {}: it never returns.
func Forever() {
	if current() == nil {
		select {}
	}
	Select(false)
}

// A ValueCase is a case whose channel is a reflect.Value. Use it in one Select.
type ValueCase struct {
	caseEnd
	ch reflect.Value
	v  reflect.Value // that was received from outside of control
	ok bool
}

// FromValue is the case of a receive from ch. A nil channel is never ready.
func FromValue(ch reflect.Value) *ValueCase {
	return &ValueCase{ch: ch, caseEnd: caseEnd{address: ch.UnsafePointer(), capacity: ch.Cap()}}
}

// ToValue is the case of a send of v to ch. It panics if v cannot be assigned to the element type.
func ToValue(ch, v reflect.Value) *ValueCase {
	// As boxed: the byte behind the value gives it an address of its own.
	box := reflect.New(reflect.StructOf([]reflect.StructField{
		{Name: "V", Type: ch.Type().Elem()}, {Name: "Pad", Type: reflect.TypeFor[byte]()},
	}))
	box.Elem().Field(0).Set(v)
	return &ValueCase{ch: ch, caseEnd: caseEnd{
		address: ch.UnsafePointer(), capacity: ch.Cap(), sends: true, box: box.UnsafePointer(),
	}}
}

// Received returns what Select received, and false with a zero value if the channel was closed and
// empty.
func (c *ValueCase) Received() (reflect.Value, bool) {
	switch elem := c.ch.Type().Elem(); {
	case c.result != nil:
		return reflect.NewAt(elem, c.result).Elem(), true
	case c.v.IsValid():
		return c.v, c.ok
	default:
		return reflect.Zero(elem), false
	}
}

func (c *ValueCase) end() *caseEnd { return &c.caseEnd }

// uncontrolled is never called: package reflect makes such cases under control only.
func (c *ValueCase) uncontrolled() reflect.SelectCase { return reflect.SelectCase{Chan: c.ch} }
func (c *ValueCase) took(v reflect.Value, ok bool)    { c.v, c.ok = v, ok }

func (c *ValueCase) takeFromOutside() bool {
	if c.sends || c.address == nil || known(c.address) {
		return false
	}
	c.v, c.ok = c.ch.TryRecv()
	return c.v.IsValid()
}

// BeforeClose is the operation before the close of a channel that is a reflect.Value.
func BeforeClose(ch reflect.Value) {
	if !ch.IsNil() {
		shut(ch.UnsafePointer(), ch.Cap())
	}
}

// LenOfValue is Len of a channel that is a reflect.Value.
func LenOfValue(ch reflect.Value) int { return length(ch.UnsafePointer(), ch.Cap()) }
