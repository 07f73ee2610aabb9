package rivals

import (
	"context"

	"github.com/semabench/semabench/impls"
)

// A unit is a semaphore whose calls have no weight.
type unit interface {
	acquire(ctx context.Context) error
	try() bool
	release()
}

// units takes n permits one by one, as programs do that need several permits of such a semaphore.
// Two calls can hold a part of their permits each and wait for the rest, for ever.
type units struct{ unit unit }

func (s units) Acquire(ctx context.Context, n int64) error {
	for taken := range n {
		if err := s.unit.acquire(ctx); err != nil {
			s.Release(taken)
			return err
		}
	}
	return nil
}

func (s units) TryAcquire(n int64) bool {
	for taken := range n {
		if !s.unit.try() {
			s.Release(taken)
			return false
		}
	}
	return true
}

func (s units) Release(n int64) {
	for range n {
		s.unit.release()
	}
}

// tokens is a channel with one empty struct in its buffer for each permit in use: the semaphore of
// “Effective Go”.
type tokens chan struct{}

func newTokens(size int64) impls.Semaphore { return units{make(tokens, size)} }

func (s tokens) acquire(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s tokens) try() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s tokens) release() { <-s }
