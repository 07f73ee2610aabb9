package explore_test

//lint:file-ignore SA2001 these programs are about the locks, not about what is done under them

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// wrong are programs that must fail: what names the failure, and the text must contain each of
// says.
var wrong = map[string]struct {
	program func(t *explore.T)
	what    string
	says    []string
}{
	"lock-order": {func(t *explore.T) {
		var a, b sync.Mutex
		done := make(chan struct{})
		go func() {
			defer close(done)
			a.Lock()
			b.Lock()
			b.Unlock()
			a.Unlock()
		}()
		b.Lock()
		a.Lock()
		a.Unlock()
		b.Unlock()
		<-done
	}, "deadlock", []string{
		"goroutine 0 waits in a.Lock()", "which goroutine 1 holds since step 2", "it waits in b.Lock()",
		"each waits for the next: goroutines 0 → 1 → 0", "--- goroutine 0 is preempted", "the fewest",
		"wrong_test.go:",
	}},

	"lost-wakeup": {func(t *explore.T) {
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		var ready atomic.Bool
		go func() {
			ready.Store(true)
			cond.Signal() // without the lock
		}()
		mu.Lock()
		for !ready.Load() {
			cond.Wait()
		}
		mu.Unlock()
	}, "lost wake-up", []string{"which was signalled when no goroutine waited", "cond.Signal(): no goroutine waits"}},

	"panic": {func(t *explore.T) {
		ch := make(chan int)
		go close(ch)
		ch <- 1
	}, "panic: send on closed channel", []string{"wrong_test.go:"}},

	"log after the end": {func(t *explore.T) {
		done := make(chan struct{})
		go func() {
			close(done)
			t.Log("closed")
		}()
		<-done
	}, "panic: Log in goroutine after TestWrongProgramsAreRefuted/log_after_the_end has completed: wrong_test.go:",
		[]string{`t.Log("closed")`, "end of the test", "goroutine 1 is preempted"}},

	"assertion": {func(t *explore.T) {
		var n atomic.Int64
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { n.Store(n.Load() + 1) })
		}
		wg.Wait()
		if got := n.Load(); got != 2 {
			t.Errorf("n = %d, want 2", got)
		}
	}, "n = 1, want 2", nil},

	"leak": {func(t *explore.T) {
		ch := make(chan int)
		go func() { ch <- 1 }()
		select {
		case <-ch:
		default:
		}
	}, "leak", []string{"goroutine 1 waits in ch <- 1", "goroutine 0 looked and took default"}},

	"livelock": {func(t *explore.T) {
		var n atomic.Int64
		go func() {
			if !n.CompareAndSwap(0, 1) {
				n.Store(3)
			}
		}()
		if n.CompareAndSwap(0, 2) {
			return
		}
		for n.Load() != 3 {
		}
	}, "livelock", []string{"goroutine 0 waits in n.Load()", "the last step again"}},

	"pending-writer": {func(t *explore.T) {
		var mu sync.RWMutex
		mu.RLock()
		go func() { mu.Lock(); mu.Unlock() }()
		mu.RLock() // blocks if the writer came first
		mu.RUnlock()
		mu.RUnlock()
	}, "deadlock", []string{
		"waits in mu.RLock()", "goroutine 1 waits as a writer", "readers of mu to leave: goroutine 0",
	}},

	"timeout": {func(t *explore.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		result := make(chan int)
		go func() { result <- 1 }() // blocks for ever if the other goroutine has timed out
		select {
		case <-result:
		case <-ctx.Done():
		}
	}, "leak", []string{"time passes"}},
}

func TestWrongProgramsAreRefuted(t *testing.T) {
	for name, w := range wrong {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{}, w.program)
			again := explore.Check(t, explore.Options{Schedule: r.Schedule}, w.program)
			if r.Verdict != explore.Fail || !strings.Contains(r.What, w.what) {
				t.Fatalf("%s, %q, want fail with %q\n%s", r.Verdict, r.What, w.what, r.Text)
			}
			for _, text := range append(w.says, "-explore.schedule="+r.Schedule) {
				if !strings.Contains(r.Text, text) {
					t.Errorf("the report does not contain %q:\n%s", text, r.Text)
				}
			}
			if len(r.Schedule) > 120 {
				t.Errorf("a schedule of %d characters, want at most 120: %s", len(r.Schedule),
					r.Schedule)
			}
			if again.What != r.What {
				t.Errorf("replayed in another process: %q, want %q", again.What, r.What)
			}
		})
	}
}

// A schedule that belongs to another program fails, and the text names the decision that does not
// fit.
func TestStaleSchedule(t *testing.T) {
	r := explore.Check(t, explore.Options{Schedule: "x0.1_0.9"}, func(t *explore.T) {
		var n atomic.Int64
		var wg sync.WaitGroup
		wg.Go(func() { n.Add(1) })
		n.Add(1)
		wg.Wait()
	})
	if r.What != "stale schedule" || !strings.Contains(r.Text, "goroutine 9 cannot go on there") {
		t.Errorf("%s: %s", r.What, r.Text)
	}
}

// A program that depends on more than the schedule fails before it is explored.
func TestNondeterminism(t *testing.T) {
	var calls int
	r := explore.Check(t, explore.Options{}, func(t *explore.T) {
		calls++
		var n atomic.Int64
		for range calls {
			n.Add(1)
		}
	})
	if !strings.Contains(r.Text, "does not do the same under the same schedule") {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}

// Under -race the race detector watches every schedule. It reports neither accesses that a modelled
// operation orders, nor accesses of the engine.
func TestNoRace(t *testing.T) {
	needRaceDetector(t)
	ordered := explore.Check(t, explore.Options{}, func(t *explore.T) {
		x, y, z := 0, 0, 0
		lock := make(chan struct{}, 1) // held while it is full
		locked := func() {
			lock <- struct{}{}
			z++
			<-lock
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		ch := make(chan int)
		wg.Go(locked)
		wg.Go(func() {
			locked()
			mu.Lock()
			x++
			mu.Unlock()
			y = 1
			ch <- 1
		})
		mu.Lock()
		x++
		mu.Unlock()
		<-ch
		y++
		wg.Wait()
		x++
	})
	if ordered.Verdict != explore.Pass {
		t.Errorf("an ordered program: %s", ordered.Text)
	}
}

func TestRace(t *testing.T) {
	needRaceDetector(t)
	raced := explore.Check(t, explore.Options{}, func(t *explore.T) {
		x := 0
		ch := make(chan int, 1)
		var wg sync.WaitGroup
		wg.Go(func() { x++; ch <- 1 })
		wg.Go(func() {
			select {
			case <-ch:
			default:
				x++ // no receive orders this access
			}
		})
		wg.Wait()
	})
	if raced.What != "data race" {
		t.Errorf("%s: %s", raced.What, raced.Text)
	}
	for _, text := range []string{ // either goroutine may come first
		" by goroutine 1 at stress/explore/wrong_test.go:", " by goroutine 2 at stress/explore/wrong_test.go:",
		"earlier write by goroutine ", ", races",
	} {
		if !strings.Contains(raced.Text, text) {
			t.Errorf("the report does not contain %q:\n%s", text, raced.Text)
		}
	}
}

func needRaceDetector(t *testing.T) {
	if !schedrt.RaceEnabled {
		t.Skip("not built with -race")
	}
}
