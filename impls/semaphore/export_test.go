package semaphore

import "time"

// NewBounded returns a semaphore with bounds of its own. Tests need small ones: no explored program
// is long enough to pass a waiter 32 times.
func NewBounded(n int64, bound time.Duration, passes int) *Weighted {
	return newWeighted(n, bound, passes)
}

// Thresholds of the pace.
const LongHold, LongGap = longHold, longGap

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
