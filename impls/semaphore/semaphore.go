package semaphore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Weighted is a counting semaphore with weights, contexts, resizing and statistics. Make it
// with [NewWeighted] or [NewFIFO]. The zero Weighted has no permits. A Weighted must not be copied.
//
// Its methods Acquire, TryAcquire and Release keep the contract of impls.Semaphore. In short: a
// ctx that is done before the call always loses; a failed call changes nothing; a Release of more
// than is held panics and changes nothing; a request for more than the size delays no other request.
//
// In the terminology of [the Go memory model], for a semaphore of size C and unit weights the
// k'th permit released “synchronizes before” the return of the call that takes permit k+C. A
// failed TryAcquire or Acquire establishes no “synchronizes before” relation.
//
// [the Go memory model]: https://go.dev/ref/mem
type Weighted struct {
	word atomic.Int64 // the free permits, or closed: see the package documentation
	size atomic.Int64 // changes only in Resize, with mu locked
	_    [48]byte     // keeps the mutex off the cache line of the fast paths

	mu sync.Mutex
	ledger
}

// closed is the value of word while the ledger has the free permits.
const closed = -1

// NewWeighted returns a semaphore of n permits, all free. It panics if n is negative.
//
// Its policy is bounded bypass. A newcomer may take permits before the calls that wait in line, but
// only while one of them is the first in line for less than 50 µs, and was passed less than 32
// times. Then it is overdue: released permits are kept for it until it is served.
//
// Where hand-off costs little, newcomers do not pass, and calls are served in their order: while permits are
// held for 200 µs or more on average and come back 12.5 µs or more apart; or while they are held for 10 µs or
// more, and for 40 times as long as a waiter needs to run after it was woken. In the second case one waiter
// in 17 may still be passed, within the bounds above.
func NewWeighted(n int64) *Weighted { return newWeighted(n, bypassTime, bypassCount) }

// NewFIFO returns a semaphore of n permits, all free. It panics if n is negative.
//
// Its policy is strict hand-off: permits go to the waiters in the order in which they began to wait,
// and a newcomer takes permits only if no call waits.
func NewFIFO(n int64) *Weighted { return newWeighted(n, 0, 0) }

func newWeighted(n int64, bound time.Duration, passes int) *Weighted {
	mustNotBeNegative("size", n)
	s := &Weighted{}
	s.word.Store(n)
	s.size.Store(n)
	s.ledger = ledger{bound: bound, passes: passes, made: time.Now()}
	return s
}

// Acquire takes n permits, waiting until they are free or ctx is done. It returns nil and holds
// n permits, or returns ctx.Err() and holds none. It panics if n is negative.
//
// The comparison of the word with n asks both questions of the fast path at once: closed is less
// than every weight, so n <= free says that the semaphore is open and that n permits are free.
func (s *Weighted) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative("weight", n)
	// Before the swap: a check after it would have to give permits back, and a TryAcquire in
	// between would fail for no reason. No lock is held, so the methods of ctx may call s.
	if err := ctx.Err(); err != nil {
		return err
	}
	for {
		free := s.word.Load()
		if n > free {
			return s.acquireSlow(ctx, n)
		}
		if s.word.CompareAndSwap(free, free-n) {
			return nil
		}
	}
}

// TryAcquire takes n permits if that needs no waiting, and reports whether it did. When it
// returns false nothing has changed. It panics if n is negative.
func (s *Weighted) TryAcquire(n int64) bool {
	mustNotBeNegative("weight", n)
	for {
		free := s.word.Load()
		if free == closed {
			return s.tryAcquireSlow(n)
		}
		if n > free {
			return false // the load was the instant at which too few permits were free
		}
		if s.word.CompareAndSwap(free, free-n) {
			return true
		}
	}
}

// Release gives n permits back and admits the waiters that then fit. It panics if n is negative,
// or if fewer than n permits are held, and then changes nothing.
//
// It swaps and does not add. An add would show the permits of an over-release to other goroutines
// before Release could see that they do not exist.
func (s *Weighted) Release(n int64) {
	mustNotBeNegative("weight", n)
	for {
		free := s.word.Load()
		if free == closed || n > s.size.Load()-free {
			s.releaseSlow(n) // which panics if n is still too much with the lock held
			return
		}
		if s.word.CompareAndSwap(free, free+n) {
			return
		}
	}
}

// mustNotBeNegative panics on a negative weight or size, before anything has changed.
func mustNotBeNegative(what string, n int64) {
	if n < 0 {
		panic("semaphore: negative " + what)
	}
}
