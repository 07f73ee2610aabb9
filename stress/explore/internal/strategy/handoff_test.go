package strategy_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
)

// strategies are all strategies, each at its beginning.
var strategies = map[string]func() strategy.Search{
	"random": func() strategy.Search { return strategy.NewRandom(7) },
	"pct3":   func() strategy.Search { return strategy.NewPCT(3, 7) },
	"pos":    func() strategy.Search { return strategy.NewPOS(7) },
	"dfs":    func() strategy.Search { return &strategy.DFS{Preemptions: -1} },
	"dpor":   func() strategy.Search { return &strategy.DPOR{} },
}

// abnormalEnds are programs with a goroutine that does not end by returning, and with goroutines
// left.
var abnormalEnds = map[string]func(){
	"goexit": func() {
		var x atomic.Int64
		together(
			func() { defer x.Add(1); x.Load(); runtime.Goexit() },
			func() { x.Add(1); runtime.Goexit() },
		)
	},
	"panic": func() {
		var x atomic.Int64
		together(func() { x.Add(1); panic("gone") }, func() { x.Add(1); x.Add(1) })
	},
	"left": func() {
		ch := make(chan int)
		together(func() { defer schedrt.Close(ch); schedrt.Recv(ch) }, func() { schedrt.Recv(ch) })
	},
}

// The engine can hand over between coroutines or between goroutines. Both play the same schedules,
// with the same traces.
func TestHandOffsAreInterchangeable(t *testing.T) {
	skipRaced(t)
	all := map[string]func(){}
	for seed := range uint64(60) {
		all[fmt.Sprint("drawn ", seed)] = drawn(seed)
	}
	for _, some := range []map[string]func(){programs, abnormalEnds} {
		for name, program := range some {
			all[name] = program
		}
	}
	for name, program := range all {
		for how, search := range strategies {
			coroutines := played(search(), schedrt.Limits{}, program)
			goroutines := played(search(), schedrt.Limits{Goroutines: true}, program)
			for i := range max(len(coroutines), len(goroutines)) {
				if i < min(len(coroutines), len(goroutines)) && coroutines[i] == goroutines[i] {
					continue
				}
				t.Fatalf("%s under %s: schedule %d differs (of %d and %d)",
					name, how, i, len(coroutines), len(goroutines))
			}
		}
	}
}

// played returns everything that is known about each of up to 60 schedules.
func played(search strategy.Search, limits schedrt.Limits, program func()) (all []string) {
	_, limits.AskAlways = search.(*strategy.DPOR)
	x := schedrt.New(limits)
	defer x.Close()
	recorder := &strategy.Recorder{Search: search}
	for range 60 {
		recorder.Begin(x)
		out := x.Play(recorder, program)
		line := fmt.Sprint(out.Kind, out.Message, out.Goroutine, out.Waiting,
			recorder.Schedule, recorder.Preempted)
		for i := range x.Trace.Steps {
			s := &x.Trace.Steps[i]
			line += fmt.Sprint(*s, x.Trace.Accesses(s))
		}
		all = append(all, line)
		if !recorder.Done(x) {
			break
		}
	}
	return all
}

// Goroutines that the engine keeps for the next schedule end with Close. A goroutine that called
// Goexit has ended before.
func TestCloseLeavesNoGoroutine(t *testing.T) {
	skipRaced(t)
	before := runtime.NumGoroutine()
	for _, goroutines := range []bool{false, true} {
		for _, program := range abnormalEnds {
			played(strategy.NewRandom(1), schedrt.Limits{Goroutines: goroutines}, program)
		}
	}
	for range 1000 { // they end soon after Close, and nothing announces it
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, want %d", runtime.NumGoroutine(), before)
}
