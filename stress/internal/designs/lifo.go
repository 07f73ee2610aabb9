package designs

import (
	"context"
	"slices"
	"sync"
)

// lifo serves the waiter first that came last: its data is still in the caches. A waiter that does
// not fit holds up the older ones below it.
//
// Invariant, whenever mu is free: 0 <= held <= size, and the waiter at the top of the stack, if
// there is one, does not fit into size-held. An old waiter may wait without end while new ones
// come, so the implementation promises no order (impls.Unspecified).
//
// Linearization points, all under mu: the change of held in take and in Release, and for an Acquire
// that fails the removal from the stack.
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
		// On the stack, a request that never fits would hold up every waiter below it.
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
	// The request does not fit, and becomes the top: the invariant holds without a look at the
	// others.
	w := &lifoWaiter{n: n, ready: make(chan struct{})}
	s.stack = append(s.stack, w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	// Membership of the stack is the only mark of a wait. serve removes w to grant it, so absence
	// means that the permits are already counted for w, and the call must succeed or they would be
	// lost.
	i := slices.Index(s.stack, w)
	if i < 0 {
		s.mu.Unlock()
		return nil // it was granted at the same time
	}
	// If w was the top, the waiter below it may fit: without serve it would sleep beside free
	// permits until the next Release.
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
		// The array behind the slice would keep the waiter and its channel alive otherwise.
		s.stack[top] = nil
		s.stack = s.stack[:top]
		close(w.ready)
	}
}
