package designs

import (
	"container/list"
	"context"
	"sync"
)

// listed is a queue of waiters under a mutex: the textbook's hand-off. A Release takes the permits
// on behalf of the waiters that fit, in their order, so no newcomer can be faster.
//
// Invariant, whenever mu is free: 0 <= held <= size, and the waiter at the head of the line, if
// there is one, does not fit into size-held. So permits never lie free beside a waiter that fits
// and has its turn, and there is no wake-up to lose.
//
// Linearization points, all under mu: the change of held for a request that need not wait, for a
// Release, and in serve for a waiter; the removal from the line for an Acquire that fails. What the
// caller of a Release wrote before is visible to the request that gets the permits: both held mu,
// or the close of ready carries the edge on.
type listed struct {
	size int64

	mu   sync.Mutex
	held int64
	line list.List // of *listWaiter
}

// A listWaiter is one request in the line. granted is set together with the close of ready, under
// mu; a poll of ready under mu would say the same.
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
	// The poll stands next to the decision. The contract asks only for a context that is done
	// before the call; but a call that waited long for mu would otherwise take permits for a caller
	// that gave up.
	if isDone(done) {
		s.mu.Unlock()
		return ctx.Err()
	}
	// A newcomer takes permits only if the line is empty. The test of the permits alone would let small
	// requests pass a large one forever.
	if s.line.Len() == 0 && n <= s.size-s.held {
		s.held += n
		s.mu.Unlock()
		return nil
	}
	w := &listWaiter{n: n, ready: make(chan struct{})}
	e := s.line.PushBack(w)
	s.mu.Unlock()
	select {
	// A select with two ready cases chooses at random, so a nil or an error decided here would
	// ignore the other event. The grant is final once ready is closed; the other case has to ask
	// under mu.
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	// A serve that ran before this lock has counted the permits for w. To return an error then
	// would leak them, and to give them back would wake others for nothing. So the grant wins.
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
		// The permits are counted and w is out of the line before ready is closed: the woken
		// goroutine may release at once, and must not release more than is held.
		w.granted = true
		close(w.ready)
	}
}
