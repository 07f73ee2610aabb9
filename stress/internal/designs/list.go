package designs

import (
	"container/list"
	"context"
	"sync"
)

// listed is a queue of waiters under a mutex: the textbook's hand-off. A Release takes the permits
// on behalf of the waiters that fit, in their order, so no newcomer can be faster.
type listed struct {
	size int64

	mu   sync.Mutex
	held int64
	line list.List // of *listWaiter
}

type listWaiter struct {
	n       int64
	granted bool
	ready   chan struct{}
}

func newList(size int64) *listed {
	mustNotBeNegative(size)
	return &listed{size: size}
}

func (s *listed) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done // outside the line, where it would block every other request
		return ctx.Err()
	}
	s.mu.Lock()
	if isDone(done) {
		s.mu.Unlock()
		return ctx.Err()
	}
	if s.line.Len() == 0 && n <= s.size-s.held {
		s.held += n
		s.mu.Unlock()
		return nil
	}
	w := &listWaiter{n: n, ready: make(chan struct{})}
	e := s.line.PushBack(w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	granted := w.granted
	if !granted {
		s.line.Remove(e)
		s.serve() // the waiter may have stood before requests that fit
	}
	s.mu.Unlock()
	if granted {
		return nil
	}
	return ctx.Err()
}

func (s *listed) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line.Len() > 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *listed) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic(overRelease)
	}
	s.held -= n
	s.serve()
}

// serve grants the waiters at the head of the line while they fit. The caller holds the mutex.
func (s *listed) serve() {
	for e := s.line.Front(); e != nil; e = s.line.Front() {
		w := e.Value.(*listWaiter)
		if w.n > s.size-s.held {
			return
		}
		s.held += w.n
		s.line.Remove(e)
		w.granted = true
		close(w.ready)
	}
}
