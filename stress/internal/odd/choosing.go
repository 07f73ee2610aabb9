package odd

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// choosing serves the waiter that a function chooses. The designs differ in that function only. A waiter
// that leaves serves the others, because under some orders it held them up.
//
// Every judge of an order is tempted here: waiters are served in an order that is neither the order of arrival
// nor the reverse. The designs declare Barging or Unspecified, which promise none. C17 and C18 still
// hold, because serve stops only when the function finds no waiter that may be served.
type choosing struct {
	permits
	line   []*candidate
	choose func(line []*candidate, free int64) int // an index; -1: none can be served now
	waits  func(line []*candidate) bool            // whether a newcomer has to wait behind the line
}

type candidate struct {
	waiter
	deadline time.Time // zero if there is none
}

func newChoosing(size int64, choose func([]*candidate, int64) int) *choosing {
	return &choosing{permits: newPermits(size), choose: choose,
		waits: func([]*candidate) bool { return false }}
}

// newRandom serves any waiter that fits. It draws an order of the whole line, and does not take the first
// that fits from a random place on: so every waiter that fits is equally likely.
//
// Its source of random numbers has no seed. So two runs of one program differ, and a judge that plays a
// failure again must not take the difference for a data race.
func newRandom(size int64) *choosing {
	return newChoosing(size, func(line []*candidate, free int64) int {
		for _, i := range rand.Perm(len(line)) {
			if line[i].n <= free {
				return i
			}
		}
		return -1
	})
}

// newLargestFirst serves the largest request that fits. Among equals the first in line stays, because
// only a larger request replaces it. Small requests may starve, which Barging permits. C26 watches large
// requests, and its mirror image must not be asked: only FIFO and StarvationFree promise an end of the wait.
func newLargestFirst(size int64) *choosing {
	return newChoosing(size, func(line []*candidate, free int64) int {
		best := -1
		for i, c := range line {
			if c.n <= free && (best < 0 || c.n > line[best].n) {
				best = i
			}
		}
		return best
	})
}

// newLastFirst serves the last request that fits, as a stack. Under a steady stream of newcomers the
// first waiter is never served. A detector of starvation must not call that a lost wake-up.
func newLastFirst(size int64) *choosing {
	return newChoosing(size, func(line []*candidate, free int64) int {
		for i := len(line) - 1; i >= 0; i-- {
			if line[i].n <= free {
				return i
			}
		}
		return -1
	})
}

// newEarliestDeadline serves the request whose deadline comes first, and holds up the others until it
// fits. The deadline orders the line, and ends nothing: only Done ends a wait. K22 beside it ends the wait of a
// ctx that is not done.
//
// C17 is tempted: free permits lie beside waiters that fit, while the chosen request is too large. Unspecified
// allows that, because it promises a grant only if all waiters would fit. A request without a deadline comes
// after every other: the zero time would otherwise be the earliest of all.
func newEarliestDeadline(size int64) *choosing {
	s := newChoosing(size, func(line []*candidate, free int64) int {
		first := -1
		for i, c := range line {
			if first < 0 || !c.deadline.IsZero() &&
				(line[first].deadline.IsZero() || c.deadline.Before(line[first].deadline)) {
				first = i
			}
		}
		if first >= 0 && line[first].n > free {
			return -1
		}
		return first
	})
	s.waits = func(line []*candidate) bool { return len(line) > 0 }
	return s
}

// Acquire joins the line before it asks whom to serve: under some orders the newcomer comes first.
func (s *choosing) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	c := &candidate{waiter: waiter{n: n, ready: make(chan struct{}), in: true}}
	c.deadline, _ = ctx.Deadline() // before the lock: a method of ctx may call the semaphore
	s.mu.Lock()
	if !s.waits(s.line) && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	s.line = append(s.line, c)
	s.serve() // it may choose the newcomer
	s.mu.Unlock()
	select {
	case <-c.ready:
		return nil
	case <-done:
	}
	// A grant may have come before the lock, and in says so. Its permits go back then, because the
	// caller gets an error and holds nothing. serve runs in both cases: a leaver that was chosen and
	// did not fit has held up the others.
	s.mu.Lock()
	if !c.in {
		s.held -= n
	} else if i := slices.Index(s.line, c); i >= 0 {
		s.line = slices.Delete(s.line, i, i+1)
	}
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

// serve grants as long as the choice fits. The permits are counted before ready is closed, both under
// mu: a waiter that wakes holds them already, and no call in between can take them.
func (s *choosing) serve() {
	for {
		i := s.choose(s.line, s.size-s.held)
		if i < 0 {
			return
		}
		c := s.line[i]
		s.line = slices.Delete(s.line, i, i+1)
		s.held += c.n
		c.in = false
		close(c.ready)
	}
}

func (s *choosing) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.waits(s.line) && s.take(n)
}

func (s *choosing) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
}
