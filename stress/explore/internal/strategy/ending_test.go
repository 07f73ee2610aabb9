package strategy_test

import (
	"runtime"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/sched"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	runtimes "github.com/semabench/semabench/stress/explore/shim/runtime"
	"github.com/semabench/semabench/stress/explore/shim/sync"
	"github.com/semabench/semabench/stress/explore/shim/time"
)

// lingering are programs that return with somebody left, and how each of their schedules has to end.
var lingering = map[string]struct {
	program func()
	want    sched.Ending // with daemons
	strict  sched.Ending // without
}{
	"ticker": {func() {
		tick := time.NewTicker(1)
		sched.Go(func() {
			for {
				sched.Recv(tick.C)
			}
		})
	}, sched.Passed, sched.Leak},
	"sleeper": {func() {
		sched.Go(func() {
			for {
				time.Sleep(1)
			}
		})
	}, sched.Passed, sched.Leak},
	"select with a timer": {func() {
		stop := make(chan int)
		sched.Go(func() {
			for {
				sched.Select(false, sched.From(stop), sched.From(time.After(1)))
			}
		})
	}, sched.Passed, sched.Leak},
	"timer that sets itself": {func() {
		var timer *time.Timer
		timer = time.AfterFunc(1, func() { timer.Reset(1) })
	}, sched.Passed, sched.Passed},
	"sleeps and ends": {func() {
		sched.Go(func() { time.Sleep(1); time.Sleep(1) })
	}, sched.Passed, sched.Passed},
	"sleeps and waits": {func() {
		ch := make(chan int)
		sched.Go(func() { time.Sleep(1); sched.Recv(ch) })
	}, sched.Leak, sched.Leak},
	"stopped ticker": {func() {
		tick := time.NewTicker(1)
		tick.Stop()
		sched.Go(func() { sched.Recv(tick.C) })
	}, sched.Leak, sched.Leak},
	"waits beside a daemon": {func() {
		ch := make(chan int)
		sched.Go(func() {
			for {
				time.Sleep(1)
			}
		})
		sched.Go(func() { sched.Recv(ch) })
	}, sched.Leak, sched.Leak},
	"served by a daemon": {func() {
		ch := make(chan int, 1)
		sched.Go(func() {
			for {
				time.Sleep(1)
				sched.Select(true, sched.To(ch).Case(1))
			}
		})
		sched.Go(func() { sched.Recv(ch) })
	}, sched.Passed, sched.Leak},
}

