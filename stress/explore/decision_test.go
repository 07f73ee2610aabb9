package explore_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

// decided are wrong programs, each with the step after which every schedule fails: a part of the line
// about it, and how many continuations there are. Before each of these steps, a schedule that passes is
// possible. If text is empty, every schedule fails from the start.
var decided = map[string]struct {
	program func(t *explore.T)
	text    string
	count   string
}{
	"the second lock of two": {wrong["lock-order"].program,
		"of goroutine 1: a.Lock() at stress/explore/wrong_test.go:", "(the only continuation)"},
	"a wake-up before the wait": {func(t *explore.T) {
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		go cond.Signal()
		mu.Lock()
		cond.Wait()
		mu.Unlock()
	}, "cond.Signal(): no goroutine waits", "(the only continuation)"},
	"a stale read": {count, "n.Load() = 0", "(all 2 continuations)"},
	"a value that is taken": {func(t *explore.T) {
		ch := make(chan int, 1)
		ch <- 1
		go func() {
			select {
			case <-ch:
			default:
			}
		}()
		<-ch
	}, "select ch: takes ch", "(the only continuation)"},
	"a choice of select": {func(t *explore.T) {
		a, b := make(chan int, 1), make(chan int, 1)
		a <- 1
		b <- 2
		select {
		case <-a:
		case n := <-b:
			t.Error(n)
		}
	}, "select a: takes b", "(the only continuation)"},
	"a timer": {func(t *explore.T) {
		done := make(chan int, 1)
		go func() { done <- 1 }()
		select {
		case <-done:
		case <-time.After(time.Hour):
			t.Error("timeout")
		}
	}, "the decision is step 3: time passes", "(the only continuation)"},
	"an assertion that is wrong": {func(t *explore.T) {
		if got := 1 + 1; got != 3 {
			t.Errorf("%d, want 3", got)
		}
	}, "", "(the only schedule)"},
	"a deadlock in every schedule": {func(t *explore.T) {
		var wg sync.WaitGroup
		wg.Add(1)
		var n atomic.Int64
		for i := range 2 {
			go func() { n.Store(int64(i)) }()
		}
		wg.Wait()
	}, "", "(all 2 schedules)"},
	"more schedules than are tried": {func(t *explore.T) {
		var n atomic.Int64
		for i := range 5 {
			go func() { n.Store(int64(i)); n.Store(int64(i) + 5) }()
		}
		select {}
	}, "", "(every one of 530 tried schedules)"},
	"a write after which nothing helps": {func(t *explore.T) {
		var n, m atomic.Int64
		var wg sync.WaitGroup
		wg.Go(func() { n.CompareAndSwap(0, 1) })
		wg.Go(func() { n.CompareAndSwap(0, 2) })
		for i := range 4 {
			wg.Go(func() { m.Store(int64(i)); m.Store(int64(i) + 4) })
		}
		if wg.Wait(); n.Load() == 2 {
			t.Error("the second one wins")
		}
	}, "n.CompareAndSwap(0, 2)", "(every one of 530 tried continuations)"},
}

// The report names the decision, in its text, beside its step, and in the trace.
func TestDecision(t *testing.T) {
	for name, c := range decided {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{}, c.program)
			if r.Verdict != explore.Fail {
				t.Fatalf("%s: %s", r.Verdict, r.Text)
			}
			d := r.Decision
			if d == nil || (d.Step == 0) != (c.text == "") || !strings.Contains(d.String(), c.text) ||
				!strings.HasSuffix(d.String(), c.count) {
				t.Fatalf("the decision is %v, want %q %s; the text is:\n%s", d, c.text, c.count, r.Text)
			}
			lines := []string{d.String()}
			if d.Step > 0 {
				lines = append(lines, "--- from here on every schedule fails "+c.count)
			}
			for _, line := range lines {
				if !strings.Contains(r.Text, line+"\n") {
					t.Errorf("the text does not contain %q:\n%s", line, r.Text)
				}
			}
			var trace strings.Builder
			if err := r.WriteTrace(&trace); err != nil || !strings.Contains(trace.String(), c.count) {
				t.Errorf("the trace does not contain %q: %v", c.count, err)
			}
		})
	}
}
