package schedrt

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

// UncontrolledNow is the time outside of control, as for variables of a package: it is before start, and
// passes as it really does.
func UncontrolledNow() time.Time { return start.Add(time.Since(loaded) - time.Hour) }

var loaded = time.Now()

func (c *clock) reset() {
	for i := range c.timers {
		c.timers[i] = nil
	}
	c.now, c.timers, c.g = 0, c.timers[:0], nil
}

func (c *clock) open(g *G) bool {
	if g.exec.daemons.stopped() {
		return false
	}
	for _, t := range c.timers {
		if !t.idle() {
			return true
		}
	}
	return false
}

// idle reports whether firing would change nothing: the last tick has not been taken.
func (t *Timer) idle() bool { return t.ch != nil && !t.ch.canSend() }

// theClock returns the clock of the execution, with a goroutine that stands for it.
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

// fire lets a timer fire: the earliest that is not idle.
func (c *clock) fire(e *Exec, me *G) {
	c.catchUp()
	t := c.due(e, me)
	c.remove(t)
	c.now = max(c.now, t.when+late)
	c.object.version++
	e.cur = c.g
	switch {
	case t.sleeper != nil:
		e.wake(t.sleeper)
	case t.ch != nil:
		e.Trace.touch(&t.ch.object, Write)
		t.ch.send(e, unsafe.Pointer(&boxed[time.Time]{v: start.Add(c.now)}))
		if t.period > 0 {
			t.when += t.period
			c.add(t)
		}
	default:
		t.fire()
	}
}

// catchUp drops the ticks that nobody was there to take.
func (c *clock) catchUp() {
	for i := 0; i < len(c.timers); i++ {
		t := c.timers[i]
		if missed := c.now - t.when; missed > 0 && t.period > 0 && !t.idle() {
			c.remove(t)
			t.when += (missed + t.period - 1) / t.period * t.period
			c.add(t)
			i = -1 // the order is another now
		}
	}
}

// due returns the timer that is next. Several channels whose time has come at once are served in any
// order, which a select can tell.
func (c *clock) due(e *Exec, me *G) *Timer {
	var first *Timer
	same := 0
	for _, t := range c.timers {
		switch {
		case t.idle():
		case first == nil:
			first, same = t, 1
		case first.ch != nil && t.ch != nil && t.when == first.when:
			same++
		}
	}
	if same == 1 {
		return first
	}
	nth := e.choose(me, same)
	for _, t := range c.timers {
		if t.ch == nil || t.idle() || t.when != first.when {
			continue
		}
		if nth == 0 {
			return t
		}
		nth--
	}
	panic("schedrt: no such timer")
}

func (c *clock) add(t *Timer) {
	c.timers = push(c.timers, t)
	for i := len(c.timers) - 1; i > 0 && c.timers[i-1].when > t.when; i-- {
		c.timers[i-1], c.timers[i] = c.timers[i], c.timers[i-1]
	}
}

// remove reports whether the timer was set.
func (c *clock) remove(t *Timer) bool {
	for i, other := range c.timers {
		if other == t {
			for j := i + 1; j < len(c.timers); j++ {
				c.timers[j-1] = c.timers[j]
			}
			last := len(c.timers) - 1
			c.timers[last] = nil
			c.timers = c.timers[:last]
			return true
		}
	}
	return false
}

// wait marks the goroutines that a timer will wake.
func (c *clock) wait() {
	for _, t := range c.timers {
		if t.sleeper != nil {
			t.sleeper.timed = true
		}
		if t.ch != nil {
			for _, w := range t.ch.receivers {
				w.g.timed = w.g.timed || w.valid()
			}
		}
	}
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
	c.add(&Timer{when: c.now + d, sleeper: g})
	e.park(g)
}

// GoInStep is a go statement in what a timer calls.
func GoInStep(fn func()) { active.spawn(fn) }
