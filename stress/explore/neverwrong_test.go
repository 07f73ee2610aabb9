package explore_test

//lint:file-ignore SA2001 these programs are about the locks, not about what is done under them

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// counted is a package variable, so that its value is on the heap.
var counted *int

// oddShapes are correct programs, each of a shape that a tool for schedules may misjudge: they wait
// beside timers, count their rounds, poll, or end late.
var oddShapes = map[string]func(t *explore.T){
	"waits for a sleeper after the body": func(t *explore.T) {
		go func() {
			var wg sync.WaitGroup
			wg.Go(func() {
				for range 20 {
					time.Sleep(time.Millisecond)
				}
			})
			wg.Wait()
		}()
	},
	"many sleepers": func(t *explore.T) {
		for range 17 {
			go func() { time.Sleep(time.Nanosecond); time.Sleep(time.Nanosecond) }()
		}
	},
	"reader of ticks that another waits for": func(t *explore.T) {
		done := make(chan bool)
		go func() {
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for range 30 {
				<-tick.C
			}
			close(done)
		}()
		go func() { <-done }()
	},
	"sleeper that outlasts the daemons": func(t *explore.T) {
		done := make(chan bool)
		go func() {
			for range 1000 {
				time.Sleep(time.Millisecond)
			}
			close(done)
		}()
		go func() { <-done }()
	},
	"counts loads": func(t *explore.T) {
		var x atomic.Int64
		for range 30_000 {
			x.Load()
		}
	},
	"counts sleeps": func(t *explore.T) {
		for range 60_000 {
			time.Sleep(time.Millisecond)
		}
	},
	"counts sleeps on the heap": func(t *explore.T) {
		counted = new(int)
		for *counted < 15_000 {
			*counted++
			time.Sleep(time.Millisecond)
		}
	},
	"works until it is told to stop": func(t *explore.T) {
		var stop atomic.Bool
		var n atomic.Int64
		var wg sync.WaitGroup
		wg.Go(func() {
			for !stop.Load() {
				n.Add(1)
			}
		})
		time.Sleep(time.Millisecond)
		stop.Store(true)
		wg.Wait()
	},
	"asks before and after its work whether to stop": func(t *explore.T) {
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case <-stop:
					return
				default:
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
		time.Sleep(time.Millisecond)
		close(stop)
		<-done
	},
	"counts signals": func(t *explore.T) {
		c := sync.NewCond(new(sync.Mutex))
		for range 30_000 {
			c.Signal()
		}
	},
	"counts selects with a default": func(t *explore.T) {
		c := make(chan int)
		for range 30_000 {
			select {
			case <-c:
			default:
			}
		}
	},
	"counts on the heap, then stores": func(t *explore.T) {
		var x, y atomic.Int64
		var wg sync.WaitGroup
		n := new(int)
		wg.Go(func() {
			for *n < 15_000 {
				*n++
				x.Load()
			}
			y.Store(1)
		})
		wg.Go(func() {
			for y.Load() == 0 {
			}
		})
		wg.Wait()
	},
	"spins until a sleeper is awake": func(t *explore.T) {
		var x atomic.Int64
		go func() { time.Sleep(time.Hour); x.Store(1) }()
		for x.Load() == 0 {
		}
	},
	"yields until a sleeper is awake": func(t *explore.T) {
		var x atomic.Int64
		go func() { time.Sleep(time.Hour); x.Store(1) }()
		for x.Load() == 0 {
			runtime.Gosched()
		}
	},
	"context after the end": func(t *explore.T) {
		go func() { <-t.Context().Done() }()
	},
	"context in a cleanup": func(t *explore.T) {
		t.Cleanup(func() { <-t.Context().Done() })
	},
	"goexit of a worker": func(t *explore.T) {
		var wg sync.WaitGroup
		wg.Go(func() { runtime.Goexit() })
		wg.Wait()
	},
	"recovered panic": func(t *explore.T) {
		done := make(chan any)
		go func() {
			defer func() { done <- recover() }()
			panic("expected")
		}()
		if <-done == nil {
			t.Error("no panic")
		}
	},
	"iterator with goroutines": func(t *explore.T) {
		var all iter.Seq[int] = func(yield func(int) bool) {
			ch := make(chan int)
			go func() { defer close(ch); ch <- 1; ch <- 2 }()
			for v := range ch {
				yield(v)
			}
		}
		sum := 0
		for v := range all {
			sum += v
		}
		if sum != 3 {
			t.Error(sum)
		}
	},
	"nil channel switched off": func(t *explore.T) {
		a, b := make(chan int), make(chan int)
		go func() { a <- 1; close(a) }()
		go func() { b <- 2; close(b) }()
		for a != nil || b != nil {
			select {
			case _, ok := <-a:
				if !ok {
					a = nil
				}
			case _, ok := <-b:
				if !ok {
					b = nil
				}
			}
		}
	},
	"condition that is re-checked": func(t *explore.T) {
		var mu sync.Mutex
		c := sync.NewCond(&mu)
		ready := 0
		for range 2 {
			go func() { mu.Lock(); ready++; c.Broadcast(); mu.Unlock() }()
		}
		mu.Lock()
		for ready < 2 {
			c.Wait()
		}
		mu.Unlock()
	},
	"cancelled by its own child": func(t *explore.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("why")
		go cancel(why)
		<-ctx.Done()
		if context.Cause(ctx) != why {
			t.Error(context.Cause(ctx))
		}
	},
	"parallel subtests": func(t *explore.T) {
		var n atomic.Int64
		t.Cleanup(func() {
			if n.Load() != 2 {
				t.Error(n.Load())
			}
		})
		for _, name := range []string{"a", "b"} {
			t.Run(name, func(t *explore.T) { t.Parallel(); n.Add(1) })
		}
	},
	"daemon with a lock": func(t *explore.T) {
		var mu sync.Mutex
		n := 0
		go func() {
			for range time.Tick(time.Second) {
				mu.Lock()
				n++
				mu.Unlock()
			}
		}()
	},
	"served by a daemon": func(t *explore.T) {
		ch := make(chan int)
		go func() {
			for i := range time.Tick(time.Second) {
				select {
				case ch <- i.Second():
				default:
				}
			}
		}()
		go func() { <-ch }()
	},
	"waits for the 300th tick": func(t *explore.T) {
		done := make(chan bool)
		go func() {
			tick := time.NewTicker(time.Hour)
			defer tick.Stop()
			for range 300 {
				<-tick.C
			}
			close(done)
		}()
		<-done
	},
	"waits for 11000 short sleeps": func(t *explore.T) {
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 11_000 {
				time.Sleep(time.Millisecond)
			}
		})
		wg.Wait()
	},
	"waits for a word that a daemon counts": func(t *explore.T) {
		var n atomic.Int64
		done := make(chan bool)
		go func() {
			for range time.Tick(time.Hour) {
				if n.Add(1) == 60 {
					close(done)
				}
			}
		}()
		<-done
	},
	"waits for what a daemon serves late": func(t *explore.T) {
		var mu sync.Mutex
		served := 0
		ready := sync.NewCond(&mu)
		go func() {
			ticks := 0
			for range time.Tick(time.Second) {
				mu.Lock()
				if ticks++; ticks%20 == 0 {
					served++
					ready.Broadcast()
				}
				mu.Unlock()
			}
		}()
		mu.Lock()
		for served < 3 {
			ready.Wait()
		}
		mu.Unlock()
	},
}

