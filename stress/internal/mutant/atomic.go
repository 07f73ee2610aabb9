package mutant

import (
	"container/list"
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// count is the correct part of the mutants that count in an atomic integer. Acquire is missing.
type count struct {
	size int64
	held atomic.Int64
}

func (c *count) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	for {
		held := c.held.Load()
		if n > c.size-held {
			return false
		}
		if c.held.CompareAndSwap(held, held+n) {
			return true
		}
	}
}

func (c *count) Release(n int64) {
	mustNotBeNegative(n)
	for {
		held := c.held.Load()
		if n > held {
			panic("mutant: released more than held")
		}
		if c.held.CompareAndSwap(held, held-n) {
			return
		}
	}
}

// spin calls try until it succeeds, or until alive returns false.
func spin(try func(n int64) bool, n int64, alive func() bool) bool {
	for alive() {
		if try(n) {
			return true
		}
		runtime.Gosched()
	}
	return false
}

// staleBroadcast is M17: Acquire loads the channel to wait on after it has looked at the count. A
// Release between the two has replaced the channel, so its wake-up is missed.
type staleBroadcast struct {
	count
	freed atomic.Pointer[chan struct{}] // closed and replaced by Release
}

func newStaleBroadcast(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	s := &staleBroadcast{count: count{size: size}}
	s.freed.Store(new(make(chan struct{})))
	return s
}

func (s *staleBroadcast) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	for ctx.Err() == nil {
		if s.TryAcquire(n) {
			return nil
		}
		Preempt()
		select {
		case <-*s.freed.Load():
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func (s *staleBroadcast) Release(n int64) {
	s.count.Release(n)
	close(*s.freed.Swap(new(make(chan struct{}))))
}

// noSecondLook is M24: Acquire looks at the count, then enters the line. A Release between the two
// finds no waiter, and Acquire does not look again.
type noSecondLook struct {
	count
	mu   sync.Mutex
	line list.List // of *waiter, the head first
}

func newNoSecondLook(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &noSecondLook{count: count{size: size}}
}

func (s *noSecondLook) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if err := ctx.Err(); err != nil || s.TryAcquire(n) {
		return err
	}
	if n > s.size {
		<-ctx.Done()
		return ctx.Err()
	}
	Preempt()
	w := &waiter{n: n, ready: make(chan struct{})}
	s.mu.Lock()
	w.place = s.line.PushBack(w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		if s.leave(w) {
			return nil
		}
		return ctx.Err()
	}
}

func (s *noSecondLook) leave(w *waiter) (granted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.granted() {
		return true
	}
	s.line.Remove(w.place)
	s.serve()
	return false
}

func (s *noSecondLook) Release(n int64) {
	s.count.Release(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serve()
}

func (s *noSecondLook) serve() {
	for {
		head := s.line.Front()
		if head == nil || !s.TryAcquire(head.Value.(*waiter).n) {
			return
		}
		close(s.line.Remove(head).(*waiter).ready)
	}
}

// staleCount is M31: TryAcquire repeats a failed compare-and-swap with the same old value.
type staleCount struct{ count }

func newStaleCount(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &staleCount{count{size: size}}
}

func (s *staleCount) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if n > s.size {
		<-ctx.Done()
	}
	if spin(s.TryAcquire, n, func() bool { return ctx.Err() == nil }) {
		return nil
	}
	return ctx.Err()
}

func (s *staleCount) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	held := s.held.Load() // the defect: not loaded again in the loop
	for n <= s.size-held {
		Preempt()
		if s.held.CompareAndSwap(held, held+n) {
			return true
		}
	}
	return false
}

// deafSpinner is M32: a spinning Acquire never looks at ctx.
type deafSpinner struct{ count }

func newDeafSpinner(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &deafSpinner{count{size: size}}
}

func (s *deafSpinner) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if n > s.size {
		<-ctx.Done()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	spin(s.TryAcquire, n, func() bool { return true })
	return nil
}
