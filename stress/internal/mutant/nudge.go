package mutant

import (
	"container/list"
	"context"
	"sync"

	"github.com/semabench/semabench/impls"
)

// nudges is a correct semaphore but for what its two fields choose. Its waiters take their permits
// themselves: one of them at a time is nudged, looks, and nudges the next that fits.
type nudges struct {
	mu     sync.Mutex
	size   int64
	held   int64
	asleep list.List // of *waiter; ready is closed to nudge one, which is then not in it
	nudged bool      // one is on its way

	lastWord func() // of a cancelled waiter that had been nudged
}

func newNudges(size int64) *nudges {
	mustNotBeNegative(size)
	return &nudges{size: size}
}

// M23
func newSwallowedSignal(size int64) impls.Semaphore {
	s := newNudges(size)
	s.lastWord = func() { s.nudged = false } // and who is nudged in its place?
	return s
}

// M25
func newFlagKept(size int64) impls.Semaphore {
	s := newNudges(size)
	s.lastWord = s.nudge // which does nothing while nudged says that one is on its way
	return s
}

func (s *nudges) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
		return ctx.Err()
	}
	if isDone(done) || !s.await(done, n) {
		return ctx.Err()
	}
	return nil
}

func (s *nudges) await(done <-chan struct{}, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.take(n) {
			s.nudge()
			return true
		}
		w := s.sleep(done, n)
		switch {
		case isDone(done):
			s.leave(w)
			return false
		case w.granted():
			s.nudged = false
		}
	}
}

func (s *nudges) leave(w *waiter) {
	if w.granted() {
		s.lastWord()
	} else {
		s.asleep.Remove(w.place)
	}
}

// sleep lets go of mu until the waiter is nudged or done is closed.
func (s *nudges) sleep(done <-chan struct{}, n int64) *waiter {
	w := &waiter{n: n, ready: make(chan struct{})}
	w.place = s.asleep.PushBack(w)
	s.nudge()
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-w.ready:
	case <-done:
	}
	return w
}

func (s *nudges) nudge() {
	for e := s.asleep.Front(); e != nil && !s.nudged; e = e.Next() {
		if w := e.Value.(*waiter); w.n <= s.size-s.held {
			s.asleep.Remove(e)
			close(w.ready)
			s.nudged = true
		}
	}
}

func (s *nudges) take(n int64) bool {
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *nudges) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *nudges) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.nudge()
}
