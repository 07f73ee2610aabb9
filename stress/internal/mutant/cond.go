package mutant

import (
	"context"
	"sync"

	"github.com/semabench/semabench/impls"
)

// oneWakeup is M15: Release admits at most one waiter.
type oneWakeup struct{ *queue }

func newOneWakeup(size int64) impls.Semaphore { return oneWakeup{newQueue(size)} }

func (s oneWakeup) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve(1)
}

// cond is a semaphore on a condition variable. It is correct unless a mutant changes one of its
// fields.
type cond struct {
	mu       sync.Mutex
	freed    *sync.Cond
	size     int64
	held     int64
	lookOnce bool   // wait once, instead of until there are enough permits
	pause    func() // called between the check of the count and the wait
	wake     func() // called by Release
	onDone   func() // called when the ctx of a waiter is done
}

func newCond(size int64) *cond {
	mustNotBeNegative(size)
	s := &cond{size: size}
	s.freed = sync.NewCond(&s.mu)
	s.pause = func() {}
	s.wake = s.freed.Broadcast
	s.onDone = s.wakeAll
	return s
}

// fullEdge is M16: Release wakes waiters only if all permits were held before.
type fullEdge struct{ *cond }

func newFullEdge(size int64) impls.Semaphore { return fullEdge{newCond(size)} }

func (s fullEdge) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	full := s.held == s.size
	s.held -= n
	if full {
		s.wake()
	}
}

// newUnlockedBroadcast returns M18: the callback of ctx broadcasts without the lock. A waiter that
// has looked at ctx and not yet called Wait misses the broadcast.
func newUnlockedBroadcast(size int64) impls.Semaphore {
	s := newCond(size)
	s.onDone = s.freed.Broadcast
	s.pause = Preempt
	return s
}

// newIfNotFor returns M19: a woken waiter does not check the count again.
func newIfNotFor(size int64) impls.Semaphore {
	s := newCond(size)
	s.lookOnce = true
	return s
}

// newWrongOneWoken returns M20: Release signals one waiter, which may not fit, and another that
// fits sleeps on.
func newWrongOneWoken(size int64) impls.Semaphore {
	s := newCond(size)
	s.wake = s.freed.Signal
	return s
}

// newUnbounded returns M33: the semaphore is correct, but its table entry declares
// Impl.StarvationFree.
func newUnbounded(size int64) impls.Semaphore { return newCond(size) }

func (s *cond) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if n > s.size {
		<-ctx.Done()
		return ctx.Err()
	}
	defer context.AfterFunc(ctx, s.onDone)()
	if !s.wait(ctx.Done(), n) {
		return ctx.Err()
	}
	return nil
}

func (s *cond) wait(done <-chan struct{}, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !isDone(done) && n > s.size-s.held {
		s.pause()
		s.freed.Wait()
		if s.lookOnce {
			break
		}
	}
	if isDone(done) {
		s.freed.Broadcast() // the signal that woke this waiter may have been needed by another
		return false
	}
	s.held += n
	return true
}

func (s *cond) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *cond) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.wake()
}

func (s *cond) wakeAll() {
	s.mu.Lock()
	s.freed.Broadcast()
	s.mu.Unlock()
}
