// Package limiter is a semaphore outside the module of semabench, as yours is. The four lines in
// limiter_test.go test it against the contract, explore its schedules, fuzz it and benchmark it.
//
//	go test ./...
//	go test -run '^$' -fuzz FuzzLimiter -fuzztime 30s .
//	go test -run '^$' -bench Limiter .
//
// # What this does not show
//
// The limiter is simple and not fast: every Release wakes every waiter. It does not keep the order
// of waiters, so a request for many permits may starve.
package limiter

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

// TryAcquire takes n permits and returns true, or takes nothing and returns false. It never waits
// for a Release. It panics if n is negative.
func (l *Limiter) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	_, ok := l.take(n)
	return ok
}

// take takes n permits if they are free. Otherwise it returns the channel that the next Release
// closes. Both happen under one lock: with two locks, a Release in between would close the old
// channel, and the caller would wait for the new one although permits are free.
func (l *Limiter) take(n int64) (changed <-chan struct{}, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > l.free {
		return l.changed, false
	}
	l.free -= n
	return nil, true
}

// Release returns n permits. Any goroutine may call it. It panics if fewer than n permits are held,
// or if n is negative.
func (l *Limiter) Release(n int64) {
	mustNotBeNegative(n)
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > l.size-l.free {
		panic("limiter: released more than held")
	}
	l.free += n
	close(l.changed) // wakes all waiters: one Release may satisfy several of them
	l.changed = make(chan struct{})
}

func mustNotBeNegative(n int64) {
	if n < 0 {
		panic("limiter: negative")
	}
}