// No correct program fails, however odd its shape, with any strategy.
func TestOddShapesDoNotFail(t *testing.T) {
	strategies := []string{""} // which begins with draws of every strategy
	workers := []int{1}
	if longOr(t, "strategies", 6, len(strategies)) > len(strategies) {
		strategies = append(strategies, "random", "dpor", "pct2", "pos", "dfs")
		workers = append(workers, 2)
	}
	for name, program := range oddShapes {
		t.Run(name, func(t *testing.T) {
			for _, strategy := range strategies {
				for _, processes := range workers {
					r := explore.Check(t, explore.Options{
						Strategy: strategy, Workers: processes, Schedules: 20, Time: 5 * time.Second,
					}, program)
					if r.Verdict != explore.Pass && r.Verdict != explore.Unknown || r.Bound == "state" {
						t.Errorf("%q, %d processes: %s: %s", strategy, processes, r.Verdict, r.Text)
					}
				}
			}
		})
	}
}

// The neighbours of the odd shapes that are wrong fail.
func TestWrongNeighboursOfOddShapes(t *testing.T) {
	for name, w := range map[string]struct {
		what    string
		program func(t *explore.T)
	}{
		"leak beside a sleeper": {"leak", func(t *explore.T) {
			c := make(chan int)
			go func() { <-c }()
			go func() {
				for range 20 {
					time.Sleep(time.Millisecond)
				}
			}()
		}},
		"leak beside a daemon with a lock": {"leak", func(t *explore.T) {
			c := make(chan int)
			var mu sync.Mutex
			go func() { <-c }()
			go func() {
				for range time.Tick(time.Second) {
					mu.Lock()
					mu.Unlock()
				}
			}()
		}},
		"deadlock beside a ticker": {"deadlock", func(t *explore.T) {
			go func() {
				for range time.Tick(time.Second) {
				}
			}()
			<-make(chan int)
		}},
		"deadlock beside a daemon with a lock of its own": {"deadlock", func(t *explore.T) {
			var lock atomic.Int32
			n := 0
			go func() {
				for range time.Tick(time.Second) {
					for !lock.CompareAndSwap(0, 1) {
						runtime.Gosched()
					}
					n++
					lock.Store(0)
				}
			}()
			<-make(chan int)
		}},
		"leak after many sleeps": {"leak", func(t *explore.T) {
			go func() {
				for range 40 {
					time.Sleep(time.Millisecond)
				}
				select {}
			}()
		}},
		"panic after many sleeps": {"panic: late", func(t *explore.T) {
			go func() {
				for range 40 {
					time.Sleep(time.Millisecond)
				}
				panic("late")
			}()
		}},
		"spins for ever": {"livelock", func(t *explore.T) {
			var x atomic.Int64
			for x.Load() == 0 {
			}
		}},
		"sleeps and looks for ever": {"livelock", func(t *explore.T) {
			var x atomic.Int64
			for x.Load() == 0 {
				time.Sleep(time.Millisecond)
			}
		}},
		"sleeps and tries a lock for ever": {"livelock", func(t *explore.T) {
			var mu sync.Mutex
			mu.Lock()
			for !mu.TryLock() {
				time.Sleep(time.Millisecond)
			}
		}},
		"two sleep and look under a lock for ever": {"livelock", func(t *explore.T) {
			var mu sync.Mutex
			ready := false
			poll := func() {
				for d := time.Millisecond; ; d = min(2*d, time.Second) {
					mu.Lock()
					r := ready
					mu.Unlock()
					if r {
						return
					}
					time.Sleep(d)
				}
			}
			go poll()
			poll()
		}},
		"context that nothing ends": {"leak", func(t *explore.T) {
			ctx, cancel := context.WithCancel(context.Background())
			_ = cancel
			go func() { <-ctx.Done() }()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 20, Steps: 20_000}, w.program)
			if r.Verdict != explore.Fail || r.What != w.what {
				t.Errorf("%s, %q, want fail with %q: %s", r.Verdict, r.What, w.what, r.Text)
			}
		})
	}
}

