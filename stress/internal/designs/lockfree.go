package designs

import (
	"context"
	"sync/atomic"
)

// lockFree has no lock: permits are a number that is compared and swapped, and waiters sleep on a
// channel that the next Release closes. Every waiter wakes up for every Release.
//
// A waiter loads the channel before it looks at the permits. A Release changes the permits before
// it swaps the channel. So a waiter that missed the permits of a Release sleeps on a channel that
// this Release, or an earlier Release that is still under way, closes afterwards.
type lockFree struct {
	size    int64
	free    atomic.Int64
	changed atomic.Pointer[chan struct{}]
}

func newLockFree(size int64) *lockFree {
	mustNotBeNegative(size)
	s := &lockFree{size: size}
	s.free.Store(size)
	first := make(chan struct{})
	s.changed.Store(&first)
	return s
}

func (s *lockFree) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	for {
		if isDone(done) {
			return ctx.Err()
		}
		changed := *s.changed.Load()
		if s.take(n) {
			return nil
		}
		select {
		case <-changed:
		case <-done:
			return ctx.Err()
		}
	}
}

func (s *lockFree) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	return s.take(n)
}

func (s *lockFree) take(n int64) bool {
	for {
		free := s.free.Load()
		if n > free {
			return false
		}
		if s.free.CompareAndSwap(free, free-n) {
			return true
		}
	}
}

func (s *lockFree) Release(n int64) {
	mustNotBeNegative(n)
	for {
		free := s.free.Load()
		if n > s.size-free {
			panic(overRelease)
		}
		if s.free.CompareAndSwap(free, free+n) {
			break
		}
	}
	next := make(chan struct{})
	close(*s.changed.Swap(&next))
}
