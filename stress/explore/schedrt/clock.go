package schedrt

import (
	"math"
	"time"
	"unsafe"
)

// lateness is how much later than its deadline a timer fires. Programs compare the time that has
// passed with the time that they have slept, and rely on it being more.
const lateness = 100 * time.Microsecond

// UncontrolledNow is the time outside of control, which a package variable may be initialized with.
// It passes as real time does, and is an hour before startTime, so it is earlier than any
// controlled time.
func UncontrolledNow() time.Time { return startTime.Add(time.Since(loaded) - time.Hour) }

var loaded = time.Now()

// reset starts the clock for a new execution. It drops the timers one by one, so that the memory
// of the slice keeps none of them alive.
func (c *clock) reset() {
	for i := range c.timers {
		c.timers[i] = nil
	}
	c.now, c.timers, c.g = 0, c.timers[:0], nil
}

// open is the guard of the clock's steps: a timer is set that is not idle.
//
// After the first stage of the return, time passes only in the aftermath; see countRemaining.
func (c *clock) open(g *G) bool {
	return !g.exec.daemons.stopped() && c.live()
}

// live reports whether a timer is set that is not idle.
func (c *clock) live() bool {
	for _, t := range c.timers {
		if !t.idle() {
			return true
		}
	}
	return false
}

// idle reports whether firing would change nothing, because the last tick has not been received, or
// whether time has stopped for the timer, or does not come to its end.
//
// A ticker with a full channel would drop its tick. Such a step changes nothing, and an
// exploration would repeat it without end.
func (t *Timer) idle() bool {
	return t.ch != nil && !t.ch.canSend() || t.bubble.stopped() || t.when == math.MaxInt64 && t.bubble == nil
}

// theClock returns the clock of the execution. It makes the goroutine that stands for it if there
// is none: a program without timers has no such goroutine in its schedules.
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

// fire performs a step of the clock: the earliest timer that is not idle fires.
//
// A timer fires a little late on purpose outside of a bubble, see lateness. In a bubble the
// standard library promises the exact time.
func (c *clock) fire(e *Exec, me *G) {
	c.catchUp()
	t := c.due(e, me)
	c.remove(t)
	if t.bubble == nil {
		c.now = max(c.now, saturated(t.when, lateness))
	} else {
		c.now = max(c.now, t.when)
	}
	c.noteMissed()
	c.object.bump()
	e.cur, c.g.bubble = c.g, t.bubble // a goroutine that the timer starts is in its bubble
	switch {
	case t.sleeper != nil:
		e.wake(t.sleeper)
	case t.ch != nil:
		e.Trace.touch(&t.ch.object, Write)
		t.ch.send(e, unsafe.Pointer(&boxed[time.Time]{v: t.bubble.time(c.now)}))
		if t.period > 0 {
			t.when = saturated(t.when, t.period)
			t.fired++
			c.add(t)
		}
	default:
		t.fire()
	}
}

// catchUp drops the ticks that were due while the one before them was not received, as the real
// ticker does.
//
// The loop starts again after each change of the order. It ends, as every round clears one mark.
func (c *clock) catchUp() {
	for i := 0; i < len(c.timers); i++ {
		t := c.timers[i]
		if missed := c.now - t.when; t.missed && !t.idle() {
			t.missed = false
			c.remove(t)
			t.when += (missed + t.period - 1) / t.period * t.period
			c.add(t)
			i = -1 // the order has changed, so start again
		}
	}
}

// noteMissed marks the tickers whose next tick is due while the one before it is not received. A
// ticker that is only late, because another timer had the same deadline, loses no tick.
func (c *clock) noteMissed() {
	for _, t := range c.timers {
		if t.period > 0 && t.when < c.now && t.idle() {
			t.missed = true
		}
	}
}

// due returns the timer that fires next. Timers with channels and the same deadline fire in any
// order, as a select on both can tell which was first.
//
// The choice belongs to the step and is recorded in the trace. Functions and sleepers of equal
// deadlines need none: the strategy orders what they start in later steps.
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

// add sets a timer.
//
// A timer that is set later goes behind the timers of its deadline.
func (c *clock) add(t *Timer) {
	t.setAt = c.g.exec.taken
	c.timers = push(c.timers, t)
	for i := len(c.timers) - 1; i > 0 && c.timers[i-1].when > t.when; i-- {
		c.timers[i-1], c.timers[i] = c.timers[i], c.timers[i-1]
	}
}

// remove stops a timer and reports whether it was set.
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