// A loop that counts further than the bound on steps has no end that is known. If its local variables
// come to the same values again and again, it is a livelock.
func TestCountingIsNoLivelock(t *testing.T) {
	longtest.NeedCI(t, "TestOddShapesDoNotFail and TestWrongNeighboursOfOddShapes, whose loops count or spin")
	check := func(programs map[string]func(t *explore.T), verdict explore.Verdict, bound, what string) {
		for name, program := range programs {
			t.Run(name, func(t *testing.T) {
				r := explore.Check(t, explore.Options{Schedules: 4, Steps: 10_000}, program)
				if r.Verdict != verdict || r.Bound != bound || r.What != what {
					t.Errorf("%s, bound %q, %q, want %s, %q, %q: %s", r.Verdict, r.Bound, r.What, verdict,
						bound, what, r.Text)
				}
			})
		}
	}
	check(map[string]func(t *explore.T){
		"counts loads": func(t *explore.T) {
			var x atomic.Int64
			for range 12_000 {
				x.Load()
			}
		},
		"counts yields": func(t *explore.T) {
			for range 12_000 {
				runtime.Gosched()
			}
		},
		"counts sleeps": func(t *explore.T) {
			for range 12_000 {
				time.Sleep(time.Millisecond)
			}
		},
		"counts in a function, with two words": func(t *explore.T) {
			var x, y atomic.Int64
			both := func(i int) bool { return x.Load() != 0 || y.Load() != 0 && i > 0 }
			for i := 0; i < 6_000 && !both(i); i++ {
			}
		},
	}, explore.Unknown, "steps", "")
	check(map[string]func(t *explore.T){
		"spins over a ring for ever": func(t *explore.T) {
			var ring [5]atomic.Int64
			for i := 0; ring[i].Load() == 0; i = (i + 1) % len(ring) {
			}
		},
		"spins with a back-off that has an end": func(t *explore.T) {
			var a atomic.Bool
			for tries := 0; !a.Load(); tries = min(tries+1, 10) {
				if tries == 10 {
					runtime.Gosched()
				}
			}
		},
	}, explore.Fail, "", "livelock")
}

