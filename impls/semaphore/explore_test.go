//go:build !race || explored

package semaphore_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/semaphore"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// resizable has the methods that the explored programs call.
type resizable interface {
	Acquire(ctx context.Context, n int64) error
	TryAcquire(n int64) bool
	Release(n int64)
	Resize(n int64)
}

// use takes n permits and gives them back. It reports whether it had them.
func use(ctx context.Context, s resizable, n int64) bool {
	if s.Acquire(ctx, n) != nil {
		return false
	}
	s.Release(n)
	return true
}

// mustBeFree fails t unless exactly size permits are free, and none is held.
func mustBeFree(t *explore.T, s resizable, size int64) {
	t.Helper()
	if s.TryAcquire(size + 1) {
		t.Errorf("a semaphore of size %d grants %d permits", size, size+1)
	} else if !s.TryAcquire(size) {
		t.Errorf("permits are lost: %d of %d are not free at the end", size, size)
	}
}

// resizePrograms resize a semaphore while other goroutines use it. Each gets a semaphore of two free
// permits. A lost wake-up is a deadlock, which the explorer reports without help.
var resizePrograms = map[string]func(t *explore.T, s resizable){
	"grow for a request that was too large": func(t *explore.T, s resizable) {
		var wg sync.WaitGroup
		wg.Go(func() { use(t.Context(), s, 3) })
		wg.Go(func() { s.Resize(3) })
		wg.Wait()
		mustBeFree(t, s, 3)
	},
	"shrink below what is held, beside a waiter": func(t *explore.T, s resizable) {
		s.TryAcquire(2)
		var wg sync.WaitGroup
		wg.Go(func() { use(t.Context(), s, 1) })
		wg.Go(func() { s.Resize(1) })
		s.Release(1)
		s.Release(1)
		wg.Wait()
		mustBeFree(t, s, 1)
	},
	"a waiter becomes too large and fits again": func(t *explore.T, s resizable) {
		s.TryAcquire(1)
		var wg sync.WaitGroup
		wg.Go(func() { use(t.Context(), s, 2) })
		wg.Go(func() { s.Resize(1); s.Resize(2) })
		s.Release(1)
		wg.Wait()
		mustBeFree(t, s, 2)
	},
	"two goroutines resize": func(t *explore.T, s resizable) {
		s.TryAcquire(2)
		var wg sync.WaitGroup
		wg.Go(func() { s.Resize(0); s.Resize(1) })
		wg.Go(func() { s.Resize(3); s.Resize(1) })
		s.Release(2)
		wg.Wait()
		mustBeFree(t, s, 1)
	},
	"cancel a waiter while it becomes too large": func(t *explore.T, s resizable) {
		s.TryAcquire(2)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { use(ctx, s, 2) })
		wg.Go(func() { use(t.Context(), s, 1) })
		s.Resize(1)
		cancel()
		s.Release(2)
		wg.Wait()
		mustBeFree(t, s, 1)
	},
}

// makers are the policies to explore. With a bound of one pass, a few operations reach the step from
// bypass to hand-off.
var makers = map[string]func(n int64) resizable{
	"fifo":    func(n int64) resizable { return semaphore.NewFIFO(n) },
	"bounded": func(n int64) resizable { return semaphore.NewBounded(n, time.Hour, 1) },
}

func TestResizeUnderEverySchedule(t *testing.T) {
	for policy, construct := range makers {
		for name, program := range resizePrograms {
			t.Run(policy+"/"+name, func(t *testing.T) {
				r := explore.Check(t, explore.Options{Schedules: longtest.Or(t, "schedules", 100_000, 50)}, func(t *explore.T) {
					program(t, construct(2))
				})
				t.Log(r.Text)
				if r.Verdict == explore.Fail || r.Verdict == explore.Refused {
					t.Errorf("%s: %s", r.Verdict, r.What)
				}
			})
		}
	}
}

// tryResizer resizes as users of x/sync do: it takes permits away with TryAcquire, and adds permits
// with Release. Its shrink does nothing while the permits are held.
type tryResizer struct {
	*semaphore.Weighted
	mu   sync.Mutex
	size int64
}

func (s *tryResizer) Resize(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size {
		s.Release(n - s.size)
	} else {
		s.TryAcquire(s.size - n)
	}
	s.size = n
}

// The programs refute a Resize that is wrong.
func TestWrongResizeFails(t *testing.T) {
	program := resizePrograms["shrink below what is held, beside a waiter"]
	r := explore.Check(t, explore.Options{Schedules: 1000}, func(t *explore.T) {
		large := semaphore.NewFIFO(10) // of which eight are never free
		large.TryAcquire(8)
		program(t, &tryResizer{Weighted: large, size: 2})
	})
	if r.Verdict != explore.Fail || !strings.Contains(r.What, "grants 2 permits") {
		t.Errorf("%s: %s, want a failure: the shrink is lost", r.Verdict, r.What)
	}
}

// Three calls contend for one permit, and one of them may be cancelled. The bound is one pass, so
// the schedules cover every way from bypass to hand-off and back.
func TestBypassThenHandOff(t *testing.T) {
	r := explore.Check(t, explore.Options{Schedules: longtest.Or(t, "schedules", 200_000, 300)}, func(t *explore.T) {
		s := semaphore.NewBounded(1, time.Hour, 1)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { use(ctx, s, 1) })
		wg.Go(func() { use(t.Context(), s, 1); use(t.Context(), s, 1) })
		wg.Go(cancel)
		wg.Wait()
		mustBeFree(t, s, 1)
		if stats := s.Stats(); stats.Waiting != 0 || stats.Held != 1 {
			t.Errorf("Stats = %+v, want one permit held and no call waiting", stats)
		}
	})
	t.Log(r.Text)
	if r.Verdict == explore.Fail || r.Verdict == explore.Refused {
		t.Errorf("%s: %s", r.Verdict, r.What)
	}
}

// Waiters for reuse are pushed without the mutex, by several goroutines, while a call takes all of them. No waiter may
// be in use twice, and none may get lost: the semaphore would allocate for ever.
func TestEnumeratedReuse(t *testing.T) {
	r := explore.Check(t, explore.Options{Strategy: "dpor"}, func(t *explore.T) {
		s := semaphore.NewFIFO(1)
		a, b := s.NewWaiter(), s.NewWaiter()
		s.Recycle(s.NewWaiter())
		var inUse *semaphore.Waiter
		var wg sync.WaitGroup
		wg.Go(func() { s.Recycle(a) })
		wg.Go(func() { s.Recycle(b) })
		wg.Go(func() { inUse = s.NewWaiter() })
		wg.Wait()
		made := s.Made()
		seen := map[*semaphore.Waiter]bool{inUse: true}
		for len(seen) < made {
			w := s.NewWaiter()
			if seen[w] {
				t.Error("a waiter is in use twice")
				return
			}
			seen[w] = true
		}
		if s.Made() != made {
			t.Errorf("%d waiters were made, %d after all had come back: a waiter is lost", made, s.Made())
		}
	})
	t.Log(r.Text)
	if r.Verdict != explore.Pass {
		t.Errorf("%s: %s", r.Verdict, r.What)
	}
}
