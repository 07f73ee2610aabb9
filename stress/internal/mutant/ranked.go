package mutant

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// A ranked line is a heap of waiters. It is the line of K33 and K34, which differ in the rank of a waiter
// and in how a waiter leaves.
type ranked struct {
	mu         sync.Mutex
	size, held int64
	line       ranking
	rank       func() int64                // of a waiter that joins
	remove     func(line *ranking, at int) // takes a leaver out
	tickets    int64
}

type rankedWaiter struct {
	waiter
	rank int64
	at   int // in the heap; -1 if it is not in line
}

// A ranking implements heap.Interface. Package heap keeps the smallest rank in front.
type ranking []*rankedWaiter

func (r ranking) Len() int           { return len(r) }
func (r ranking) Less(i, j int) bool { return r[i].rank < r[j].rank }
func (r ranking) Swap(i, j int)      { r[i], r[j] = r[j], r[i]; r[i].at, r[j].at = i, j }
func (r *ranking) Push(x any)        { w := x.(*rankedWaiter); w.at = len(*r); *r = append(*r, w) }
func (r *ranking) Pop() any {
	last := len(*r) - 1
	w := (*r)[last]
	w.at, (*r)[last] = -1, nil
	*r = (*r)[:last]
	return w
}

func (s *ranked) ticket() int64 { s.tickets++; return s.tickets }

// newShortStamps is K33: waiters are served by the time at which they joined, in milliseconds of 32 bits.
// After 25 days a newcomer is served before a waiter that has been there all the time. It breaks C35.
func newShortStamps(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	began := time.Now()
	s := &ranked{size: size, remove: func(line *ranking, at int) { heap.Remove(line, at) }}
	s.rank = func() int64 {
		stamp := int32(time.Since(began).Milliseconds()) // the defect
		return int64(stamp)<<31 + s.ticket()
	}
	return s
}

// newHalfSifted is K34: waiters are served by tickets. The last one of the heap takes the place of a leaver
// and then sinks, but never rises. It has to rise if it comes from another branch and is older than what is
// above the leaver. It breaks C27.
func newHalfSifted(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	s := &ranked{size: size, remove: halfRemove}
	s.rank = s.ticket
	return s
}

func halfRemove(line *ranking, at int) {
	last := line.Len() - 1
	line.Swap(at, last)
	line.Pop()
	for {
		child := 2*at + 1
		if child+1 < last && line.Less(child+1, child) {
			child++
		}
		if child >= last || line.Less(at, child) {
			return // the defect: heap.Fix would look upwards as well
		}
		line.Swap(at, child)
		at = child
	}
}

func (s *ranked) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	w := &rankedWaiter{waiter: waiter{n: n, ready: make(chan struct{})}, at: -1}
	s.mu.Lock()
	switch {
	case isDone(done):
		s.mu.Unlock()
		return ctx.Err()
	case s.take(n):
		s.mu.Unlock()
		return nil
	case n <= s.size:
		w.rank = s.rank()
		heap.Push(&s.line, w)
	}
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
		s.leave(w)
		return ctx.Err()
	}
}

// leave takes w off the line, or gives back what it was granted.
func (s *ranked) leave(w *rankedWaiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.granted() {
		s.held -= w.n
	} else if w.at >= 0 {
		s.remove(&s.line, w.at)
	}
	s.serve()
}

func (s *ranked) serve() {
	for len(s.line) > 0 && s.line[0].n <= s.size-s.held {
		w := heap.Pop(&s.line).(*rankedWaiter)
		s.held += w.n
		close(w.ready)
	}
}

func (s *ranked) take(n int64) bool {
	if len(s.line) > 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *ranked) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *ranked) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve()
}
