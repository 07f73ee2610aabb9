package schedrt_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// begin is the time at which every execution starts, and late is how much later timers fire.
var begin = time.Date(2026, 5, 20, 10, 24, 37, 318281828, time.UTC)

const late = 100 * time.Microsecond

// Time stands still but for timers, and an hour takes no real time.
func TestSleepMovesTheClock(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		if now := schedrt.Now(); !now.Equal(begin) {
			t.Errorf("the execution begins at %v, want %v", now, begin)
		}
		schedrt.Sleep(time.Hour)
		if d := schedrt.Now().Sub(begin); d != time.Hour+late {
			t.Errorf("%v after an hour of sleep, want %v", d, time.Hour+late)
		}
		schedrt.Sleep(-1) // returns at once
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Sleepers wake by their deadlines, whatever the order in which they went to sleep.
func TestTimersFireByDeadline(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{LazyClock: true}, func(seen *strings.Builder) {
		for _, d := range []time.Duration{2, 1} {
			schedrt.Go(func() {
				schedrt.Sleep(d * time.Second)
				fmt.Fprint(seen, int(d))
			})
		}
	})
	// The orders of the two calls of Sleep are two schedules.
	schedtest.MustResult(t, got, map[string]int{"passed 12": 2})
}

// A timer may fire at any moment: before, between or after two operations. With a lazy clock it
// fires when nothing else can move.
func TestTimerFiresAtAnyMoment(t *testing.T) {
	program := func(seen *strings.Builder) {
		var w word
		schedrt.NewTimer(time.Hour, func() { fmt.Fprint(seen, "!") })
		w.store(1)
		fmt.Fprint(seen, "1")
		w.store(2)
		fmt.Fprint(seen, "2")
	}
	schedtest.MustResult(t, schedtest.EverySchedule(t, schedrt.Limits{}, program),
		map[string]int{"passed !12": 1, "passed 1!2": 1, "passed 12!": 1})
	schedtest.MustResult(t, schedtest.EverySchedule(t, schedrt.Limits{LazyClock: true}, program),
		map[string]int{"passed 12!": 1})
}

