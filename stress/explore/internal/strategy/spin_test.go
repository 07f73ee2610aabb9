package strategy_test

import (
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	runtimes "github.com/semabench/semabench/stress/explore/shim/runtime"
	"github.com/semabench/semabench/stress/explore/shim/sync"
)

// endings is explore without the classes, which are expensive to compute for long executions.
func endings(search strategy.Search, limits schedrt.Limits, most int, program func()) counts {
	x := schedrt.New(limits)
	defer x.Close()
	all := counts{endings: map[schedrt.Ending]int{}}
	for range most {
		search.Begin(x)
		if out := x.Play(search, program); out.Kind != schedrt.Pruned {
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

// spinning are programs with a loop that polls until a value changes, and how their schedules may
// end.
var spinning = map[string]struct {
	program func()
	endings []schedrt.Ending
}{
	"load": {func() {
		var x atomic.Int64
		together(func() { x.Store(1) }, func() {
			for x.Load() == 0 {
			}
		})
	}, []schedrt.Ending{schedrt.Passed}},
	"swap": {func() {
		var x atomic.Int64
		locked := func() {
			for !x.CompareAndSwap(0, 1) {
			}
			x.Store(0)
		}
		together(locked, locked)
	}, []schedrt.Ending{schedrt.Passed}},
	"poll, then yield": {func() {
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
	}, []schedrt.Ending{schedrt.Passed}},
	"try": {func() {
		var mu sync.Mutex
		locked := func() {
			for !mu.TryLock() {
				runtimes.Gosched()
			}
			mu.Unlock()
		}
		together(locked, locked)
	}, []schedrt.Ending{schedrt.Passed}},
	"map": {func() {
		var m sync.Map
		together(func() { m.Store(1, 1) }, func() {
			for _, ok := m.Load(1); !ok; _, ok = m.Load(1) {
			}
		})
	}, []schedrt.Ending{schedrt.Passed}},
	"poll": {func() {
		ch := make(chan int, 1)
		together(func() { schedrt.To(ch).Send(1) }, func() {
			for schedrt.Select(true, schedrt.From(ch)) < 0 {
			}
		})
	}, []schedrt.Ending{schedrt.Passed}},
	"for ever": {func() {
		var x atomic.Int64
		together(func() { x.Store(1) }, func() {
			for x.Load() != 2 {
			}
		})
	}, []schedrt.Ending{schedrt.Livelock}},
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
	}, []schedrt.Ending{schedrt.Livelock}},
}

// A spin loop neither keeps a strategy from its end, nor is it taken for an endless program.
func TestSpinLoopsEnd(t *testing.T) {
	skipRaced(t)
	const most = 3000
	drawn := longtest.Or(t, "schedules of each strategy that draws them", most, 300)
	for name, c := range spinning {
		for how, search := range strategies {
			limits := schedrt.Limits{Livelock: 300}
			_, limits.AskAlways = search().(*strategy.DPOR)
			exhausts, schedules := how == "dfs" || how == "dpor", drawn
			if exhausts {
				schedules = most
			}
			all := endings(search(), limits, schedules, c.program)
			left := all.played
			for _, ending := range c.endings {
				left -= all.endings[ending]
			}
			if left > 0 {
				t.Errorf("%s, %s: %v, want only %v", name, how, all.endings, c.endings)
			}
			if exhausts && !all.complete {
				t.Errorf("%s: %s is not complete after %d schedules", name, how, all.played)
			}
			for _, ending := range c.endings {
				if all.endings[ending] == 0 {
					t.Errorf("%s, %s: no schedule ends in %v", name, how, ending)
				}
			}
		}
	}
}
