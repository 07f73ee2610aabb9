// Package time looks like the part of the standard one that waits or reads the clock. Time is
// virtual: it moves when a timer fires, which the schedule decides.
package time

import (
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Now is time.Now.
func Now() time.Time {
	if !schedrt.Controlled() {
		return schedrt.UncontrolledNow()
	}
	return schedrt.Now()
}

// Since is time.Since.
func Since(t time.Time) time.Duration { return Now().Sub(t) }

// Until is time.Until.
func Until(t time.Time) time.Duration { return t.Sub(Now()) }

// Sleep is time.Sleep.
func Sleep(d time.Duration) {
	if !schedrt.Controlled() {
		time.Sleep(d)
		return
	}
	schedrt.Sleep(d)
}

// A Timer is a time.Timer.
type Timer struct {
	C     <-chan time.Time
	model *schedrt.Timer
	real  *time.Timer
}

// NewTimer returns a Timer that sends on its channel after d.
func NewTimer(d time.Duration) *Timer {
	if !schedrt.Controlled() {
		real := time.NewTimer(d)
		return &Timer{C: real.C, real: real}
	}
	ch := make(chan time.Time)
	return &Timer{C: ch, model: schedrt.NewChannelTimer(ch, d, 0)}
}

// AfterFunc calls f in a goroutine of its own after d.
func AfterFunc(d time.Duration, f func()) *Timer {
	if !schedrt.Controlled() {
		return &Timer{real: time.AfterFunc(d, f)}
	}
	return &Timer{model: schedrt.NewTimer(d, func() { schedrt.GoInStep(f) })}
}

// After returns the channel of a new timer.
func After(d time.Duration) <-chan time.Time { return NewTimer(d).C }

// Stop keeps the timer from firing and reports whether it was set. As since Go 1.23, nothing that
// was sent before is received afterwards.
func (t *Timer) Stop() bool {
	switch {
	case t.real != nil:
		return t.real.Stop()
	case t.model == nil:
		panic("time: Stop called on uninitialized Timer")
	}
	return schedrt.Controlled() && t.model.Stop()
}

// Reset sets the timer anew and reports whether it was set.
func (t *Timer) Reset(d time.Duration) bool {
	switch {
	case t.real != nil:
		return t.real.Reset(d)
	case t.model == nil:
		panic("time: Reset called on uninitialized Timer")
	}
	return schedrt.Controlled() && t.model.Reset(d)
}

// A Ticker is a time.Ticker. It drops the ticks that nobody takes.
type Ticker struct {
	C     <-chan time.Time
	model *schedrt.Timer
	real  *time.Ticker
}

// NewTicker returns a Ticker that sends on its channel every d.
func NewTicker(d time.Duration) *Ticker {
	if d <= 0 {
		panic("non-positive interval for NewTicker")
	}
	if !schedrt.Controlled() {
		real := time.NewTicker(d)
		return &Ticker{C: real.C, real: real}
	}
	ch := make(chan time.Time)
	return &Ticker{C: ch, model: schedrt.NewChannelTimer(ch, d, d)}
}

// Stop turns the ticker off.
func (t *Ticker) Stop() {
	switch {
	case t.real != nil:
		t.real.Stop()
	case t.model != nil && schedrt.Controlled(): // the real one forgives an uninitialized Ticker, too
		t.model.Stop()
	}
}

// Reset stops the ticker and gives it another period.
func (t *Ticker) Reset(d time.Duration) {
	switch {
	case d <= 0:
		panic("non-positive interval for Ticker.Reset")
	case t.real != nil:
		t.real.Reset(d)
	case t.model == nil:
		panic("time: Reset called on uninitialized Ticker")
	case schedrt.Controlled():
		t.model.ResetPeriod(d)
	}
}

// Tick returns the channel of a new ticker.
func Tick(d time.Duration) <-chan time.Time {
	if d <= 0 {
		return nil
	}
	return NewTicker(d).C
}
