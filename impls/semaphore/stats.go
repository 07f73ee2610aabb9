package semaphore

import "time"

// Stats describes a semaphore at one moment. The first four fields are its state. The others are
// totals since it was made, of calls that had to wait: calls that are served at once are not counted,
// because counting them would cost time on the fast path.
type Stats struct {
	Size    int64         // permits
	Held    int64         // permits in use; more than Size after a shrink
	Waiting int64         // calls of Acquire that wait
	Longest time.Duration // how long the oldest of these has waited

	Granted   int64         // calls of Acquire that waited and got their permits
	Cancelled int64         // calls of Acquire that waited until their ctx was done
	Waited    time.Duration // time that all these calls waited, in sum
}

// Stats returns the state and the totals. To publish them with package expvar:
//
//	expvar.Publish("uploads", expvar.Func(func() any { return sem.Stats() }))
//
// All fields are read in one critical section. The state is exact: it is the state at one moment
// during the call. A waiter that was woken counts as waiting until it has taken its permits. A call
// is in the totals when its permits are taken, which may be before Acquire returns. Its waiting time ends
// with the Release that served it: the time until its goroutine runs is not counted.
func (s *Weighted) Stats() Stats {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	free := s.word.Load() // one load: while the word is open the fast paths change it
	if free == closed {
		free = s.free
	}
	size := s.size.Load()
	stats := Stats{
		Size:      size,
		Held:      size - free + s.debt,
		Waiting:   s.line.n + s.tooLarge.n,
		Granted:   s.granted,
		Cancelled: s.cancelled,
		Waited:    s.waited,
	}
	for _, w := range []*waiter{s.line.first, s.tooLarge.first} {
		if w != nil {
			stats.Longest = max(stats.Longest, now-w.since)
		}
	}
	return stats
}
