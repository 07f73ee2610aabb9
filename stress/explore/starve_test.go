package explore_test

//lint:file-ignore SA2001 these programs are about the locks, not about what is done under them

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// passers starts goroutines that call f until stop is called.
func passers(n int, f func()) (stop func()) {
	var served atomic.Bool
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for !served.Load() {
				f()
			}
		})
	}
	return func() { served.Store(true); wg.Wait() }
}

// A stolenGate is a lock of one permit on a Cond: a goroutine that comes may take the permit before a
// goroutine that was woken for it.
type stolenGate struct {
	mu   sync.Mutex
	free sync.Cond
	busy bool
}

func newStolenGate() *stolenGate {
	g := &stolenGate{}
	g.free.L = &g.mu
	return g
}

func (g *stolenGate) lock() {
	g.mu.Lock()
	for g.busy {
		g.free.Wait()
	}
	g.busy = true
	g.mu.Unlock()
}

func (g *stolenGate) unlock() {
	g.mu.Lock()
	g.busy = false
	g.mu.Unlock()
	g.free.Signal()
}

// A turnGate is a stolenGate that serves in the order of tickets.
type turnGate struct {
	mu           sync.Mutex
	free         sync.Cond
	next, serves int
}

func (g *turnGate) lock() {
	g.mu.Lock()
	ticket := g.next
	g.next++
	for g.serves != ticket {
		g.free.Wait()
	}
	g.mu.Unlock()
}

func (g *turnGate) unlock() {
	g.mu.Lock()
	g.serves++
	g.mu.Unlock()
	g.free.Broadcast()
}

// A readersFirst lock lets readers in while a writer waits.
type readersFirst struct {
	mu      sync.Mutex
	none    sync.Cond
	readers int
	fair    bool // readers wait for a writer that waits
	writers int
}

func (l *readersFirst) rlock() {
	l.mu.Lock()
	for l.fair && l.writers > 0 {
		l.none.Wait()
	}
	l.readers++
	l.mu.Unlock()
}

func (l *readersFirst) runlock() {
	l.mu.Lock()
	if l.readers--; l.readers == 0 {
		l.none.Broadcast()
	}
	l.mu.Unlock()
}

func (l *readersFirst) write() {
	l.mu.Lock()
	l.writers++
	for l.readers > 0 {
		l.none.Wait()
	}
	l.writers--
	l.none.Broadcast()
	l.mu.Unlock()
}

// starving are bodies in which the goroutine that calls stop can be passed for ever.
var starving = map[string]func(t *explore.T){
	"TryLock with Gosched": func(t *explore.T) {
		var mu sync.Mutex
		stop := passers(2, func() { mu.Lock(); runtime.Gosched(); mu.Unlock() })
		for !mu.TryLock() {
			runtime.Gosched()
		}
		mu.Unlock()
		stop()
	},
	"compare-and-swap in a spin": func(t *explore.T) {
		var word atomic.Int32
		lock := func() {
			for !word.CompareAndSwap(0, 1) {
			}
		}
		stop := passers(2, func() { lock(); word.Store(0) })
		lock()
		word.Store(0)
		stop()
	},
	"Cond, stolen by newcomers": func(t *explore.T) {
		g := newStolenGate()
		stop := passers(2, func() { g.lock(); g.unlock() })
		g.lock()
		g.unlock()
		stop()
	},
	"sleeps and tries": func(t *explore.T) {
		var busy atomic.Bool
		stop := passers(1, func() {
			busy.Store(true)
			time.Sleep(time.Millisecond)
			busy.Store(false)
			runtime.Gosched()
		})
		for busy.Load() || !busy.CompareAndSwap(false, true) {
			time.Sleep(time.Millisecond)
		}
		busy.Store(false)
		stop()
	},
	"a writer behind readers": func(t *explore.T) {
		l := &readersFirst{}
		l.none.L = &l.mu
		stop := passers(2, func() { l.rlock(); runtime.Gosched(); l.runlock() })
		l.write()
		stop()
	},
	"a retry that a neighbour breaks": func(t *explore.T) {
		var n atomic.Int64
		stop := passers(1, func() { n.Store(n.Load() ^ 1) })
		for {
			if old := n.Load(); n.CompareAndSwap(old, old+2) {
				break
			}
		}
		stop()
	},
	"TryLock without a pause": func(t *explore.T) {
		var mu sync.Mutex
		stop := passers(2, func() { mu.Lock(); mu.Unlock() })
		for !mu.TryLock() {
		}
		mu.Unlock()
		stop()
	},
}

