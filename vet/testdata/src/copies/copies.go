package copies

import (
	"context"

	"golang.org/x/sync/semaphore"
)

type pool struct {
	sem semaphore.Weighted
}

func (p pool) byValue() {} // want `each call of byValue copies a semaphore by value`

func use(semaphore.Weighted) {}

func copied(p *pool, all []pool) pool {
	s := p.sem // want `this assignment copies a semaphore by value`
	use(s)     // want `this call copies a semaphore by value`
	var t = *p // want `this declaration copies a semaphore by value`
	_ = &t
	for _, q := range all { // want `this range copies a semaphore by value`
		_ = &q
	}
	_ = []pool{*p} // want `this literal copies a semaphore by value`
	return *p      // want `this return copies a semaphore by value`
}

// Correct neighbours.

func fresh() *pool {
	p := pool{sem: *semaphore.NewWeighted(2)} // nothing has used it yet
	q := pool{}
	_, _ = &q, len([3]pool{})
	s := semaphore.NewWeighted(3)
	t := s
	_ = t
	return &p
}

// A limiter has its state behind a pointer: copies are the same limiter.
type limiter struct{ s *semaphore.Weighted }

func (l limiter) Acquire(ctx context.Context, n int64) error { return l.s.Acquire(ctx, n) }
func (l limiter) TryAcquire(n int64) bool                    { return l.s.TryAcquire(n) }
func (l limiter) Release(n int64)                            { l.s.Release(n) }

func pass(l limiter) limiter { return l }
