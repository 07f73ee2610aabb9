package strategy_test

//lint:file-ignore SA2001 these programs are about the locks, not about what is done under them

import (
	std "context"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	"github.com/semabench/semabench/stress/explore/shim/context"
	"github.com/semabench/semabench/stress/explore/shim/sync"
	"github.com/semabench/semabench/stress/explore/shim/time"
)

// counts are the results of exploring a program.
type counts struct {
	played, pruned int
	classes        map[string]int         // schedules by class
	endings        map[schedrt.Ending]int // schedules by outcome
	complete       bool                   // the strategy came to its end
}

// explore plays at most most schedules of a program, and counts them by class and by outcome.
func explore(search strategy.Search, limits schedrt.Limits, most int, program func()) counts {
	x := schedrt.New(limits)
	defer x.Close()
	all := counts{classes: map[string]int{}, endings: map[schedrt.Ending]int{}}
	for all.played+all.pruned < most {
		search.Begin(x)
		out := x.Play(search, program)
		if out.Kind == schedrt.Pruned {
			all.pruned++
		} else {
			all.played++
			all.classes[strategy.Class(&x.Trace)]++
			all.endings[out.Kind]++
		}
		if !search.Done(x) {
			all.complete = true
			break
		}
	}
	return all
}

// skipRaced skips t under the race detector, which would report the engine itself here. Where the
// engine is used, it is compiled without the detector.
func skipRaced(t *testing.T) {
	t.Helper()
	if schedrt.RaceEnabled {
		t.Skip(
			"the race detector would report the engine, which is elsewhere compiled without it: " +
				"scripts/exhaust.sh runs this test without the detector",
		)
	}
}

// together starts a goroutine for each function, and does not wait for them.
func together(fs ...func()) {
	for _, f := range fs {
		schedrt.Go(f)
	}
}

// The numbers of schedules are counted by hand: n goroutines with k operations each have
// (nk)!/(k!)^n.
func TestDFSPlaysEverySchedule(t *testing.T) {
	skipRaced(t)
	var x, y, z atomic.Int64
	twice := func(a *atomic.Int64) func() { return func() { a.Add(1); a.Add(1) } }
	for _, c := range []struct {
		name    string
		program func()
		want    int
	}{
		{"two of two, one word", func() { together(twice(&x), twice(&x)) }, 6},     // 4!/(2!2!)
		{"two of two, two words", func() { together(twice(&x), twice(&y)) }, 6},    // DFS reduces nothing
		{"three of two", func() { together(twice(&x), twice(&x), twice(&x)) }, 90}, // 6!/(2!)^3
		{"three of one", func() { together(func() { x.Add(1) }, func() { y.Add(1) }, func() { z.Load() }) }, 6},
		{"one of two", func() { twice(&x)() }, 1},
		{"a lock", func() {
			var mu sync.Mutex
			f := func() { mu.Lock(); mu.Unlock() }
			together(f, f)
		}, 2}, // either goroutine locks first; the other one can move only after the Unlock
		{"a lock, and one word", func() {
			var mu sync.Mutex
			together(func() { mu.Lock(); mu.Unlock() }, func() { x.Add(1) })
		}, 3},
	} {
		got := explore(&strategy.DFS{Preemptions: -1}, schedrt.Limits{}, 1e6, c.program)
		if got.played != c.want || !got.complete {
			t.Errorf("%s: %d schedules, complete: %v; want %d", c.name, got.played, got.complete,
				c.want)
		}
	}
}

