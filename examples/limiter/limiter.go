// Package limiter is a semaphore of somebody else's, in a module of its own, as yours is. It is
// here to show the lines in limiter_test.go that test it, play all its schedules, fuzz
// and benchmark it.
package limiter

import (
	"context"
	"sync"
)

// A Limiter grants permits. Whoever finds too few waits for the channel that the next Release
// closes, and looks again.
type Limiter struct {
	size int64

	mu      sync.Mutex
	free    int64
	changed chan struct{} // closed and replaced by Release
}

// New returns a Limiter of size permits. It panics if size is negative.
func New(size int64) *Limiter {
	mustNotBeNegative(size)
	return &Limiter{size: size, free: size, changed: make(chan struct{})}
}

// Acquire takes n permits, or returns ctx.Err() when ctx is done first.
func (l *Limiter) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	for ctx.Err() == nil {
		changed, ok := l.take(n)
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// TryAcquire takes n permits if they are free.
func (l *Limiter) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	_, ok := l.take(n)
	return ok
}

// take returns, if there are too few permits, what is closed when there may be more.
func (l *Limiter) take(n int64) (changed <-chan struct{}, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > l.free {
		return l.changed, false
	}
	l.free -= n
	return nil, true
}

// Release gives n permits back. It panics if fewer are held.
func (l *Limiter) Release(n int64) {
	mustNotBeNegative(n)
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > l.size-l.free {
		panic("limiter: released more than held")
	}
	l.free += n
	close(l.changed)
	l.changed = make(chan struct{})
}

func mustNotBeNegative(n int64) {
	if n < 0 {
		panic("limiter: negative")
	}
}