// Stop and Reset report whether they kept the timer from firing.
func TestTimerStopAndReset(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		fired := 0
		timer := schedrt.NewTimer(time.Second, func() { fired++ })
		got := []bool{timer.Stop(), timer.Stop(), timer.Reset(time.Second), timer.Reset(2 * time.Second)}
		schedrt.Sleep(3 * time.Second)
		got = append(got, timer.Stop())
		if want := "[true false false true false] 1"; fmt.Sprint(got, fired) != want {
			t.Errorf("Stop, Stop, Reset, Reset, Stop after firing: %v %d, want %s", got, fired, want)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// A channel timer shows no buffer, and Stop takes back a time that was not received.
func TestChannelTimer(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		c := make(chan time.Time)
		timer := schedrt.NewChannelTimer(c, time.Second, 0)
		schedrt.Sleep(2 * time.Second)
		if n := schedrt.Len(c); n != 0 {
			t.Errorf("len = %d after the timer has fired, want 0", n)
		}
		if !timer.Stop() {
			t.Error("Stop of a timer whose time was not received is false")
		}
		if i := schedrt.Select(true, schedrt.From(c)); i != -1 {
			t.Error("a stopped timer has a time to receive")
		}
		timer.Reset(time.Second)
		if now := schedrt.Recv(c); now.Sub(begin) != 3*time.Second+2*late {
			t.Errorf("received %v after the begin, want 3s and twice %v", now.Sub(begin), late)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// A ticker drops the ticks that are not received.
func TestTickerDropsTicks(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		c := make(chan time.Time)
		ticker := schedrt.NewChannelTimer(c, time.Second, time.Second)
		schedrt.Sleep(3*time.Second + time.Second/2)
		var ticks []int
		for range 3 {
			ticks = append(ticks, int(schedrt.Recv(c).Sub(begin)/time.Second))
		}
		ticker.ResetPeriod(10 * time.Second)
		ticks = append(ticks, int(schedrt.Recv(c).Sub(begin)/time.Second))
		if got := fmt.Sprint(ticks); got != "[1 4 5 15]" {
			t.Errorf("ticks at %s s, want the first, the next ones and the new period: [1 4 5 15]", got)
		}
		ticker.Stop()
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Of two tickers that tick at the same moments neither loses a tick, whichever fires first.
func TestTickersOfOnePeriod(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		x := schedtest.PlayChoices(t, schedrt.Limits{LazyClock: lazy}, nil, nil, func() {
			first, second := make(chan time.Time), make(chan time.Time)
			schedrt.NewChannelTimer(first, time.Second, time.Second)
			schedrt.NewChannelTimer(second, time.Second, time.Second)
			schedrt.Go(func() {
				for r := schedrt.RangeChannel(first); r.Next(); {
				}
			})
			var ticks []int
			for range 3 {
				ticks = append(ticks, int(schedrt.Recv(second).Sub(begin)/time.Second))
			}
			if got := fmt.Sprint(ticks); got != "[1 2 3]" {
				t.Errorf("lazy %v: ticks at %s s, want [1 2 3]", lazy, got)
			}
		})
		schedtest.MustEnd(t, x, schedrt.Passed)
	}
}

// NewTimerUnless sets no timer if the condition holds when it would be set.
func TestNewTimerUnless(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		o := &schedrt.Object{}
		if schedrt.NewTimerUnless(o, func() bool { return true }, 1, func() {}) != nil {
			t.Error("a timer was set although the condition holds")
		}
		timer := schedrt.NewTimerUnless(o, func() bool { return false }, 1, func() {})
		if timer == nil || !timer.Stop() {
			t.Error("no timer was set although the condition does not hold")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// A goroutine that waits for a ticker over and over is a daemon. A goroutine that waits for one
// timer ends, as time passes when the program has returned.
func TestDaemons(t *testing.T) {
	ticking := func() {
		c := make(chan time.Time)
		schedrt.NewChannelTimer(c, time.Second, time.Second)
		schedrt.Go(func() {
			for r := schedrt.RangeChannel(c); r.Next(); {
			}
		})
	}
	schedtest.MustEnd(t, schedtest.PlayChoices(t, schedrt.Limits{}, nil, nil, ticking), schedrt.Passed)
	schedtest.MustEnd(t, schedtest.PlayChoices(t, schedrt.Limits{NoDaemons: true}, nil, nil, ticking), schedrt.Leak)
	ended := false
	sleeping := func() { schedrt.Go(func() { schedrt.Sleep(time.Hour); ended = true }) }
	schedtest.MustEnd(t, schedtest.PlayChoices(t, schedrt.Limits{NoDaemons: true}, nil, nil, sleeping), schedrt.Passed)
	if !ended {
		t.Error("the sleeping goroutine did not come to its end")
	}
}

// With a lazy clock each reading of the time is later than the one before.
func TestLazyNowMoves(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{LazyClock: true}, nil, nil, func() {
		a, b := schedrt.Now(), schedrt.Now()
		if !b.After(a) {
			t.Errorf("%v, then %v: time stands still", a, b)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

func TestTimeOutsideOfControl(t *testing.T) {
	if now := schedrt.UncontrolledNow(); !now.Before(begin) {
		t.Errorf("the time outside of control is %v, want it before %v", now, begin)
	}
}

// A timer at the end of time never fires, however late it is set: programs wait math.MaxInt64 for what is
// to happen never. The goroutine that sleeps so long is no leak, as it waits for a timer.
func TestEndOfTime(t *testing.T) {
	const never = time.Duration(math.MaxInt64)
	for name, start := range map[string]func(fire func()){
		"timer": func(fire func()) { schedrt.NewTimer(never, fire) },
		"reset": func(fire func()) { schedrt.NewTimer(time.Hour, fire).Reset(never - 1) },
		"sleep": func(fire func()) { schedrt.Go(func() { schedrt.Sleep(never); fire() }) },
		"unless": func(fire func()) {
			schedrt.NewTimerUnless(&schedrt.Object{}, func() bool { return false }, never, fire)
		},
	} {
		x := schedtest.PlayScript(t, nil, func() {
			schedrt.Sleep(time.Second)
			start(func() { schedrt.Fail("it fired") })
			schedrt.Sleep(time.Hour)
		})
		if schedtest.MustEnd(t, x, schedrt.Passed); t.Failed() {
			t.Log(name)
		}
	}
	x := schedtest.PlayScript(t, nil, func() {
		schedrt.Sleep(time.Second)
		schedrt.Sleep(never)
	})
	schedtest.MustEnd(t, x, schedrt.Deadlock)
}