func TestWhoLivesOnIsNoLeak(t *testing.T) {
	skipRaced(t)
	for name, c := range lingering {
		for how, search := range strategies {
			if how == "dfs" && name == "served by a daemon" {
				continue // which has far more schedules than classes
			}
			for _, limits := range []sched.Limits{{}, {NoDaemons: true}} {
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

// endings is explore without the classes, which take long to tell for executions that are long.
func endings(search strategy.Search, limits sched.Limits, most int, program func()) tally {
	x := sched.New(limits)
	defer x.Close()
	all := tally{endings: map[sched.Ending]int{}}
	for range most {
		search.Begin(x)
		if out := x.Play(search, program); out.Kind != sched.Pruned {
			all.played++
			all.endings[out.Kind]++
		}
		if !search.Done(x) {
			all.complete = true
			break
		}
	}
	return all
}

// spinning are programs with a loop that looks until something changes, and how they may end.
var spinning = map[string]struct {
	program func()
	endings []sched.Ending
}{
	"load": {func() {
		var x atomic.Int64
		together(func() { x.Store(1) }, func() {
			for x.Load() == 0 {
			}
		})
	}, []sched.Ending{sched.Passed}},
	"swap": {func() {
		var x atomic.Int64
		locked := func() {
			for !x.CompareAndSwap(0, 1) {
			}
			x.Store(0)
		}
		together(locked, locked)
	}, []sched.Ending{sched.Passed}},
	"look, then yield": {func() {
		var x atomic.Int64
		together(func() { x.Store(1); x.Store(2) }, func() {
			for x.Load() != 2 {
				for range 64 {
					if x.Load() == 2 {
						return
					}
				}
				runtimes.Gosched()
			}
		})
	}, []sched.Ending{sched.Passed}},
	"try": {func() {
		var mu sync.Mutex
		locked := func() {
			for !mu.TryLock() {
				runtimes.Gosched()
			}
			mu.Unlock()
		}
		together(locked, locked)
	}, []sched.Ending{sched.Passed}},
	"map": {func() {
		var m sync.Map
		together(func() { m.Store(1, 1) }, func() {
			for _, ok := m.Load(1); !ok; _, ok = m.Load(1) {
			}
		})
	}, []sched.Ending{sched.Passed}},
	"poll": {func() {
		ch := make(chan int, 1)
		together(func() { sched.To(ch).Send(1) }, func() {
			for sched.Select(true, sched.From(ch)) < 0 {
			}
		})
	}, []sched.Ending{sched.Passed}},
	"for ever": {func() {
		var x atomic.Int64
		together(func() { x.Store(1) }, func() {
			for x.Load() != 2 {
			}
		})
	}, []sched.Ending{sched.Livelock}},
	"both for ever": {func() {
		var x, y atomic.Int64
		wait := func(own, other *atomic.Int64) func() {
			return func() {
				own.Store(1)
				for other.Load() == 1 {
					runtimes.Gosched()
				}
			}
		}
		together(wait(&x, &y), wait(&y, &x))
	}, []sched.Ending{sched.Livelock}},
}

// No strategy is kept from its end by a loop that spins, and none takes one for an endless program.
func TestSpinLoopsComeToAnEnd(t *testing.T) {
	skipRaced(t)
	for name, c := range spinning {
		for how, search := range strategies {
			limits := sched.Limits{Livelock: 300}
			_, limits.AskAlways = search().(*strategy.DPOR)
			all := endings(search(), limits, 3000, c.program)
			left := all.played
			for _, ending := range c.endings {
				left -= all.endings[ending]
			}
			if left > 0 {
				t.Errorf("%s, %s: %v, want only %v", name, how, all.endings, c.endings)
			}
			if exhausts := how == "dfs" || how == "dpor"; exhausts && !all.complete {
				t.Errorf("%s: not exhausted by %s in %d schedules", name, how, all.played)
			}
			for _, ending := range c.endings {
				if all.endings[ending] == 0 {
					t.Errorf("%s, %s: no schedule ends in %v", name, how, ending)
				}
			}
		}
	}
}

// What ends a process cannot be recovered from.
func TestFatalErrorsAreNotRecovered(t *testing.T) {
	skipRaced(t)
	for name, program := range map[string]func(){
		"mutex":  func() { defer func() { _ = recover() }(); var mu sync.Mutex; mu.Unlock() },
		"writer": func() { defer func() { _ = recover() }(); var mu sync.RWMutex; mu.RLock(); mu.Unlock() },
		"reader": func() { defer func() { _ = recover() }(); var mu sync.RWMutex; mu.Lock(); mu.RUnlock() },
	} {
		if all := explore(&strategy.DPOR{}, sched.Limits{AskAlways: true}, 10, program); all.endings[sched.Panicked] != all.played {
			t.Errorf("%s: %v, want only %v", name, all.endings, sched.Panicked)
		}
	}
}

// A goroutine that is not under control may use what is instrumented while a program is played.
func TestStrangersAreNotTakenForTheProgram(t *testing.T) {
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
			sched.To(ch).Send(1)
			sched.Recv(ch)
			runtime.Gosched()
		}
	}()
	before := x.Load()
	for x.Load() == before {
		runtime.Gosched()
	}
	var y atomic.Int64
	for range 200 {
		all := explore(&strategy.DFS{Preemptions: -1}, sched.Limits{}, 100, func() {
			together(func() { y.Add(1); y.Add(1) }, func() { y.Add(1); y.Add(1) })
		})
		if all.played != 6 || all.endings[sched.Passed] != 6 {
			t.Fatalf("%d schedules %v, want 6 that pass", all.played, all.endings)
		}
	}
	close(stop)
	<-stopped
}
