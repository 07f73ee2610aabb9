package designs

import (
	"context"
	"sync"
)

// tickets serves requests by number, as a shop does. A request that has to wait draws the next
// ticket. The display shows the ticket whose turn it is, and passes over those whose owners left.
//
// Invariant, whenever mu is free: each key of waiters lies in [display, next), and if there is a
// waiter then the one with the lowest ticket does not fit into free. Tickets have 64 bits and
// cannot run out: at a billion waits a second they last for centuries.
//
// Linearization points, all under mu: the change of free, and for an Acquire that fails the removal
// of its entry. The entry in waiters is the only mark of a wait: serve deletes it to grant and
// leave deletes it to give up, so exactly one of the two happens.
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
		// A ticket for a request that never fits would stop the display for all tickets behind it.
		<-done
		return ctx.Err()
	}
	s.mu.Lock()
	if isDone(done) {
		s.mu.Unlock()
		return ctx.Err()
	}
	// While mu is free this is the same as display == next: serve runs after every removal, and
	// passes the tickets without an owner.
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
	// The display may have stood at this ticket while the next waiter already fits. serve stops at
	// once if it stands at the ticket of another waiter.
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

// serve moves the display on while the ticket there is served or without an owner. Each ticket is
// passed once, so the loop costs a constant for each waiter, however many left.
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