// programs are the programs on which DPOR is compared with DFS.
var programs = map[string]func(){
	"two words": func() {
		var x, y atomic.Int64
		together(func() { x.Add(1); y.Load() }, func() { y.Add(1); x.Load() })
	},
	"readers": func() {
		var x atomic.Int64
		together(func() { x.Load(); x.Load() }, func() { x.Load() }, func() { x.Store(1) })
	},
	"locks": func() {
		var a, b sync.Mutex
		f := func() { a.Lock(); b.Lock(); b.Unlock(); a.Unlock() }
		together(f, f, func() { b.Lock(); b.Unlock() })
	},
	"lock order": func() {
		var a, b sync.Mutex
		together(
			func() { a.Lock(); b.Lock(); b.Unlock(); a.Unlock() },
			func() { b.Lock(); a.Lock(); a.Unlock(); b.Unlock() },
		)
	},
	"try": func() {
		var mu sync.Mutex
		f := func() {
			if mu.TryLock() {
				mu.Unlock()
			}
		}
		together(f, f, func() { mu.Lock(); mu.Unlock() })
	},
	"channel": func() {
		ch := make(chan int)
		together(
			func() { schedrt.To(ch).Send(1) },
			func() { schedrt.To(ch).Send(2) },
			func() { schedrt.Recv(ch); schedrt.Recv(ch) },
		)
	},
	"buffer": func() {
		ch := make(chan int, 1)
		together(
			func() { schedrt.To(ch).Send(1); schedrt.To(ch).Send(2) },
			func() { schedrt.To(ch).Send(3) },
			func() { schedrt.Recv(ch); schedrt.Recv(ch) },
		)
	},
	"select": func() {
		a, b := make(chan int, 1), make(chan int, 1)
		together(func() { schedrt.To(a).Send(1) }, func() { schedrt.To(b).Send(1) }, func() {
			schedrt.Select(false, schedrt.From(a), schedrt.From(b))
			schedrt.Select(true, schedrt.From(a), schedrt.From(b))
		})
	},
	"select between": func() {
		a, b := make(chan int), make(chan int)
		together(func() { schedrt.Select(false, schedrt.From(a), schedrt.From(b)) },
			func() { schedrt.Select(true, schedrt.To(a).Case(1)) },
			func() { schedrt.Select(true, schedrt.To(b).Case(1)) })
	},
	"cond": func() {
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		ready := false
		together(func() {
			mu.Lock()
			for !ready {
				cond.Wait()
			}
			mu.Unlock()
		}, func() { mu.Lock(); ready = true; mu.Unlock(); cond.Signal() })
	},
	"readers and writers": func() {
		var mu sync.RWMutex
		r := func() { mu.RLock(); mu.RUnlock() }
		together(r, r, func() { mu.Lock(); mu.Unlock() })
	},
	"wait group": func() {
		var wg sync.WaitGroup
		var x atomic.Int64
		for range 2 {
			wg.Go(func() { x.Add(1) })
		}
		wg.Wait()
		x.Load()
	},
	"stopped timer": func() {
		var x atomic.Int64
		timer := time.AfterFunc(1, func() { x.Add(1) })
		together(func() { x.Load(); timer.Stop(); x.Load() })
	},
	"timers at once": func() {
		a, b := time.NewTimer(1), time.NewTimer(1)
		together(func() { schedrt.Select(false, schedrt.From(a.C), schedrt.From(b.C)); b.Stop() })
	},
	"map": func() {
		var m sync.Map
		together(
			func() { m.Store(1, 1); m.Load(2) },
			func() { m.LoadOrStore(2, 2); m.Delete(1) },
			func() {
				m.Range(func(key, value any) bool { return true })
			},
		)
	},
	"pool": func() {
		var p sync.Pool
		f := func() { p.Put(1); p.Get() }
		together(f, f)
	},
	"family": func() {
		ctx, cancel := context.WithCancel(std.Background())
		kid, _ := context.WithCancel(ctx)
		stop := context.AfterFunc(ctx, func() { kid.Err() })
		together(func() { cancel() }, func() { kid.Err(); stop() })
	},
	"deadline": func() {
		ctx, cancel := context.WithTimeout(std.Background(), 1)
		together(func() { ctx.Err() }, func() { cancel() })
	},
	"cancel": func() {
		ctx, cancel := context.WithCancel(std.Background())
		var x atomic.Int64
		stop := context.AfterFunc(ctx, func() { x.Add(1) })
		together(func() { cancel() }, func() { stop(); x.Load() })
	},
}

// DPOR plays all classes that DFS plays, and each of them once.
func TestDPORPlaysOneOfEachClass(t *testing.T) {
	skipRaced(t)
	for name, program := range programs {
		t.Run(name, func(t *testing.T) { mustCover(t, program) })
	}
}

// mustCover compares DPOR with DFS on a program.
func mustCover(t *testing.T, program func()) {
	t.Helper()
	const most = 100_000
	all := explore(&strategy.DFS{Preemptions: -1}, schedrt.Limits{}, most, program)
	if !all.complete || all.endings[schedrt.Panicked] > 0 {
		t.Skipf("not compared: %d schedules are too many, or a panic cuts some off: %v",
			all.played, all.endings)
	}
	one := explore(&strategy.DPOR{}, schedrt.Limits{AskAlways: true}, most, program)
	t.Logf("%d schedules in %d classes %v; DPOR played %d and pruned %d %v",
		all.played, len(all.classes), all.endings, one.played, one.pruned, one.endings)
	if !one.complete || one.played != len(one.classes) {
		t.Errorf("DPOR played %d schedules of %d classes; complete: %v", one.played,
			len(one.classes), one.complete)
	}
	for class := range all.classes {
		if one.classes[class] == 0 {
			t.Fatalf("DPOR missed a class:\n%s", class)
		}
	}
	for class := range one.classes {
		if all.classes[class] == 0 {
			t.Fatalf("DPOR played a class that DFS did not:\n%s", class)
		}
	}
}
