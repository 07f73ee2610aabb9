//go:build lost

// Package lost is package limiter with one defect: a request looks for free permits and takes the
// channel that announces a Release in two steps, each under its own lock. A Release between the two
// steps wakes nothing, and the request waits although its permit is free.
//
// A minute of random programs on two cores did not find the lost wake-up. The explorer finds it, with
// the schedule:
//
//	go test -tags lost ./lost
package lost

import (
	"context"
	"sync"
)

// A Limiter grants up to a fixed number of permits. A goroutine that finds too few free permits
// waits for the channel that the next Release closes, and then tries again.
type Limiter struct {
	size int64

	mu      sync.Mutex
	free    int64         // permits that are not held; guarded by mu
	changed chan struct{} // closed and replaced by every Release; the field is guarded by mu
}

// New returns a Limiter with size permits, all free. It panics if size is negative.
func New(size int64) *Limiter {
	mustNotBeNegative(size)
	return &Limiter{size: size, free: size, changed: make(chan struct{})}
}

// Acquire takes n permits, and blocks until they are free or ctx is done. Then it returns ctx.Err()
// and takes nothing. It panics if n is negative.
func (l *Limiter) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	for ctx.Err() == nil {
		if l.TryAcquire(n) {
			return nil
		}
		select {
		case <-l.next():
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// TryAcquire takes n permits and returns true, or takes nothing and returns false. It never waits
// for a Release. It panics if n is negative.
func (l *Limiter) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > l.free {
		return false
	}
	l.free -= n
	return true
}

// next returns the channel that the next Release closes.
func (l *Limiter) next() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// Release returns n permits. Any goroutine may call it. It panics if fewer than n permits are held,
// or if n is negative.
func (l *Limiter) Release(n int64) {
	mustNotBeNegative(n)
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > l.size-l.free {
		panic("lost: released more than held")
	}
	l.free += n
	close(l.changed) // wakes all waiters: one Release may satisfy several of them
	l.changed = make(chan struct{})
}

func mustNotBeNegative(n int64) {
	if n < 0 {
		panic("lost: negative")
	}
}
