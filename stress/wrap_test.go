package stress

import (
	"context"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
)

// stamped is a semaphore whose waiters compare a stamp before and after they sleep. Each change of the permits
// moves the stamp, which has only the bits of mask.
type stamped struct {
	mu          sync.Mutex
	changed     sync.Cond
	size, free  int64
	stamp, mask uint64
}

func newStamped(size int64, mask uint64) *stamped {
	if size < 0 {
		panic("stamped: negative")
	}
	s := &stamped{size: size, free: size, mask: mask}
	s.changed.L = &s.mu
	return s
}

// change is called under mu.
func (s *stamped) change() {
	s.stamp = (s.stamp + 1) & s.mask
	s.changed.Broadcast()
}

func (s *stamped) Acquire(ctx context.Context, n int64) error {
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.change()
	})
	defer stop()
	done := ctx.Done()
	s.mu.Lock()
	for n > s.free && !anyClosed(done) {
		for before := s.stamp; before == s.stamp; { // with 16 bits, a waiter may sleep through a full round
			s.changed.Wait()
		}
	}
	if anyClosed(done) {
		s.mu.Unlock()
		return ctx.Err()
	}
	s.free -= n
	s.mu.Unlock()
	return nil
}

func (s *stamped) TryAcquire(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.free {
		return false
	}
	s.free -= n
	return true
}

func (s *stamped) Release(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	s.change()
}

// A burst of 2^16 Releases refutes a waiter that sleeps through a full round of a stamp of 16 bits. Whether it
// sleeps so long is up to the scheduler, so several bursts are allowed for it. A stamp of 64 bits passes.
func TestSleepsThroughARound(t *testing.T) {
	manyReleasesOf := func(mask uint64) error {
		impl := impls.Impl{Name: "stamped", Order: impls.Barging}
		impl.New = func(size int64) impls.Semaphore { return newStamped(size, mask) }
		return play(impl, patience, manyReleases)
	}
	if err := manyReleasesOf(1<<64 - 1); err != nil {
		t.Errorf("a stamp of 64 bits fails: %v", err)
	}
	longtest.Need(t, "a stamp of 64 bits passes")
	for range 10 {
		if manyReleasesOf(1<<16-1) != nil {
			return
		}
	}
	t.Error("a stamp of 16 bits passes")
}
