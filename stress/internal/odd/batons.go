package odd

import (
	"container/list"
	"context"
)

// batons wakes the first waiter in each Release. A waiter hands the wake-up to the waiter behind it, whether
// it was served, finds too few permits, or leaves. So each wake-up goes along the line to its end, however
// many leavers are in a row. K35 beside it drops a wake-up that one leaver handed to another.
//
// Two clauses are tempted to a false alarm. C18 wants every waiter that fits to be served by one Release, and
// this Release wakes one waiter only. C17 forbids free permits beside a waiter that fits, and such a state
// exists while a wake-up travels. Both states end by themselves, without another call. So a judge is right
// only if it looks when nothing can move any more.
type batons struct {
	permits
	line list.List // of *runner, the head first
}

type runner struct {
	n    int64
	wake chan struct{} // has room for one wake-up: a second one would say nothing more
}

func newBatons(size int64) *batons { return &batons{permits: newPermits(size)} }

// hand wakes the waiter at e. The caller has mu, so no waiter joins, leaves or looks at the permits meanwhile.
// A full channel already holds a wake-up that its waiter has not received. That waiter will look at the
// permits after this call, so a second wake-up would show it nothing new.
func hand(e *list.Element) {
	if e == nil {
		return
	}
	select {
	case e.Value.(*runner).wake <- struct{}{}:
	default:
	}
}

func (s *batons) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	if s.wait(done, n) {
		return nil
	}
	return ctx.Err()
}

// wait reports whether n permits were taken before done was closed.
func (s *batons) wait(done <-chan struct{}, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.take(n) {
		return true
	}
	r := &runner{n: n, wake: make(chan struct{}, 1)}
	place := s.line.PushBack(r)
	defer s.line.Remove(place)
	for {
		s.mu.Unlock()
		left := false
		select {
		case <-r.wake:
		case <-done:
			left = true
		}
		s.mu.Lock()
		if !left {
			hand(place.Next()) // before the return: Next of an element that Remove took out is nil
			if s.take(n) {
				return true
			}
			continue
		}
		select {
		case <-r.wake: // it came with the end of ctx; select may choose either of two ready channels
			hand(place.Next())
		default:
		}
		return false
	}
}

func (s *batons) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *batons) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	if n > 0 { // a Release of nothing has no permit to announce
		hand(s.line.Front())
	}
}
