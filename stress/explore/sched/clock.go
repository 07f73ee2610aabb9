package sched

import (
	"time"
	"unsafe"
)

// A clock is virtual time. The earliest timer may fire at any moment, as goroutines may be slow; what
// follows from a timeout that comes too soon is explored like any other schedule.
type clock struct {
	object Object
	now    time.Duration // since start
	timers []*Timer      // by deadline
	g      *G            // stands for the clock among the goroutines; nil until there is a timer
}

// start is the moment at which every execution begins.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// late is by how much a timer fires later than it was asked to: programs rely on it that more time
// has passed than they have slept.
const late = 100 * time.Microsecond

// Before is the time outside of control, as for variables of a package: it is before start, and
// passes as it really does.
func Before() time.Time { return start.Add(time.Since(loaded) - time.Hour) }

var loaded = time.Now()

// A Timer calls a function when its time has come.
type Timer struct {
	when time.Duration
	fire func()
	// idle says that firing would change nothing, as for a ticker whose last tick is not taken.
	idle func() bool
	set  bool
}

func (c *clock) reset() {
	for i := range c.timers {
		c.timers[i] = nil
	}
	c.now, c.timers, c.g = 0, c.timers[:0], nil
}

func (c *clock) open(*G) bool {
	for _, t := range c.timers {
		if t.idle == nil || !t.idle() {
			return true
		}
	}
	return false
}

// on returns the clock of the execution, with a goroutine that stands for it.
func (e *Exec) theClock() *clock {
	c := &e.clock
	if c.g == nil {
		e.number(&c.object)
		c.g = e.newG()
		c.g.Op.clear()
		c.g.Op.Kind, c.g.Op.guard, c.g.state = OpFire, c, ready
		c.g.on(&c.object, Write)
	}
	return c
}

// fire lets the earliest timer fire that is not idle.
func (c *clock) fire(e *Exec) {
	for i, t := range c.timers {
		if t.idle != nil && t.idle() {
			continue
		}
		for j := i + 1; j < len(c.timers); j++ {
			c.timers[j-1] = c.timers[j]
		}
		c.timers = c.timers[:len(c.timers)-1]
		t.set = false
		c.now = max(c.now, t.when+late)
		c.object.version++
		e.cur = c.g
		t.fire()
		return
	}
}

func (c *clock) add(t *Timer) {
	c.timers = push(c.timers, t)
	for i := len(c.timers) - 1; i > 0 && c.timers[i-1].when > t.when; i-- {
		c.timers[i-1], c.timers[i] = c.timers[i], c.timers[i-1]
	}
	t.set = true
}

func (c *clock) remove(t *Timer) (was bool) {
	for i, other := range c.timers {
		if other == t {
			for j := i + 1; j < len(c.timers); j++ {
				c.timers[j-1] = c.timers[j]
			}
			c.timers = c.timers[:len(c.timers)-1]
			was = true
			break
		}
	}
	t.set = false
	return was
}

// timing performs an operation on the clock.
func (e *Exec) timing(kind Kind, mode Mode) (*G, *clock) {
	g := e.begin(kind)
	c := e.theClock()
	g.on(&c.object, mode)
	switch {
	case mode == Read:
		e.look(g, &c.object)
	case kind == OpSleep:
		g.spin.yields.next(g)
	}
	e.point(g)
	return g, c
}

// Now is time.Now, to be called under control only.
func Now() time.Time {
	if active.limits.LazyClock {
		return lazyNow()
	}
	_, c := active.timing(OpNow, Read)
	return start.Add(c.now)
}

// lazyNow moves the clock by the least that can be seen: with a lazy clock, time would stand still for
// whoever measures what takes none.
func lazyNow() time.Time {
	e := active
	g := e.begin(OpNow)
	c := e.theClock()
	g.on(&c.object, Write)
	e.look(g, &c.object) // and its version stays: who waits for time to pass spins
	e.point(g)
	c.now++
	return start.Add(c.now)
}

// Sleep is time.Sleep, to be called under control only.
func Sleep(d time.Duration) {
	e := active
	g, c := e.timing(OpSleep, Write)
	if d <= 0 {
		return
	}
	c.add(&Timer{when: c.now + d, fire: func() { e.wake(g) }})
	e.park(g)
}

// NewTimer returns a timer that calls fire, which must not block, after d.
func NewTimer(d time.Duration, fire func(), idle func() bool) *Timer {
	t := &Timer{fire: fire, idle: idle}
	t.Reset(d)
	return t
}

// Stop reports whether it kept the timer from firing.
func (t *Timer) Stop() bool {
	_, c := active.timing(OpTimer, Write)
	c.object.version++
	return c.remove(t)
}

// Reset sets it anew and reports whether it had been set.
func (t *Timer) Reset(d time.Duration) bool {
	_, c := active.timing(OpTimer, Write)
	was := c.remove(t)
	t.when = c.now + max(d, 0)
	c.object.version++
	c.add(t)
	return was
}

// Again sets a timer that is firing for another time.
func (t *Timer) Again(d time.Duration) {
	t.when += d
	active.clock.add(t)
}

// Spawn is a go statement in what a timer calls.
func Spawn(fn func()) { active.spawn(fn) }

// Offer sends v if that does not block, in what a timer calls.
func Offer[T any](ch chan T, v T) {
	offer(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch), unsafe.Pointer(&boxed[T]{v: v}))
}

//go:norace
func offer(address unsafe.Pointer, capacity int, box unsafe.Pointer) {
	e := active
	c := e.channel(address, capacity)
	e.Trace.touch(&c.object, Write)
	if c.canSend() && !c.closed {
		c.send(e, box)
	}
}

// Moment is the time at which a timer fires, in what it calls.
func Moment() time.Time { return start.Add(active.clock.now) }

// Buffered returns how many values are in the buffer, in what a timer calls.
func Buffered[T any](ch chan T) int {
	return buffered(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

//go:norace
func buffered(address unsafe.Pointer, capacity int) int {
	return len(active.channel(address, capacity).buffer)
}

// Drain empties the channel of a timer that was just stopped, in the same step, and reports whether
// there was anything.
func Drain[T any](ch <-chan T) bool {
	return ch != nil && drain(*(*unsafe.Pointer)(unsafe.Pointer(&ch)), cap(ch))
}

//go:norace
func drain(address unsafe.Pointer, capacity int) bool {
	c := active.channel(address, capacity)
	active.Trace.touch(&c.object, Write)
	was := len(c.buffer) > 0
	c.buffer = c.buffer[:0]
	c.object.version++
	return was
}
