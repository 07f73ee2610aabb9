package shim_test

import (
	"fmt"
	"strings"
	"testing"
	real "time"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/time"
)

// lazy lets time pass only when nothing else can move, so that one schedule is played.
var lazy = schedrt.Limits{LazyClock: true}

func TestClock(t *testing.T) {
	x := schedtest.PlayChoices(t, lazy, nil, nil, func() {
		began := time.Now()
		time.Sleep(real.Hour)
		if d := time.Since(began); d < real.Hour || d > real.Hour+real.Second {
			t.Errorf("%v after an hour", d)
		}
		if d := time.Until(began); d > -real.Hour {
			t.Errorf("%v until an hour ago", d)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

func TestTimer(t *testing.T) {
	x := schedtest.PlayChoices(t, lazy, nil, nil, func() {
		ran := false
		after := time.AfterFunc(real.Minute, func() { ran = true })
		timer := time.NewTimer(real.Second)
		if !timer.Reset(2*real.Second) || !timer.Stop() || timer.Stop() || timer.Reset(real.Second) {
			t.Error("Reset, Stop, Stop, Reset are not true, true, false, false")
		}
		schedrt.Recv(timer.C)
		schedrt.Recv(time.After(real.Hour))
		if !ran || after.Stop() {
			t.Error("the function of an hour ago has not run")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

func TestTicker(t *testing.T) {
	x := schedtest.PlayChoices(t, lazy, nil, nil, func() {
		began := time.Now()
		ticker := time.NewTicker(real.Second)
		schedrt.Recv(ticker.C)
		schedrt.Recv(ticker.C)
		ticker.Reset(real.Minute)
		schedrt.Recv(ticker.C)
		if d := time.Since(began).Truncate(real.Second); d != 62*real.Second {
			t.Errorf("three ticks after %v, want 62 s", d)
		}
		ticker.Stop()
		schedrt.Recv(time.Tick(real.Second))
		if time.Tick(0) != nil {
			t.Error("a Tick without a period has a channel")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// A timeout may come before or after what it waits for: both are played.
func TestTimeoutRaces(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		c := make(chan int, 1)
		schedrt.Go(func() { schedrt.To(c).Send(1) })
		fmt.Fprint(seen, schedrt.Select(false, schedrt.From(c), schedrt.From(time.After(real.Hour))))
	})
	if len(got) != 2 || got["passed 0"] == 0 || got["passed 1"] == 0 {
		t.Errorf("schedules by result: %v, want both cases", got)
	}
}

func TestMisuseOfTimers(t *testing.T) {
	for want, f := range map[string]func(){
		"non-positive interval for NewTicker":        func() { time.NewTicker(0) },
		"non-positive interval for Ticker.Reset":     func() { new(time.Ticker).Reset(0) },
		"time: Stop called on uninitialized Timer":   func() { new(time.Timer).Stop() },
		"time: Reset called on uninitialized Timer":  func() { new(time.Timer).Reset(1) },
		"time: Reset called on uninitialized Ticker": func() { new(time.Ticker).Reset(1) },
	} {
		func() {
			defer func() {
				if r := recover(); r != want {
					t.Errorf("panic %v, want %q", r, want)
				}
			}()
			f()
		}()
	}
	new(time.Ticker).Stop() // is allowed
}

// Outside of control the types work with real time.
func TestTimeOutsideOfControl(t *testing.T) {
	timer, ticker := time.NewTimer(1), time.NewTicker(1)
	<-timer.C
	<-ticker.C
	ticker.Reset(real.Hour)
	ticker.Stop()
	timer.Reset(real.Hour)
	if !timer.Stop() {
		t.Error("a real timer was not set")
	}
	ran := make(chan bool)
	time.AfterFunc(1, func() { close(ran) })
	<-ran
	began := time.Now()
	time.Sleep(1)
	if time.Since(began) < 0 || time.Until(began) > 0 {
		t.Error("time goes backwards")
	}
}
