// Package time looks like the part of the standard one that waits or reads the clock. Time is
// virtual: it moves when a timer fires, which the schedule decides.
package time

import (
	"time"

	"github.com/semabench/semabench/stress/explore/sched"
)

// Now is time.Now.
func Now() time.Time {
	if !sched.Controlled() {
		return sched.Before()
	}
	return sched.Now()
}

// Since is time.Since.
func Since(t time.Time) time.Duration { return Now().Sub(t) }

// Until is time.Until.
func Until(t time.Time) time.Duration { return t.Sub(Now()) }

// Sleep is time.Sleep.
func Sleep(d time.Duration) {
	if !sched.Controlled() {
		time.Sleep(d)
		return
	}
	sched.Sleep(d)
}

// A Timer is a time.Timer.
type Timer struct {
	C     <-chan time.Time
	model *sched.Timer
	real  *time.Timer
}

// NewTimer returns a Timer that sends on its channel after d.
func NewTimer(d time.Duration) *Timer {
	if !sched.Controlled() {
		real := time.NewTimer(d)
		return &Timer{C: real.C, real: real}
	}
	ch := make(chan time.Time, 1)
	fire := func() { sched.Offer(ch, sched.Moment()) }
	return &Timer{C: ch, model: sched.NewTimer(d, fire, nil)}
}

// AfterFunc calls f in a goroutine of its own after d.
func AfterFunc(d time.Duration, f func()) *Timer {
	if !sched.Controlled() {
		return &Timer{real: time.AfterFunc(d, f)}
	}
	return &Timer{model: sched.NewTimer(d, func() { sched.Spawn(f) }, nil)}
}

// After returns the channel of a new timer.
func After(d time.Duration) <-chan time.Time { return NewTimer(d).C }

// Stop keeps the timer from firing and reports whether it was set. As since Go 1.23, nothing that
// was sent before is received afterwards.
func (t *Timer) Stop() bool {
	if t.real != nil {
		return t.real.Stop()
	}
	set := t.model.Stop()
	return sched.Drain(t.C) || set
}

// Reset sets the timer anew and reports whether it was set.
func (t *Timer) Reset(d time.Duration) bool {
	if t.real != nil {
		return t.real.Reset(d)
	}
	set := t.model.Reset(d)
	return sched.Drain(t.C) || set
}

// A Ticker is a time.Ticker. It does not tick while its last tick is not taken.
type Ticker struct {
	C      <-chan time.Time
	ch     chan time.Time
	period time.Duration
	model  *sched.Timer
	real   *time.Ticker
}

// NewTicker returns a Ticker that sends on its channel every d.
func NewTicker(d time.Duration) *Ticker {
	if d <= 0 {
		panic("non-positive interval for NewTicker")
	}
	if !sched.Controlled() {
		real := time.NewTicker(d)
		return &Ticker{C: real.C, real: real}
	}
	t := &Ticker{ch: make(chan time.Time, 1), period: d}
	t.C = t.ch
	t.model = sched.NewTimer(d, t.tick, func() bool { return sched.Buffered(t.ch) > 0 })
	return t
}

func (t *Ticker) tick() {
	sched.Offer(t.ch, sched.Moment())
	t.model.Again(t.period)
}

// Stop turns the ticker off.
func (t *Ticker) Stop() {
	if t.real != nil {
		t.real.Stop()
		return
	}
	t.model.Stop()
	sched.Drain(t.C)
}

// Reset stops the ticker and gives it another period.
func (t *Ticker) Reset(d time.Duration) {
	if d <= 0 {
		panic("non-positive interval for Ticker.Reset")
	}
	if t.real != nil {
		t.real.Reset(d)
		return
	}
	t.period = d
	t.model.Reset(d)
	sched.Drain(t.C)
}

// Tick returns the channel of a new ticker.
func Tick(d time.Duration) <-chan time.Time {
	if d <= 0 {
		return nil
	}
	return NewTicker(d).C
}