// served are right neighbours: each goroutine is served after a bounded number of turns of the others.
var served = map[string]func(t *explore.T){
	"sync.Mutex": func(t *explore.T) {
		var mu sync.Mutex
		stop := passers(2, func() { mu.Lock(); runtime.Gosched(); mu.Unlock() })
		mu.Lock()
		mu.Unlock()
		stop()
	},
	"tickets": func(t *explore.T) {
		g := &turnGate{}
		g.free.L = &g.mu
		stop := passers(2, func() { g.lock(); g.unlock() })
		g.lock()
		g.unlock()
		stop()
	},
	"ticket spin lock": func(t *explore.T) {
		var next, serves atomic.Int64
		lock := func() {
			for ticket := next.Add(1) - 1; serves.Load() != ticket; {
				runtime.Gosched()
			}
		}
		stop := passers(2, func() { lock(); serves.Add(1) })
		lock()
		serves.Add(1)
		stop()
	},
	"a channel of permits": func(t *explore.T) {
		permits := make(chan int, 1)
		permits <- 0
		stop := passers(2, func() { p := <-permits; runtime.Gosched(); permits <- p })
		permits <- <-permits
		stop()
	},
	"a writer before readers": func(t *explore.T) {
		l := &readersFirst{fair: true}
		l.none.L = &l.mu
		stop := passers(2, func() { l.rlock(); runtime.Gosched(); l.runlock() })
		l.write()
		stop()
	},
	"sync.RWMutex": func(t *explore.T) {
		var mu sync.RWMutex
		stop := passers(2, func() { mu.RLock(); runtime.Gosched(); mu.RUnlock() })
		mu.Lock()
		mu.Unlock()
		stop()
	},
	"select with a busy neighbour": func(t *explore.T) {
		busy, quiet := make(chan int), make(chan int)
		done := make(chan int)
		go func() {
			for {
				select {
				case <-busy:
				case <-quiet:
					close(done)
					return
				}
			}
		}()
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case busy <- 1:
				case <-done:
					return
				}
			}
		})
		quiet <- 1
		wg.Wait()
	},
	"gives up trying": func(t *explore.T) {
		var mu sync.Mutex
		stop := passers(2, func() { mu.Lock(); runtime.Gosched(); mu.Unlock() })
		for range 20 {
			if mu.TryLock() {
				mu.Unlock()
				stop()
				return
			}
			runtime.Gosched()
		}
		mu.Lock()
		mu.Unlock()
		stop()
	},
	"counts to a bound above a thousand": func(t *explore.T) {
		var mu sync.Mutex
		stop := passers(2, func() { mu.Lock(); runtime.Gosched(); mu.Unlock() })
		for range 100_000 {
			if mu.TryLock() {
				mu.Unlock()
				break
			}
		}
		stop()
	},
	"no loop at all": twoAdd,
}

// The strategy starve finds a goroutine that others can pass for ever, and the command of the failure finds
// it again. A right neighbour passes: nothing is found, and the result is unknown.
func TestStarvation(t *testing.T) {
	quick := []string{"Cond, stolen by newcomers", "TryLock without a pause", "gives up trying", "tickets"}
	for name, body := range starving {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(quick, name) {
				longtest.NeedCI(t, "the quick bodies of this test")
			}
			r := explore.Check(t, explore.Options{Strategy: "starve"}, body)
			again := explore.Check(t, explore.Options{Strategy: r.Strategy}, body)
			if r.Verdict != explore.Fail || !strings.Contains(r.What, "can be passed for ever") ||
				!strings.Contains(r.Text, "-explore.strategy="+r.Strategy+"\n") {
				t.Errorf("%s %q, want starvation\n%s", r.Verdict, r.What, r.Text)
			}
			if again.What != r.What || again.Text != r.Text {
				t.Errorf("the replay of %s is %q, want %q:\n%s", r.Strategy, again.What, r.What, again.Text)
			}
		})
	}
	for name, body := range served {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(quick, name) {
				longtest.NeedCI(t, "the quick bodies of this test")
			}
			r := explore.Check(t, explore.Options{Strategy: "starve"}, body)
			if r.Verdict != explore.Unknown {
				t.Errorf("%s %q, want unknown\n%s", r.Verdict, r.What, r.Text)
			}
		})
	}
}

// A body that fails in another way is told at once, by its schedule: in one of the first schedules, which all
// strategies play, or in a schedule that only a pattern of passing plays.
func TestStarvationOther(t *testing.T) {
	for name, c := range map[string]struct {
		body     func(t *explore.T)
		strategy string
	}{
		"lock order": {func(*explore.T) {
			var a, b sync.Mutex
			var wg sync.WaitGroup
			wg.Go(func() { a.Lock(); b.Lock(); b.Unlock(); a.Unlock() })
			wg.Go(func() { b.Lock(); a.Lock(); a.Unlock(); b.Unlock() })
			wg.Wait()
		}, "random"},
		"a long pass": {func(t *explore.T) {
			var n atomic.Int32
			var wg sync.WaitGroup
			wg.Go(func() {
				for range 100 {
					n.Add(1)
				}
			})
			wg.Go(func() {
				if before := n.Load(); n.Load() == before+8 {
					t.Error("8 steps came between")
				}
			})
			wg.Wait()
		}, "starve"},
	} {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Strategy: "starve"}, c.body)
			if r.Verdict != explore.Fail || r.Strategy != c.strategy || r.Schedule == "" || r.Decision == nil ||
				!strings.Contains(r.Text, "-explore.schedule="+r.Schedule+"\n") {
				t.Errorf("%s by %q, schedule %q, want a failure by %s\n%s", r.Verdict, r.Strategy, r.Schedule, c.strategy, r.Text)
			}
		})
	}
}
