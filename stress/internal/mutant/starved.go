package mutant

import (
	"container/list"
	"context"

	"github.com/semabench/semabench/impls"
)

// A partGuard lets newcomers, and waiters behind the head, pass the head of its line as long as they fit. Ten passes
// close the door: then only the head is served. In each of the four mutants K56 to K59 the guard has a
// hole for some requests. A large request in a stream of small ones, which tests of starvation have, finds none of them.
type partGuard struct {
	*queue
	passes int // of the head, since it became the head
	closed int // how often the door was closed

	// hole reports whether passing the head by a request for n is free: it is not counted, or does not close the door.
	hole func(s *partGuard, head *waiter, n int64) bool
	// later reports whether a waiter that fits is served before another one that fits and came first.
	later func(first, second *waiter) bool
}

func inOrder(*waiter, *waiter) bool { return false }

// newGuardsLargest is K56: the guard protects requests for all permits, as of a writer. A request for fewer starves.
func newGuardsLargest(size int64) impls.Semaphore {
	return &partGuard{queue: newQueue(size), later: inOrder,
		hole: func(s *partGuard, head *waiter, _ int64) bool { return head.n < s.size }}
}

// newGuardsOnce is K57: the guard is never armed again after it has closed the door.
func newGuardsOnce(size int64) impls.Semaphore {
	return &partGuard{queue: newQueue(size), later: inOrder,
		hole: func(s *partGuard, _ *waiter, _ int64) bool { return s.closed > 0 }}
}

// newLastOfAlike is K58: the line is a stack, and the guard counts smaller requests only. Of requests for one
// permit, the first starves while others come.
func newLastOfAlike(size int64) impls.Semaphore {
	return &partGuard{queue: newQueue(size), later: func(*waiter, *waiter) bool { return true },
		hole: func(_ *partGuard, head *waiter, n int64) bool { return n >= head.n }}
}

// newSmallStarved is K59: the largest request that fits is served first, and the guard counts smaller requests only.
// A small request starves while large ones come.
func newSmallStarved(size int64) impls.Semaphore {
	return &partGuard{queue: newQueue(size), later: func(first, second *waiter) bool { return second.n > first.n },
		hole: func(_ *partGuard, head *waiter, n int64) bool { return n > head.n }}
}

func (s *partGuard) shut() bool { return s.line.Len() > 0 && s.passes >= 10 }

// passed counts a request for n that is served before the head.
func (s *partGuard) passed(n int64) {
	if head := s.line.Front(); head != nil && !s.hole(s, head.Value.(*waiter), n) {
		s.passes++
	}
}

func (s *partGuard) next() (best *list.Element) {
	for e := s.line.Front(); e != nil; e = e.Next() {
		w := e.Value.(*waiter)
		if w.n <= s.size-s.held && (best == nil || s.later(best.Value.(*waiter), w)) {
			best = e
		}
		if s.shut() {
			break // after the head
		}
	}
	return best
}

func (s *partGuard) serveLine() {
	for e := s.next(); e != nil; e = s.next() {
		if e != s.line.Front() {
			s.passed(e.Value.(*waiter).n)
		} else {
			if s.shut() {
				s.closed++
			}
			s.passes = 0
		}
		s.admit(e)
	}
}

func (s *partGuard) takes(n int64) bool {
	if s.shut() || n > s.size-s.held {
		return false
	}
	s.passed(n)
	s.held += n
	return true
}

func (s *partGuard) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	s.mu.Lock()
	if s.takes(n) {
		s.mu.Unlock()
		return nil
	}
	if n <= s.size {
		w.place = s.line.PushBack(w)
	}
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	switch {
	case w.granted():
		s.held -= n
	case w.place != nil && w.place == s.line.Front():
		s.passes = 0
		s.line.Remove(w.place)
	case w.place != nil:
		s.line.Remove(w.place)
	}
	s.serveLine()
	s.mu.Unlock()
	return ctx.Err()
}

func (s *partGuard) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takes(n)
}

func (s *partGuard) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serveLine()
}