// markSleepers marks the goroutines that a timer will wake, and no others.
func (e *Exec) markSleepers() {
	for _, g := range e.gs {
		g.timed = false
	}
	for _, t := range e.clock.timers {
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

// clockStep announces an operation on the clock and stops before it.
//
// Reading the time is a look, so a loop that waits for time to pass spins; Sleep in a loop
// counts as a yield.
func (e *Exec) clockStep(kind Kind, mode Mode) (*G, *clock) {
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

// Now is time.Now on the virtual clock. Call it under control only.
func Now() time.Time {
	if active.limits.LazyClock && active.cur.bubble == nil {
		return lazyNow()
	}
	g, c := active.clockStep(OpNow, Read)
	if g.awaitsTime() {
		c.now += g.spin.timeOfLook()
		active.Trace.touch(&c.object, Write)
	}
	return g.bubble.time(c.now)
}

// lazyNow is Now with a lazy clock. It moves the clock by a nanosecond: local code takes no virtual
// time, so a program that measures it would divide by zero. The version of the clock stays, because
// a loop that waits for time to pass in this way spins. See awaitsTime for how it ends.
func lazyNow() time.Time {
	e := active
	g := e.begin(OpNow)
	c := e.theClock()
	g.on(&c.object, Write)
	e.look(g, &c.object)
	e.point(g)
	if c.now++; g.awaitsTime() {
		c.now += g.spin.timeOfLook()
	}
	return startTime.Add(c.now)
}

// Sleep is time.Sleep on the virtual clock. Call it under control only.
//
// A sleep of no time is a step all the same, because it lets other goroutines run.
func Sleep(d time.Duration) {
	e := active
	g, c := e.clockStep(OpSleep, Write)
	if d <= 0 {
		return
	}
	c.add(&Timer{when: c.after(d), sleeper: g, bubble: g.bubble})
	e.park(g)
}

// NewTimer returns a timer that calls fire after d. The call is a part of the clock's step, so fire
// must not block and must not perform an operation; it may call GoInStep.
func NewTimer(d time.Duration, fire func()) *Timer {
	t := &Timer{fire: fire, bubble: active.cur.bubble}
	t.Reset(d)
	return t
}

// NewTimerUnless is NewTimer, except that it returns nil if holds reports true when the timer would
// be set. holds reads the object o. Reading and setting are one step: a context whose parent is
// cancelled in between must not get a timer.
func NewTimerUnless(o *Object, holds func() bool, d time.Duration, fire func()) *Timer {
	e := active
	g := e.begin(OpTimer)
	c := e.theClock()
	g.on(&c.object, Write)
	g.on(o, Read)
	e.point(g)
	if holds() {
		return nil
	}
	t := &Timer{when: c.after(d), fire: fire, bubble: g.bubble}
	c.add(t)
	c.object.bump()
	return t
}

// NewChannelTimer returns a timer that sends the time on ch after d, and every period after that if
// period is not 0. As since Go 1.23, ch seems to have no buffer, and never holds a time from before
// a Stop or Reset.
func NewChannelTimer(ch chan time.Time, d, period time.Duration) *Timer {
	t := &Timer{
		ch: active.timerChannel(*(*unsafe.Pointer)(unsafe.Pointer(&ch))), period: period,
		bubble: active.cur.bubble,
	}
	t.Reset(d)
	return t
}

// timerChannel returns the model of a timer's channel: a buffer of one value, which len does not
// show.
func (e *Exec) timerChannel(address unsafe.Pointer) *channel {
	c := e.channel(address, 1)
	c.timer, c.object.ticks = true, true
	return c
}

// after returns the time d from now, and now if d is negative.
func (c *clock) after(d time.Duration) time.Duration { return saturated(c.now, max(d, 0)) }

// saturated is t+d for d >= 0, or the end of time, as the sum in runtime.when: programs wait
// math.MaxInt64 for an event that never comes.
func saturated(t, d time.Duration) time.Duration {
	if d > math.MaxInt64-t {
		return math.MaxInt64
	}
	return t + d
}

// Stop keeps the timer from firing and reports whether it did. A time that was sent and not
// received is taken back, and counts as kept from firing.
func (t *Timer) Stop() bool { return t.set(func(*clock) {}) }

// Reset stops the timer and sets it to fire after d. It returns what Stop does.
func (t *Timer) Reset(d time.Duration) bool {
	return t.set(func(c *clock) {
		t.when = c.after(d)
		c.add(t)
	})
}

// ResetPeriod is Reset of a ticker: it changes the period, too.
func (t *Timer) ResetPeriod(period time.Duration) {
	t.set(func(c *clock) {
		t.period, t.when = period, c.after(period)
		c.add(t)
	})
}

// set stops the timer, calls again, and reports whether the timer was kept from firing.
//
// Taking the timer out, taking back its tick and setting it anew are one step. The real Reset is
// one call under the lock of the runtime as well.
func (t *Timer) set(again func(c *clock)) (was bool) {
	e := active
	_, c := e.clockStep(OpTimer, Write)
	was = c.remove(t)
	t.missed, t.fired = false, 0
	if t.ch != nil && t.ch.object.run == e.run {
		e.Trace.touch(&t.ch.object, Write)
		was = was || len(t.ch.buffer) > 0
		t.ch.buffer = t.ch.buffer[:0]
		t.ch.object.bump()
	}
	c.object.bump()
	again(c)
	return was
}
