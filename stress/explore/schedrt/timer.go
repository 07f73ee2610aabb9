package schedrt

import (
	"time"
	"unsafe"
)

// A Timer calls a function, wakes a sleeper or sends the time when its own has come.
type Timer struct {
	when    time.Duration
	fire    func()
	sleeper *G
	ch      *channel
	period  time.Duration // of a ticker; 0 means once
}

// NewTimer returns a timer that calls fire, which must not block, after d.
func NewTimer(d time.Duration, fire func()) *Timer {
	t := &Timer{fire: fire}
	t.Reset(d)
	return t
}

// NewTimerUnless is NewTimer if what o tells is not so when it is set; else it returns nil.
func NewTimerUnless(o *Object, so func() bool, d time.Duration, fire func()) *Timer {
	e := active
	g := e.begin(OpTimer)
	c := e.theClock()
	g.on(&c.object, Write)
	g.on(o, Read)
	e.point(g)
	if so() {
		return nil
	}
	t := &Timer{when: c.now + max(d, 0), fire: fire}
	c.add(t)
	c.object.version++
	return t
}

// NewChannelTimer returns a timer that sends the time on ch after d, and every period after that if this is
// not 0. As since Go 1.23, the channel seems to have no buffer, and holds nothing that is stale.
func NewChannelTimer(ch chan time.Time, d, period time.Duration) *Timer {
	t := &Timer{ch: active.timerChannel(*(*unsafe.Pointer)(unsafe.Pointer(&ch))), period: period}
	t.Reset(d)
	return t
}

func (e *Exec) timerChannel(address unsafe.Pointer) *channel {
	c := e.channel(address, 1)
	c.timer = true
	return c
}

// Stop keeps the timer from firing and reports whether it did. A time that was sent and not received
// is taken back: then it did, too.
func (t *Timer) Stop() bool { return t.set(func(*clock) {}) }

// Reset sets it anew, after Stop, and reports what that did.
func (t *Timer) Reset(d time.Duration) bool {
	return t.set(func(c *clock) {
		t.when = c.now + max(d, 0)
		c.add(t)
	})
}

// ResetPeriod is Reset of a ticker, with another period.
func (t *Timer) ResetPeriod(period time.Duration) {
	t.set(func(c *clock) {
		t.period, t.when = period, c.now+period
		c.add(t)
	})
}

func (t *Timer) set(again func(c *clock)) (was bool) {
	e := active
	_, c := e.timing(OpTimer, Write)
	was = c.remove(t)
	if t.ch != nil && t.ch.object.run == e.run {
		e.Trace.touch(&t.ch.object, Write)
		was = was || len(t.ch.buffer) > 0
		t.ch.buffer = t.ch.buffer[:0]
		t.ch.object.version++
	}
	c.object.version++
	again(c)
	return was
}
