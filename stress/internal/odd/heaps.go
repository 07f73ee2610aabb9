package odd

import (
	"container/heap"
	"context"
)

// tickets keeps its line in a heap. The last entry takes the place of a leaver; heap.Remove lets it sink or
// rise, as it may come from another branch. K34 beside it lets the entry sink only.
//
// C27 is tempted, because a heap orders its root and no other entry: the array shows waiters out of order.
// Only the order of grants is promised, and serve takes the root each time. The numbers are drawn under the
// lock under which the ticket joins, so their order is the order of arrival.
type tickets struct {
	permits
	line tree
	next int64 // never wraps: a ticket each ns takes 292 years
}

// A ticket knows its place in the tree. So a leaver needs no search, and costs O(log n). The place also tells a
// leaver, under mu, whether a grant came first: Pop sets it to -1, and only a grant or the leaver itself pops.
type ticket struct {
	waiter
	number int64
	at     int // in the tree; -1 if it is not there
}

// A tree implements heap.Interface, by the numbers of its tickets. Swap keeps at of both tickets right, and Pop
// clears the slot: otherwise the array would keep a waiter alive that has gone.
type tree []*ticket

func (t tree) Len() int           { return len(t) }
func (t tree) Less(i, j int) bool { return t[i].number < t[j].number }
func (t tree) Swap(i, j int)      { t[i], t[j] = t[j], t[i]; t[i].at, t[j].at = i, j }
func (t *tree) Push(x any)        { w := x.(*ticket); w.at = len(*t); *t = append(*t, w) }
func (t *tree) Pop() any {
	last := len(*t) - 1
	w := (*t)[last]
	w.at, (*t)[last] = -1, nil
	*t = (*t)[:last]
	return w
}

func newTickets(size int64) *tickets { return &tickets{permits: newPermits(size)} }

func (s *tickets) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if len(s.line) == 0 && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	s.next++
	w := &ticket{waiter: waiter{n: n, ready: make(chan struct{})}, number: s.next}
	heap.Push(&s.line, w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	if w.at >= 0 {
		heap.Remove(&s.line, w.at)
	} else {
		s.held -= n // granted meanwhile; the permits go on to the line
	}
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

// serve grants in the order of the numbers, and stops at the first ticket that does not fit: under FIFO a
// large request must not be passed.
func (s *tickets) serve() {
	for len(s.line) > 0 && s.take(s.line[0].n) {
		close(heap.Pop(&s.line).(*ticket).ready)
	}
}

func (s *tickets) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.line) == 0 && s.take(n)
}

func (s *tickets) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
}
