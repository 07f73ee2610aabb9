package explore_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/internal/semaphore"
	"github.com/semabench/semabench/stress/internal/designs"
	"github.com/semabench/semabench/stress/internal/odd"
)

// waiterCount is a semaphore whose Release skips the lock if no waiter is counted. If it counts in two steps, two
// waiters that come at once count as one. The first that is served takes the count to zero, and its Release
// wakes no waiter. With two waiters that come one after the other nothing is wrong.
type waiterCount struct {
	twoSteps bool
	size     int64
	free     atomic.Int64
	waiting  atomic.Int64

	mu     sync.Mutex
	parked map[chan struct{}]bool // a channel for each waiter, with room for one message
}

func (s *waiterCount) count() {
	if !s.twoSteps {
		s.waiting.Add(1)
		return
	}
	n := s.waiting.Load()
	s.waiting.Store(n + 1)
}

func (s *waiterCount) Acquire(ctx context.Context, n int64) error {
	if n < 0 {
		panic("negative weight")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.take(n) {
		return nil
	}
	woken := make(chan struct{}, 1)
	s.mu.Lock()
	s.parked[woken] = true
	s.mu.Unlock()
	s.count()
	defer func() {
		s.waiting.Add(-1)
		s.mu.Lock()
		delete(s.parked, woken)
		s.mu.Unlock()
	}()
	for !s.take(n) {
		select {
		case <-woken:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *waiterCount) take(n int64) bool {
	for {
		free := s.free.Load()
		if n > free {
			return false
		}
		if s.free.CompareAndSwap(free, free-n) {
			return true
		}
	}
}

func (s *waiterCount) TryAcquire(n int64) bool {
	if n < 0 {
		panic("negative weight")
	}
	return s.take(n)
}

func (s *waiterCount) Release(n int64) {
	if n < 0 {
		panic("negative weight")
	}
	for {
		free := s.free.Load()
		if n > s.size-free {
			panic("released more than held")
		}
		if s.free.CompareAndSwap(free, free+n) {
			break
		}
	}
	if s.waiting.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for woken := range s.parked {
		select {
		case woken <- struct{}{}:
		default: // the waiter has not received the last message, and looks again after it
		}
	}
}

// Three calls at once refute a semaphore that two calls at once do not, and pass the right one.
func TestCrowdsRefuteTornCounts(t *testing.T) {
	for _, twoSteps := range []bool{true, false} {
		impl := impls.Impl{Name: "waiter-count", Order: impls.Barging, New: func(size int64) impls.Semaphore {
			if size < 0 {
				panic("negative size")
			}
			s := &waiterCount{twoSteps: twoSteps, size: size, parked: map[chan struct{}]bool{}}
			s.free.Store(size)
			return s
		}}
		o := explore.Options{
			Scenario: strings.Join(semaphore.Crowds(impl), "\n"), Strategy: "random", Schedules: 12, Time: time.Minute,
		}
		r := explore.CheckSemaphore(t, o, impl)
		if failed := r.Verdict == explore.Fail; failed != twoSteps || failed && !strings.HasPrefix(r.What, "C17") {
			t.Errorf("two steps %v: %s %s\n%s", twoSteps, r.Verdict, r.What, r.Text)
		}
	}
}

// No crowd refutes a correct semaphore. Implementations whose waiters spin have long schedules, so few of
// each are drawn.
func TestCrowdsPass(t *testing.T) {
	needLong(t)
	for _, impl := range slices.Concat(impls.All(), designs.All(), odd.All()) {
		for _, strategy := range []string{"random", "pos"} {
			o := explore.Options{
				Scenario: strings.Join(semaphore.Crowds(impl), "\n"), Strategy: strategy, Schedules: 20, Time: time.Minute,
			}
			if r := explore.CheckSemaphore(t, o, impl); r.Verdict != explore.Pass && r.Bound != "schedules" {
				t.Errorf("%s, %s: %s %s\n%s", impl.Name, strategy, r.Verdict, r.What, r.Text)
			}
		}
	}
}
