package mutant

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/semabench/semabench/impls"
)

// releasesMeet is K18: while a Release wakes waiters, other Releases only count. A counts its
// permits, admits the waiters that fit, and drops the lock. B counts its permits, sees that A is at
// work, and returns. A does not look again, so a waiter that the permits of B admit sleeps on. It
// breaks C17. The flag saves a second pass over the line, and is right only if A looks again after
// it has cleared the flag.
type releasesMeet struct {
	*queue
	waking bool // guarded by mu
}

func newReleasesMeet(size int64) impls.Semaphore { return &releasesMeet{queue: newQueue(size)} }

func (s *releasesMeet) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	if s.waking {
		return
	}
	s.waking = true
	s.serve(math.MaxInt)
	s.mu.Unlock()
	Preempt()
	s.mu.Lock()
	s.waking = false // the defect: no look at the permits that were counted meanwhile
}

// oneRefund is K19: a granted waiter that is cancelled leaves its permits in a field. Another one
// at the same time overwrites the field. A stores its permits in the field and drops the lock; B
// stores its own over them. A gives back the permits of B, and B finds zero. It breaks C7: the
// permits of A are lost, and neither call holds any.
type oneRefund struct {
	*queue
	refund int64 // guarded by mu
}

func newOneRefund(size int64) impls.Semaphore { return &oneRefund{queue: newQueue(size)} }

func (s *oneRefund) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	if s.leave(w) {
		s.mu.Lock()
		s.refund = n // the defect: not +=
		s.mu.Unlock()
		Preempt()
		s.mu.Lock()
		back := s.refund
		s.refund = 0
		s.mu.Unlock()
		s.Release(back)
	}
	return ctx.Err()
}

// countedNewcomers is K20: Release decides how many waiters fit, and admits them later. The count
// is right under the lock under which it was made. Between the first grant and the second the lock
// is free, and a TryAcquire, which may pass the line here, takes the second permit. The waiter is
// admitted all the same, and one permit too many is held. It breaks C18.
type countedNewcomers struct {
	mu   sync.Mutex
	size int64
	held int64
	line []*waiter
}

func newCountedNewcomers(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &countedNewcomers{size: size}
}

func (s *countedNewcomers) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	s.mu.Lock()
	if len(s.line) == 0 && n <= s.size-s.held {
		s.held += n
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	if n <= s.size {
		s.line = append(s.line, w)
	}
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	granted := w.granted()
	if i := slices.Index(s.line, w); i >= 0 {
		s.line = slices.Delete(s.line, i, i+1)
	}
	s.serve(s.fitting())
	s.mu.Unlock()
	if granted {
		s.Release(n)
	}
	return ctx.Err()
}

func (s *countedNewcomers) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *countedNewcomers) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	if n > s.held {
		s.mu.Unlock()
		panic("mutant: released more than held")
	}
	s.held -= n
	count := s.fitting()
	if count < 2 {
		s.serve(count)
		s.mu.Unlock()
		return
	}
	// The defect: the lock is dropped between the first grant and the second.
	s.serve(1)
	s.mu.Unlock()
	Preempt()
	s.mu.Lock()
	s.serve(count - 1)
	s.mu.Unlock()
}

// fitting returns how many waiters at the head of the line fit.
func (s *countedNewcomers) fitting() (count int) {
	free := s.size - s.held
	for _, w := range s.line {
		if w.n > free {
			break
		}
		free -= w.n
		count++
	}
	return count
}

// serve admits the given number of waiters, if there are as many.
func (s *countedNewcomers) serve(count int) {
	for range min(count, len(s.line)) {
		w := s.line[0]
		s.line = s.line[1:]
		s.held += w.n
		close(w.ready)
	}
}
