package semaphore

import "time"

// NewBounded returns a semaphore with bounds of its own. Tests need small ones: no explored program
// is long enough to pass a waiter 32 times.
func NewBounded(n int64, bound time.Duration, passes int) *Weighted {
	return newWeighted(n, bound, passes)
}

// MaxKept is the number of waiters that a semaphore keeps for reuse.
const MaxKept = maxKept

// Kept counts the waiters that s keeps for reuse. No call may wait.
func (s *Weighted) Kept() (n int) {
	for _, first := range []*waiter{s.spare, s.unused.Load()} {
		for w := first; w != nil; w = w.next {
			n++
		}
	}
	return n
}

// A Waiter is the memory of a call that waits.
type Waiter = waiter

// NewWaiter takes a waiter as a call does that is about to wait.
func (s *Weighted) NewWaiter() *Waiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newWaiter(1, 0)
}

// Recycle gives w back as a call does that has waited.
func (s *Weighted) Recycle(w *Waiter) { s.recycle(w) }

// Made returns how many waiters were made that return for reuse.
func (s *Weighted) Made() int { return s.kept }

// SetCounters makes all counters n, as after so many calls.
func (s *Weighted) SetCounters(n int64) {
	s.granted, s.cancelled, s.tickets = n, n, uint64(n)
	s.line.n, s.tooLarge.n = n, n
}
