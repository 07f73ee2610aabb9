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
//
// The number of free permits is the whole state, so a compare-and-swap cannot be fooled by a value
// that went away and came back: a free that is equal again is the same state again.
//
// Memory order: operations of sync/atomic behave as if executed in one sequence, and an operation
// that sees the effect of another one is synchronized after it. Each successful CompareAndSwap of
// free sees the one before it. So all of them form one chain, and what a caller did before its
// Release is visible to every later Acquire, whichever Release its permits came from.
//
// Linearization points: the successful CompareAndSwap; for a TryAcquire that fails, the Load that
// saw too few permits; for an Acquire that fails, the sight of the done context, in the poll or the
// select.
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
		// In every round: the select below chooses at random if both channels are ready, so a
		// waiter that is woken again and again in vain could overlook for long that its context is
		// done.
		if isDone(done) {
			return ctx.Err()
		}
		// This Load must come before take. After it, a Release could swap the channel between the
		// two: the waiter would then sleep on the new channel, which no Release has a reason to
		// close.
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

// take fails only on a value of free that some moment had. A failed CompareAndSwap means that
// another call changed free, so some call makes progress: the loop is lock-free, though not
// wait-free.
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
		// The check and the change are one step by the CompareAndSwap, so two Releases at once
		// cannot both pass the check with permits that only one of them may give back.
		if n > s.size-free {
			panic(overRelease)
		}
		if s.free.CompareAndSwap(free, free+n) {
			break
		}
	}
	// Swap takes each channel out exactly once, so each is closed exactly once. A Load and a Store
	// would let two Releases close the same channel, which panics, and a channel stored in between
	// would be lost with its sleepers.
	next := make(chan struct{})
	close(*s.changed.Swap(&next))
}
