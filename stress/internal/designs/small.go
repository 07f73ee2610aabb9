package designs

import (
	"cmp"
	"container/heap"
	"context"
	"sync"
)

// small serves the smallest waiter first, and the oldest one among equals. If the smallest one does
// not fit then none does, so every request that fits is served, and a large request can starve.
//
// Invariant, whenever mu is free: 0 <= free <= size, and every waiter asks for more than free. By
// the order of the heap this needs a look at the first waiter only. A newcomer that fits is then
// smaller than every waiter, so taking its permits at once does not pass a waiter that could have
// had them.
//
// Linearization points, all under mu: the change of free, and for an Acquire that fails the removal
// from the heap. A request for more than size waits in the heap like the others: it sorts behind
// all requests that can fit, and so delays none.
type small struct {
	size int64

	mu    sync.Mutex
	free  int64
	count uint64 // of waiters so far
	line  smallHeap
}

type smallWaiter struct {
	n     int64
	order uint64
	index int // in the heap; -1 once the waiter is granted
	ready chan struct{}
}

func newSmall(size int64) *small {
	mustNotBeNegative(size)
	return &small{size: size, free: size}
}

func (s *small) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	s.mu.Lock()
	if isDone(done) {
		s.mu.Unlock()
		return ctx.Err()
	}
	if n <= s.free {
		s.free -= n
		s.mu.Unlock()
		return nil
	}
	w := &smallWaiter{n: n, order: s.count, ready: make(chan struct{})}
	s.count++
	heap.Push(&s.line, w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	// Pop sets the index under mu, and heap.Remove calls Pop too, but only below and for this
	// caller.
	granted := w.index < 0
	if !granted {
		// No waiter is served here. free is the same as before, and all others ask for more than
		// that.
		heap.Remove(&s.line, w.index)
	}
	s.mu.Unlock()
	if granted {
		return nil
	}
	return ctx.Err()
}

func (s *small) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.free {
		return false
	}
	s.free -= n
	return true
}

func (s *small) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.free {
		panic(overRelease)
	}
	s.free += n
	// Several waiters may fit into one Release. To stop after the first would break the invariant.
	for len(s.line) > 0 && s.line[0].n <= s.free {
		w := heap.Pop(&s.line).(*smallWaiter)
		s.free -= w.n
		close(w.ready)
	}
}

// smallHeap is a heap.Interface. Each waiter knows its place, so that it can leave.
type smallHeap []*smallWaiter

func (h smallHeap) Len() int { return len(h) }

func (h smallHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].n, h[j].n), cmp.Compare(h[i].order, h[j].order)) < 0
}

func (h smallHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *smallHeap) Push(x any) {
	w := x.(*smallWaiter)
	w.index = len(*h)
	*h = append(*h, w)
}

func (h *smallHeap) Pop() any {
	last := len(*h) - 1
	w := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	w.index = -1
	return w
}
