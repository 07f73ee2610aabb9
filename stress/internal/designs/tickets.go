package designs

import (
	"context"
	"sync"
)

// tickets serves requests by number, as a shop does. A request that has to wait draws the next
// ticket. The display shows the ticket whose turn it is, and passes over those whose owners left.
type tickets struct {
	size int64

	mu      sync.Mutex
	free    int64
	display uint64                   // the lowest ticket that may still wait
	next    uint64                   // the ticket that the next waiter draws
	waiters map[uint64]*ticketWaiter // by ticket; a waiter that leaves has no entry
}

type ticketWaiter struct {
	n     int64
	ready chan struct{}
}

func newTickets(size int64) *tickets {
	mustNotBeNegative(size)
	return &tickets{size: size, free: size, waiters: map[uint64]*ticketWaiter{}}
}

func (s *tickets) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
		return ctx.Err()
	}
	s.mu.Lock()
	if isDone(done) {
		s.mu.Unlock()
		return ctx.Err()
	}
	if len(s.waiters) == 0 && n <= s.free {
		s.free -= n
		s.mu.Unlock()
		return nil
	}
	ticket := s.next
	s.next++
	w := &ticketWaiter{n: n, ready: make(chan struct{})}
	s.waiters[ticket] = w
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	if !s.leave(ticket) {
		return nil
	}
	return ctx.Err()
}

// leave removes a waiter. It reports false if the waiter was granted first.
func (s *tickets) leave(ticket uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiters[ticket] == nil {
		return false
	}
	delete(s.waiters, ticket)
	s.serve()
	return true
}

func (s *tickets) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiters) > 0 || n > s.free {
		return false
	}
	s.free -= n
	return true
}

func (s *tickets) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.free {
		panic(overRelease)
	}
	s.free += n
	s.serve()
}

// serve moves the display on while the ticket there is served or without an owner.
func (s *tickets) serve() {
	for s.display != s.next {
		w := s.waiters[s.display]
		if w != nil {
			if w.n > s.free {
				return
			}
			s.free -= w.n
			delete(s.waiters, s.display)
			close(w.ready)
		}
		s.display++
	}
}
