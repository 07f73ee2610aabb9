package mutant

import (
	"context"

	"github.com/semabench/semabench/impls"
)

// tokens is a channel with an element for every permit that is held. Each token takes one step of a
// loop, so weights above 2^20 panic.
type tokens struct {
	held chan struct{}
	turn chan struct{} // held by an Acquire that collects tokens
}

func newTokens(size int64) tokens {
	mustNotBeNegative(size)
	return tokens{held: make(chan struct{}, size), turn: make(chan struct{}, 1)}
}

// collect takes n tokens one by one. It returns how many it took before ctx was done.
func (s tokens) collect(ctx context.Context, n int64) (got int64) {
	for ctx.Err() == nil && got < n {
		select {
		case s.held <- struct{}{}:
			got++
		case <-ctx.Done():
		}
	}
	return got
}

func (s tokens) TryAcquire(n int64) bool {
	mustBeCountable(n)
	for got := range n {
		select {
		case s.held <- struct{}{}:
		default:
			s.Release(got)
			return false
		}
	}
	return true
}

func (s tokens) Release(n int64) {
	mustBeCountable(n)
	if n > int64(len(s.held)) {
		panic("mutant: released more than held")
	}
	for range n {
		<-s.held
	}
}

func mustBeCountable(n int64) {
	if mustNotBeNegative(n); n > 1<<20 {
		panic("mutant: too many tokens to count")
	}
}

// halfHolders is M3: Acquire takes tokens without waiting for its turn. Two callers can hold half
// of their tokens each, and wait for each other for ever.
type halfHolders struct{ tokens }

func newHalfHolders(size int64) impls.Semaphore { return halfHolders{newTokens(size)} }

func (s halfHolders) Acquire(ctx context.Context, n int64) error {
	mustBeCountable(n)
	if n > int64(cap(s.held)) {
		<-ctx.Done()
	}
	got := s.collect(ctx, n)
	if err := ctx.Err(); err != nil {
		s.Release(got)
		return err
	}
	return nil
}

// partialLoss is M4: only one Acquire collects tokens at a time, but a cancelled Acquire does not
// return the tokens that it has taken.
type partialLoss struct{ tokens }

func newPartialLoss(size int64) impls.Semaphore { return partialLoss{newTokens(size)} }

func (s partialLoss) Acquire(ctx context.Context, n int64) error {
	mustBeCountable(n)
	if n > int64(cap(s.held)) {
		<-ctx.Done()
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
	}
	if got := s.collect(ctx, n); got < n {
		return ctx.Err() // the defect: got tokens are not returned
	}
	return nil
}
