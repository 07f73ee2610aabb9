package mutant

import (
	"container/list"
	"context"
	"sync"

	"github.com/semabench/semabench/impls"
)

// A signals semaphore lets waiters take their permits themselves. One waiter at a time is
// signalled; it looks at the count, and signals the next waiter that fits. It is correct but for
// onCancel, which a mutant sets.
type signals struct {
	mu        sync.Mutex
	size      int64
	held      int64
	asleep    list.List // of *waiter; a signal removes the waiter and closes ready
	signalled bool      // a signal is on its way

	// onCancel is called for a cancelled waiter that had been signalled. A correct one would clear
	// signalled and then signal another waiter.
	onCancel func()
}

func newSignals(size int64) *signals {
	mustNotBeNegative(size)
	return &signals{size: size}
}

// newSwallowedSignal returns M23: a cancelled waiter that had been signalled does not signal
// another.
func newSwallowedSignal(size int64) impls.Semaphore {
	s := newSignals(size)
	s.onCancel = func() { s.signalled = false } // the defect: no call of signal
	return s
}

// newFlagKept returns M25: a cancelled waiter that had been signalled tries to signal another while
// the flag still says that a signal is on its way, so nothing happens.
func newFlagKept(size int64) impls.Semaphore {
	s := newSignals(size)
	s.onCancel = s.signal // the defect: does nothing while signalled is set
	return s
}

func (s *signals) Acquire(ctx context.Context, n int64) error {
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

func (s *signals) await(done <-chan struct{}, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.take(n) {
			s.signal()
			return true
		}
		w := s.sleep(done, n)
		switch {
		case isDone(done):
			s.leave(w)
			return false
		case w.granted():
			s.signalled = false
		}
	}
}

func (s *signals) leave(w *waiter) {
	if w.granted() {
		s.onCancel()
	} else {
		s.asleep.Remove(w.place)
	}
}

// sleep unlocks mu until the waiter is signalled or done is closed.
func (s *signals) sleep(done <-chan struct{}, n int64) *waiter {
	w := &waiter{n: n, ready: make(chan struct{})}
	w.place = s.asleep.PushBack(w)
	s.signal()
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-w.ready:
	case <-done:
	}
	return w
}

// signal signals the first waiter that fits, unless a signal is on its way.
func (s *signals) signal() {
	for e := s.asleep.Front(); e != nil && !s.signalled; e = e.Next() {
		if w := e.Value.(*waiter); w.n <= s.size-s.held {
			s.asleep.Remove(e)
			close(w.ready)
			s.signalled = true
		}
	}
}

func (s *signals) take(n int64) bool {
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *signals) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *signals) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.signal()
}
