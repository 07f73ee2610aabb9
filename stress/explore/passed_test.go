package explore_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/internal/semaphore"
)

// A passing semaphore lets newcomers pass the first waiter until limit says no.
type passing struct {
	limit limit
	size  int64

	mu   sync.Mutex
	held int64
	line []*passedWaiter
}

type passedWaiter struct {
	n      int64
	since  time.Time
	passes int
	ready  chan struct{}
}

// A limit ends the passing after some passes or some time; zero means never.
type limit struct {
	passes   int
	after    time.Duration
	byteWide bool // passes are counted in a byte
	afresh   bool // a waiter that leaves sets the count of all others back
}

func (s *passing) mayPass(w *passedWaiter) bool {
	passes := w.passes
	if s.limit.byteWide {
		passes &= 255
	}
	return (s.limit.passes == 0 || passes < s.limit.passes) &&
		(s.limit.after == 0 || time.Since(w.since) < s.limit.after)
}

func (s *passing) TryAcquire(n int64) bool {
	if n < 0 {
		panic("negative weight")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.held || len(s.line) > 0 && !s.mayPass(s.line[0]) {
		return false
	}
	if len(s.line) > 0 {
		s.line[0].passes++
	}
	s.held += n
	return true
}

func (s *passing) Acquire(ctx context.Context, n int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if n <= s.size && s.TryAcquire(n) {
		return nil
	}
	if n > s.size {
		<-ctx.Done()
		return ctx.Err()
	}
	s.mu.Lock()
	w := &passedWaiter{n: n, since: time.Now(), ready: make(chan struct{})}
	s.line = append(s.line, w)
	s.serve()
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.line, w); i >= 0 {
		s.line = slices.Delete(s.line, i, i+1)
		for _, other := range s.line {
			if s.limit.afresh {
				other.passes = 0
			}
		}
		s.serve()
		return ctx.Err()
	}
	return nil
}

func (s *passing) Release(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n < 0 || n > s.held {
		panic("released more than held")
	}
	s.held -= n
	s.serve()
}

func (s *passing) serve() {
	for len(s.line) > 0 && s.line[0].n <= s.size-s.held {
		w := s.line[0]
		s.line = s.line[1:]
		s.held += w.n
		close(w.ready)
	}
}

// A request that is passed for ever is starved. A bound on the passes or on the time ends the passing, however
// it is kept, and the semaphore is right.
func TestPassedForEver(t *testing.T) {
	for _, c := range []struct {
		name    string
		limit   limit
		program string
		starves bool
		long    bool
	}{
		{"never ends", limit{}, "passed for ever", true, false},
		{"never ends", limit{}, "passed beside leavers", true, true},
		{"wraps", limit{passes: 300, byteWide: true}, "passed for ever", true, true},
		{"afresh", limit{passes: 8, afresh: true}, "passed for ever", false, true},
		{"afresh", limit{passes: 8, afresh: true}, "passed beside leavers", true, true},
		{"one pass", limit{passes: 1}, "passed for ever", false, true},
		{"64 passes", limit{passes: 64}, "passed for ever", false, false},
		{"64 passes", limit{passes: 64}, "passed beside leavers", false, true},
		{"1500 passes", limit{passes: 1500}, "passed for ever", false, true},
		{"1 ms", limit{after: time.Millisecond}, "passed for ever", false, true},
		{"3 s", limit{after: 3 * time.Second}, "passed beside leavers", false, true},
	} {
		t.Run(c.name+"/"+c.program, func(t *testing.T) {
			if c.starves { // thousands of rounds are played again and again until the failure is minimal
				needLong(t)
			} else if c.long {
				longtest.NeedCI(t, "the other bounds that end the passing")
			}
			impl := impls.Impl{
				Name: "passing", StarvationFree: true,
				New: func(size int64) impls.Semaphore { return &passing{limit: c.limit, size: size} },
			}
			o := explore.Options{Scenario: c.program, Strategy: "pct1", Schedules: 1, Time: time.Minute}
			r := explore.CheckSemaphore(t, o, impl)
			if c.starves && (r.Verdict != explore.Fail || !strings.Contains(r.What, "C26: Acquire(2) starves")) ||
				!c.starves && (r.Verdict != explore.Unknown || r.Schedules != 1) {
				t.Errorf("%s %s after %d schedules: %s", r.Verdict, r.What, r.Schedules, r.Text)
			}
		})
	}
}

// Only a semaphore that promises a turn is asked.
func TestPassedForEverNeedsThePromise(t *testing.T) {
	for _, promises := range []bool{true, false} {
		impl := impls.Impl{Name: "passing", StarvationFree: promises}
		if asked := slices.Contains(semaphore.Directed(impl, false), "passed for ever"); asked != promises {
			t.Errorf("StarvationFree: %v, asked: %v", promises, asked)
		}
	}
}
