package mutant

import (
	"context"

	"github.com/semabench/semabench/impls"
)

// tokens is a channel with an element for every permit that is held. It can count to weights
// that a loop can; more is refused by a panic rather than by running for years.
type tokens struct {
	held chan struct{}
	turn chan struct{} // who collects several tokens
}

func newTokens(size int64) tokens {
	mustNotBeNegative(size)
	return tokens{held: make(chan struct{}, size), turn: make(chan struct{}, 1)}
}

// collect takes n tokens one by one and returns how many it has when it is done or ctx is.
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
		panic("mutant: more tokens than one can count")
	}
}

// M3: nobody waits for the turn, so two can be half way.
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

// M4: one at a time, but what a cancelled one has in hand is lost.
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
		return ctx.Err() // and the got?
	}
	return nil
}