// countPlay counts the plays of a body in this process and returns the count. Package variables and
// the environment begin anew in each schedule. The runtime's limit of threads does not, and a call
// that sets it returns the limit before.
func countPlay() int {
	const first = 20_000 // above the default, so that the limit never matters
	n := max(0, debug.SetMaxThreads(first)-first) + 1
	debug.SetMaxThreads(first + n)
	return n
}

// A failure that comes only after other schedules is no failure of its schedule: the result is
// unknown, says so, and names what differs. It is never a pass, whichever play fails.
func TestFailureOfTheProcessIsUnknown(t *testing.T) {
	for _, nth := range []int{2, 7, 8, 9, 50} {
		r := explore.Check(t, explore.Options{Schedules: 400}, func(t *explore.T) {
			var n atomic.Int64
			var wg sync.WaitGroup
			wg.Go(func() { n.Add(1) })
			wg.Go(func() { n.Add(1) })
			if countPlay() == nth {
				panic("by what is left")
			}
			wg.Wait()
		})
		if r.Verdict != explore.Unknown || r.Bound != "state" ||
			!strings.HasPrefix(r.Text, "depends on ") {
			t.Errorf("panics in play %d: %s, bound %q: %s", nth, r.Verdict, r.Bound, r.Text)
		}
	}
}

// A process that dies is a failure, with its last words, if a fresh one dies, too.
func TestDeathIsAVerdict(t *testing.T) {
	r := explore.Check(t, explore.Options{Schedules: 10}, func(t *explore.T) {
		debug.SetMaxStack(1 << 16)
		t.Log(deeper(1))
	})
	if r.Verdict != explore.Fail || r.What != "the process ended" {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}

// deeper recurses until the stack is full: the test wants a death that no recover stops.
//
//lint:ignore SA5007 the recursion without an end is the subject
func deeper(n int) int { return deeper(n+1) + n }

// A body that skips itself is a test that is skipped, with its reason.
func TestSkipOfTheBody(t *testing.T) {
	r := explore.Check(t, explore.Options{}, func(t *explore.T) { t.Skip("not today") })
	if !r.Skipped || !strings.Contains(r.Text, "not today") {
		t.Errorf("skipped %v: %s", r.Skipped, r.Text)
	}
	r = explore.Check(t, explore.Options{}, func(t *explore.T) {
		var n atomic.Int64
		go n.Store(1)
		if n.Load() == 1 {
			t.Skip("in one schedule only")
		}
	})
	if r.Skipped || r.Verdict != explore.Pass {
		t.Errorf("skipped %v, %s: %s", r.Skipped, r.Verdict, r.Text)
	}
}

// The bound on time cuts in the middle of a schedule that would go on for ever.
func TestTimeCutsASchedule(t *testing.T) {
	r := explore.Check(t, explore.Options{Time: 50 * time.Millisecond, Steps: 1 << 30},
		func(t *explore.T) {
			for n := new(atomic.Int64); n.Add(1) < 1<<40; {
			}
		})
	if r.Verdict != explore.Unknown || r.Bound != "time" {
		t.Errorf("%s, bound %q: %s", r.Verdict, r.Bound, r.Text)
	}
}
