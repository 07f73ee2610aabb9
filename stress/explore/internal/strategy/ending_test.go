package strategy_test

import (
	"runtime"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	"github.com/semabench/semabench/stress/explore/shim/sync"
	"github.com/semabench/semabench/stress/explore/shim/time"
)

// leavesBehind are programs whose body returns before its goroutines end, and how every schedule of
// each has to end.
var leavesBehind = map[string]struct {
	program func()
	want    schedrt.Ending // if daemons may be left
	strict  schedrt.Ending // if no goroutine may be left
}{
	"ticker": {func() {
		tick := time.NewTicker(1)
		schedrt.Go(func() {
			for {
				schedrt.Recv(tick.C)
			}
		})
	}, schedrt.Passed, schedrt.Leak},
	"sleeper": {func() {
		schedrt.Go(func() {
			for {
				time.Sleep(1)
			}
		})
	}, schedrt.Passed, schedrt.Leak},
	"select with a timer": {func() {
		stop := make(chan int)
		schedrt.Go(func() {
			for {
				schedrt.Select(false, schedrt.From(stop), schedrt.From(time.After(1)))
			}
		})
	}, schedrt.Passed, schedrt.Leak},
	"timer that sets itself": {func() {
		var timer *time.Timer
		timer = time.AfterFunc(1, func() { timer.Reset(1) })
	}, schedrt.Passed, schedrt.Passed},
	"sleeps and ends": {func() {
		schedrt.Go(func() { time.Sleep(1); time.Sleep(1) })
	}, schedrt.Passed, schedrt.Passed},
	"sleeps and waits": {func() {
		ch := make(chan int)
		schedrt.Go(func() { time.Sleep(1); schedrt.Recv(ch) })
	}, schedrt.Leak, schedrt.Leak},
	"stopped ticker": {func() {
		tick := time.NewTicker(1)
		tick.Stop()
		schedrt.Go(func() { schedrt.Recv(tick.C) })
	}, schedrt.Leak, schedrt.Leak},
	"waits beside a daemon": {func() {
		ch := make(chan int)
		schedrt.Go(func() {
			for {
				time.Sleep(1)
			}
		})
		schedrt.Go(func() { schedrt.Recv(ch) })
	}, schedrt.Leak, schedrt.Leak},
	"served by a daemon": {func() {
		ch := make(chan int, 1)
		schedrt.Go(func() {
			for {
				time.Sleep(1)
				schedrt.Select(true, schedrt.To(ch).Case(1))
			}
		})
		schedrt.Go(func() { schedrt.Recv(ch) })
	}, schedrt.Passed, schedrt.Leak},
}

// A goroutine that a timer wakes again and again is a daemon and no leak. All other goroutines that
// wait are leaks, unless a daemon can still wake them.
func TestDaemonsAreNoLeaks(t *testing.T) {
	skipRaced(t)
	for name, c := range leavesBehind {
		for how, search := range strategies {
			if how == "dfs" && name == "served by a daemon" {
				continue // DFS has too many schedules here
			}
			for _, limits := range []schedrt.Limits{{Steps: 3000}, {Steps: 3000, NoDaemons: true}} {
				_, limits.AskAlways = search().(*strategy.DPOR)
				want := c.want
				if limits.NoDaemons {
					want = c.strict
				}
				all := endings(search(), limits, 200, c.program)
				if all.endings[want] != all.played || all.played == 0 {
					t.Errorf("%s, %s, %+v: %v, want only %v", name, how, limits, all.endings, want)
				}
			}
		}
	}
}

// A fatal error of the Go runtime, which ends the process, is not caught by recover.
func TestFatalErrorsAreNotRecovered(t *testing.T) {
	skipRaced(t)
	for name, program := range map[string]func(){
		"mutex":  func() { defer func() { _ = recover() }(); var mu sync.Mutex; mu.Unlock() },
		"writer": func() { defer func() { _ = recover() }(); var mu sync.RWMutex; mu.RLock(); mu.Unlock() },
		"reader": func() { defer func() { _ = recover() }(); var mu sync.RWMutex; mu.Lock(); mu.RUnlock() },
	} {
		all := explore(&strategy.DPOR{}, schedrt.Limits{AskAlways: true}, 10, program)
		if all.endings[schedrt.Panicked] != all.played {
			t.Errorf("%s: %v, want only %v", name, all.endings, schedrt.Panicked)
		}
	}
}

// A goroutine outside the scheduler may use instrumented objects while a program is played. Its
// operations are not taken for the program's.
func TestUncontrolledGoroutinesAreIgnored(t *testing.T) {
	skipRaced(t)
	var mu sync.Mutex
	var x atomic.Int64
	ch := make(chan int, 1)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			mu.Lock()
			x.Add(1)
			mu.Unlock()
			schedrt.To(ch).Send(1)
			schedrt.Recv(ch)
			runtime.Gosched()
		}
	}()
	before := x.Load()
	for x.Load() == before {
		runtime.Gosched()
	}
	var y atomic.Int64
	for range 200 {
		all := explore(&strategy.DFS{Preemptions: -1}, schedrt.Limits{}, 100, func() {
			together(func() { y.Add(1); y.Add(1) }, func() { y.Add(1); y.Add(1) })
		})
		if all.played != 6 || all.endings[schedrt.Passed] != 6 {
			t.Fatalf("%d schedules %v, want 6 that pass", all.played, all.endings)
		}
	}
	close(stop)
	<-stopped
}
