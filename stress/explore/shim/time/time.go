// Package time stands for the functions and types of the standard package time that wait or read
// the clock, in rewritten code.
//
//	time.Sleep(time.Hour) // takes no real time
//
// Time is virtual. It begins at the same moment in every execution, and moves when a timer fires,
// which is a step that the schedule may take at any moment. Types without a clock, such as
// Duration, stay the standard ones.
//
// # What this does not model
//
// The time that code takes: between two timers the clock stands still.
package time

import (
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Now is time.Now. Under control it is the virtual time.
func Now() time.Time {
	if !schedrt.Controlled() {
		return schedrt.UncontrolledNow()
	}
	return schedrt.Now()
}

// Since is time.Since on the same clock as Now.
func Since(t time.Time) time.Duration { return Now().Sub(t) }

// Until is time.Until on the same clock as Now.
func Until(t time.Time) time.Duration { return t.Sub(Now()) }

// Sleep is time.Sleep. Under control it takes no real time.
func Sleep(d time.Duration) {
	if !schedrt.Controlled() {
		time.Sleep(d)
		return
	}
	schedrt.Sleep(d)
}

// A Timer is a time.Timer. Outside of control real is set, under control model.
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

// After is time.After: it returns the channel of a new timer.
func After(d time.Duration) <-chan time.Time { return NewTimer(d).C }

// Stop keeps the timer from firing and reports whether it was set. As since Go 1.23, a time that
// was sent before is not received afterwards. A timer of an execution that is over is not set. It
// panics if the Timer was not made by NewTimer or AfterFunc.
func (t *Timer) Stop() bool {
	switch {
	case t.real != nil:
		return t.real.Stop()
	case t.model == nil:
		panic("time: Stop called on uninitialized Timer")
	}
	return schedrt.Controlled() && t.model.Stop()
}

// Reset sets the timer to fire after d and reports whether it was set before. It panics as Stop
// does.
func (t *Timer) Reset(d time.Duration) bool {
	switch {
	case t.real != nil:
		return t.real.Reset(d)
	case t.model == nil:
		panic("time: Reset called on uninitialized Timer")
	}
	return schedrt.Controlled() && t.model.Reset(d)
}

// A Ticker is a time.Ticker. It drops ticks that are not received in time.
type Ticker struct {
	C     <-chan time.Time
	model *schedrt.Timer
	real  *time.Ticker
}

// NewTicker returns a Ticker that sends on its channel every d. It panics if d is not positive.
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

// Stop turns the ticker off. As with the real one, an uninitialized Ticker may be stopped.
func (t *Ticker) Stop() {
	switch {
	case t.real != nil:
		t.real.Stop()
	case t.model != nil && schedrt.Controlled():
		t.model.Stop()
	}
}

// Reset stops the ticker and gives it another period. It panics if d is not positive.
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

// Tick is time.Tick: it returns the channel of a new ticker, nil if d is not positive.
func Tick(d time.Duration) <-chan time.Time {
	if d <= 0 {
		return nil
	}
	return NewTicker(d).C
}
