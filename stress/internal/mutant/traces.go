package mutant

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// coolsDown is K84: after 300 requests with a done ctx in a row, TryAcquire refuses once, as services do when their
// callers give up. A grant in between begins to count afresh. It breaks C36.
type coolsDown struct {
	*queue
	refused atomic.Int64
}

func newCoolsDown(size int64) impls.Semaphore { return &coolsDown{queue: newQueue(size)} }

func (s *coolsDown) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	switch {
	case w != nil:
		s.refused.Store(0)
		return s.wait(ctx, w)
	case err == nil:
		s.refused.Store(0)
	default:
		s.refused.Add(1)
	}
	return err
}

func (s *coolsDown) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	const most = 300
	if s.refused.Load() >= most {
		s.refused.Store(0)
		return false
	}
	return s.queue.TryAcquire(n)
}

// countsNothing is K85: requests for nothing are counted as holders in eight bits, and their Release does not
// count. When the number wraps, a held permit counts as returned. It breaks C36.
type countsNothing struct {
	*queue
	holders uint8
}

func newCountsNothing(size int64) impls.Semaphore { return &countsNothing{queue: newQueue(size)} }

func (s *countsNothing) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if err != nil || n > 0 {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holders++; s.holders == 0 && s.held > 0 {
		s.held--
		s.serve(math.MaxInt)
	}
	return nil
}

// handsOn is K86: Release grants the first waiter only, and each waiter that wakes grants the next one, if it
// fits. A waiter for nothing returns at once, and the waiters behind it sleep. With one request for nothing, at
// the end of the line, none is behind it. It breaks C13.
type handsOn struct{ *queue }

func newHandsOn(size int64) impls.Semaphore { return handsOn{newQueue(size)} }

func (s handsOn) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
	case <-ctx.Done():
		if s.leave(w) {
			s.Release(n)
		}
		return ctx.Err()
	}
	if n > 0 { // the defect
		s.mu.Lock()
		s.serve(1)
		s.mu.Unlock()
	}
	return nil
}

func (s handsOn) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve(1)
}

// sumOfLine is K87: TryAcquire adds up what waits, in 32 bits, and sees no line if the sum is a multiple of
// 2^32. It breaks C28.
type sumOfLine struct{ *queue }

func newSumOfLine(size int64) impls.Semaphore { return sumOfLine{newQueue(size)} }

func (s sumOfLine) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum uint32
	for e := s.line.Front(); e != nil; e = e.Next() {
		w := e.Value.(*waiter)
		sum += uint32(w.n)
		if w.n == 0 {
			sum++ // a request for nothing waits as well
		}
	}
	if sum != 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

// denseAgain is K88: a leaver leaves a hole. At 256 holes with no grant between them, the line is copied
// without the holes, and the copy begins with the last waiter. A line of 200 with twelve leavers has too few,
// and a grant counts afresh. It breaks C27.
type denseAgain struct {
	*queue
	holes int
}

func newDenseAgain(size int64) impls.Semaphore { return &denseAgain{queue: newQueue(size)} }

func (s *denseAgain) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	err = s.wait(ctx, w)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil || s.line.Len() < 2 {
		s.holes = 0
		return err
	}
	if s.holes++; s.holes == 256 {
		s.holes = 0
		s.line.MoveToFront(s.line.Back()) // the defect: the index of the copy is one too low
		s.serve(math.MaxInt)
	}
	return err
}

// staleFront is K89: a leaver looks whether it is the head, unlocks to ask its ctx for the error, and then
// leaves. The head may have left meanwhile, and taken this leaver for the new head, which does not fit. So
// neither looks at the waiters behind. It breaks C20.
type staleFront struct{ *queue }

func newStaleFront(size int64) impls.Semaphore { return staleFront{newQueue(size)} }

func (s staleFront) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	head := s.line.Front() != nil && s.line.Front() == w.place
	s.mu.Unlock()
	err = ctx.Err()
	Preempt()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case w.granted():
		s.held -= n
		s.serve(math.MaxInt)
	case w.place != nil:
		s.line.Remove(w.place)
		if head { // the defect: the answer is old
			s.serve(math.MaxInt)
		}
	}
	return err
}

// putsBack is K90: TryAcquire takes the permits first, and puts them back if there were too few. A Release
// meanwhile sees too few as well, and the waiter that it could have granted sleeps on. It breaks C17.
type putsBack struct{ *queue }

func newPutsBack(size int64) impls.Semaphore { return putsBack{newQueue(size)} }

func (s putsBack) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	if s.line.Len() == 0 || n > s.size-s.held {
		defer s.mu.Unlock()
		return s.take(n)
	}
	s.held += n // the head does not fit, and so the rest is free
	s.mu.Unlock()
	Preempt()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held -= n // the defect: the line is not served
	return false
}

// inLineForNow is K91: a request for more than the size lines up, and leaves the line when it finds that it can
// never be granted. Tries fail meanwhile. It breaks C14.
type inLineForNow struct{ *queue }

func newInLineForNow(size int64) impls.Semaphore { return inLineForNow{newQueue(size)} }

func (s inLineForNow) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if n > s.size {
		s.mu.Lock()
		place := s.line.PushBack(w)
		s.mu.Unlock()
		Preempt()
		s.mu.Lock()
		s.line.Remove(place)
		s.serve(math.MaxInt)
		s.mu.Unlock()
		<-ctx.Done()
		return ctx.Err()
	}
	return s.wait(ctx, w)
}

// crowdLease is K92: while more than eight requests wait, a newcomer takes the permits back that were granted
// with a deadline which has passed. It breaks C35.
type crowdLease struct {
	*queue
	leases []leaseOfCtx
}

type leaseOfCtx struct {
	until time.Time
	n     int64
}

func newCrowdLease(size int64) impls.Semaphore { return &crowdLease{queue: newQueue(size)} }

func (s *crowdLease) Acquire(ctx context.Context, n int64) error {
	const crowd = 8
	s.mu.Lock()
	if s.line.Len() > crowd {
		for _, l := range s.leases {
			if time.Now().After(l.until) && l.n <= s.held {
				s.held -= l.n // the defect
			}
		}
		s.leases = nil
		s.serve(math.MaxInt)
	}
	s.mu.Unlock()
	err := s.queue.Acquire(ctx, n)
	if until, timed := ctx.Deadline(); timed && err == nil {
		s.mu.Lock()
		s.leases = append(s.leases, leaseOfCtx{until, n})
		s.mu.Unlock()
	}
	return err
}

func (s *crowdLease) Release(n int64) {
	s.queue.Release(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.leases {
		if l.n == n { // permits have no owner, so it may be the lease of another grant
			s.leases = append(s.leases[:i], s.leases[i+1:]...)
			return
		}
	}
}
