package mutant

import (
	"context"
	"sync"

	"github.com/semabench/semabench/impls"
)

// M15
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

// cond is a correct semaphore on a condition variable but for what its two fields choose.
type cond struct {
	mu       sync.Mutex
	freed    *sync.Cond
	size     int64
	held     int64
	lookOnce bool   // wait once instead of as long as there are too few permits
	pause    func() // called between the look and the wait
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

// M16
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

// M18
func newUnlockedBroadcast(size int64) impls.Semaphore {
	s := newCond(size)
	s.onDone = s.freed.Broadcast
	s.pause = Preempt
	return s
}

// M19
func newIfNotFor(size int64) impls.Semaphore {
	s := newCond(size)
	s.lookOnce = true
	return s
}

// M20
func newWrongOneWoken(size int64) impls.Semaphore {
	s := newCond(size)
	s.wake = s.freed.Signal
	return s
}

// M33: nothing is wrong with it but that Impl.StarvationFree is declared.
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
		s.freed.Broadcast() // the signal may have been for another
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
