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
	wake     func() // called by Release
}

func newCond(size int64) *cond {
	mustNotBeNegative(size)
	s := &cond{size: size}
	s.freed = sync.NewCond(&s.mu)
	s.wake = s.freed.Broadcast
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

func (s *cond) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if n > s.size {
		<-ctx.Done()
		return ctx.Err()
	}
	defer context.AfterFunc(ctx, s.wakeAll)()
	if !s.wait(ctx.Done(), n) {
		return ctx.Err()
	}
	return nil
}

func (s *cond) wait(done <-chan struct{}, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !isDone(done) && n > s.size-s.held {
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
