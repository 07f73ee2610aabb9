package designs

import (
	"context"
	"slices"
	"sync"
)

// lifo serves the waiter first that came last: its data is still in the caches. A waiter that does
// not fit holds up the older ones below it.
type lifo struct {
	size int64

	mu    sync.Mutex
	held  int64
	stack []*lifoWaiter
}

type lifoWaiter struct {
	n     int64
	ready chan struct{}
}

func newLIFO(size int64) *lifo {
	mustNotBeNegative(size)
	return &lifo{size: size}
}

// Acquire looks at no waiter: the newest request is the first in line.
func (s *lifo) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
		return ctx.Err()
	}
	s.mu.Lock()
	if isDone(done) {
		s.mu.Unlock()
		return ctx.Err()
	}
	if s.take(n) {
		s.mu.Unlock()
		return nil
	}
	w := &lifoWaiter{n: n, ready: make(chan struct{})}
	s.stack = append(s.stack, w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	i := slices.Index(s.stack, w)
	if i < 0 {
		s.mu.Unlock()
		return nil // it was granted at the same time
	}
	s.stack = slices.Delete(s.stack, i, i+1)
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

func (s *lifo) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *lifo) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic(overRelease)
	}
	s.held -= n
	s.serve()
}

func (s *lifo) take(n int64) bool {
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

// serve grants waiters from the top of the stack while they fit.
func (s *lifo) serve() {
	for len(s.stack) > 0 {
		top := len(s.stack) - 1
		w := s.stack[top]
		if !s.take(w.n) {
			return
		}
		s.stack[top] = nil
		s.stack = s.stack[:top]
		close(w.ready)
	}
}
