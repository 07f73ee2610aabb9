package mutant

import (
	"context"

	"github.com/semabench/semabench/impls"
)

// tokens is a channel with an element for every permit that is held. Each token takes one step of
// a loop, so weights above 2^20 panic.
//
// A channel hands over one element at a time. So a weight of n is n steps that other calls can
// fall between, and both mutants live from that. turn makes the steps one unit among the calls of
// Acquire; TryAcquire takes no turn, because it must not wait.
type tokens struct {
	held chan struct{}
	turn chan struct{} // held by an Acquire that collects tokens
}

// newTokens returns tokens with size permits free. The elements have no bytes, so a large size
// costs no memory.
func newTokens(size int64) tokens {
	mustNotBeNegative(size)
	return tokens{held: make(chan struct{}, size), turn: make(chan struct{}, 1)}
}

// collect takes n tokens one by one. It returns how many it took before ctx was done. The caller
// owns them, and has to return them if they are fewer than n.
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

// TryAcquire puts back what it took if a token is missing. Meanwhile another try may fail that
// would have fit; the mutants declare no order, and C4 meets only tries for one token.
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

// Release compares first, so an over-release panics and takes nothing. A correct program cannot
// make the receive block: it never has fewer tokens in the channel than it releases.
func (s tokens) Release(n int64) {
	mustBeCountable(n)
	if n > int64(len(s.held)) {
		panic("mutant: released more than held")
	}
	for range n {
		<-s.held
	}
}

// mustBeCountable panics if n tokens would take too many steps. 2^20 of them take tens of
// milliseconds, below the patience of every clause.
func mustBeCountable(n int64) {
	if mustNotBeNegative(n); n > 1<<20 {
		panic("mutant: too many tokens to count")
	}
}

// halfHolders is M3: Acquire takes tokens without waiting for its turn. On a semaphore of size 2:
//
//  1. A and B call Acquire(2).
//  2. A takes one token, and B takes the other.
//  3. Each waits for the token that the other holds, and neither returns one.
//
// It breaks C19 and C17, and W sees the two waiters that are stuck. This is the natural emulation
// of weights on a channel.
type halfHolders struct{ tokens }

func newHalfHolders(size int64) impls.Semaphore { return halfHolders{newTokens(size)} }

func (s halfHolders) Acquire(ctx context.Context, n int64) error {
	mustBeCountable(n)
	if n > int64(cap(s.held)) {
		<-ctx.Done()
	}
	// The defect: no turn. Another Acquire may collect at the same time.
	got := s.collect(ctx, n)
	if err := ctx.Err(); err != nil {
		s.Release(got)
		return err
	}
	return nil
}

// partialLoss is M4: only one Acquire collects tokens at a time, but a cancelled Acquire does not
// return the tokens that it has taken. With one of three permits held, Acquire(3) takes two and
// waits; its ctx ends, and the two tokens stay in the channel without a holder.
//
// It breaks C5, and C17 once a later request needs them. Seen in ClickHouse/clickhouse-go#1759 and
// vitessio/vitess#2599.
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
