package mutant

import (
	"context"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// readsDeadline is K22: a waiter has a timer of its own for the deadline of its ctx. A ctx of package
// context is done at that instant, so the timer changes nothing. The ctx of a caller that is granted more
// time is not done, and Acquire fails though its Done is open. It breaks C35.
type readsDeadline struct{ *queue }

func newReadsDeadline(size int64) impls.Semaphore { return readsDeadline{newQueue(size)} }

func (s readsDeadline) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	deadline, ok := ctx.Deadline()
	switch {
	case w == nil:
		return err
	case !ok:
		return s.wait(ctx, w)
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		return s.wait(ctx, w)
	case <-timer.C:
		if s.leave(w) {
			s.Release(w.n)
		}
		return context.DeadlineExceeded
	}
}

// impatient is K23: a request with little time left is refused at once, as if it had waited in vain. A
// permit may be free, and the wait of a few milliseconds may be long enough. Timeouts of a second, and
// contexts that are done, look right. It breaks C35.
type impatient struct{ *queue }

func newImpatient(size int64) impls.Semaphore { return impatient{newQueue(size)} }

func (s impatient) Acquire(ctx context.Context, n int64) error {
	deadline, ok := ctx.Deadline()
	if ok && ctx.Err() == nil && time.Until(deadline) < 5*time.Millisecond {
		return context.DeadlineExceeded
	}
	return s.queue.Acquire(ctx, n)
}

// byChannel is K24: a waiter is found by the Done channel of its ctx when that is done. Two waiters with
// one ctx are one entry: the second takes the place of the first.
//
//  1. B and C wait with one ctx. The entry is C's.
//  2. The ctx ends. B takes C off the line. C finds no entry, and returns as well.
//  3. B is in line for ever, and the next Release grants it a permit that nothing gives back.
//
// It breaks C22. Workers of an errgroup share a ctx; the tests of an author mostly make one for each call.
type byChannel struct {
	*queue
	mu      sync.Mutex
	waiters map[<-chan struct{}]*waiter
}

func newByChannel(size int64) impls.Semaphore {
	return &byChannel{queue: newQueue(size), waiters: map[<-chan struct{}]*waiter{}}
}

func (s *byChannel) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	done := ctx.Done()
	s.mu.Lock()
	s.waiters[done] = w
	s.mu.Unlock()
	select {
	case <-w.ready:
		s.forget(done)
		return nil
	case <-done:
		if w := s.forget(done); w != nil && s.leave(w) {
			s.Release(w.n)
		}
		return ctx.Err()
	}
}

func (s *byChannel) forget(done <-chan struct{}) *waiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.waiters[done]
	delete(s.waiters, done)
	return w
}

// timerKept is K25: a timer for the deadline of ctx is stopped if the wait is cancelled, and forgotten if
// it is granted. Until the deadline it keeps the waiter in memory, and a service with timeouts of an
// hour keeps the waiters of an hour. Neither a goroutine nor a callback of ctx shows it. It breaks C31.
type timerKept struct{ *queue }

func newTimerKept(size int64) impls.Semaphore { return timerKept{newQueue(size)} }

func (s timerKept) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	deadline, ok := ctx.Deadline()
	switch {
	case w == nil:
		return err
	case !ok:
		return s.wait(ctx, w)
	}
	late := make(chan struct{})
	timer := time.AfterFunc(time.Until(deadline), func() { close(late) })
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		timer.Stop()
	case <-late:
	}
	return s.wait(ctx, w)
}

// wrappedGrowth is K26: the line is an array that wraps around. When it grows it is copied from index 0,
// so the waiters that had wrapped come before the head. The line must be served while it grows: a test
// that fills it and then drains it never wraps. It breaks C27. Its methods are the methods of queue, with
// the array in the place of the list.
type wrappedGrowth struct {
	mu         sync.Mutex
	size, held int64
	buf        []*waiter
	head, n    int // the line is buf[head], buf[head+1], … with n entries, modulo the length
}

func newWrappedGrowth(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &wrappedGrowth{size: size, buf: make([]*waiter, 4)}
}

func (s *wrappedGrowth) at(i int) **waiter { return &s.buf[(s.head+i)%len(s.buf)] }

func (s *wrappedGrowth) push(w *waiter) {
	if s.n == len(s.buf) {
		s.buf = append(s.buf, make([]*waiter, len(s.buf))...) // the defect: the head is not moved to 0
		s.head = 0
	}
	*s.at(s.n) = w
	s.n++
}

func (s *wrappedGrowth) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	w := &waiter{n: n, ready: make(chan struct{})}
	s.mu.Lock()
	switch {
	case isDone(done):
		s.mu.Unlock()
		return ctx.Err()
	case s.n == 0 && n <= s.size-s.held:
		s.held += n
		s.mu.Unlock()
		return nil
	case n <= s.size:
		s.push(w)
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
func (s *wrappedGrowth) leave(w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.granted() {
		s.held -= w.n
	}
	for i, found := 0, false; i < s.n; i++ {
		if found = found || *s.at(i) == w; found && i < s.n-1 {
			*s.at(i) = *s.at(i + 1)
		} else if found {
			*s.at(i) = nil
			s.n--
		}
	}
	s.serve()
}

func (s *wrappedGrowth) serve() {
	for s.n > 0 && (*s.at(0)).n <= s.size-s.held {
		w := *s.at(0)
		*s.at(0) = nil
		s.head = (s.head + 1) % len(s.buf)
		s.n--
		s.held += w.n
		close(w.ready)
	}
}

func (s *wrappedGrowth) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n > 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *wrappedGrowth) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve()
}

// boundedLine is K27: each waiter has a place in a buffered channel. A grant frees its place and the places
// of the leavers before it; a cancellation frees none. After 1024 cancelled waits without a grant the next
// Acquire waits for a place, and does not hear its ctx. It breaks C36. However many waits there are in
// all, grants in between keep the channel from filling.
type boundedLine struct {
	*queue
	places chan struct{}
}

func newBoundedLine(size int64) impls.Semaphore {
	return &boundedLine{newQueue(size), make(chan struct{}, 1024)}
}

func (s *boundedLine) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	switch {
	case w == nil:
		return err
	case w.place == nil:
		return s.wait(ctx, w)
	}
	s.places <- struct{}{}
	if err = s.wait(ctx, w); err != nil {
		return err // the defect: the place stays taken
	}
	for {
		select {
		case <-s.places:
		default:
			return nil
		}
	}
}

// rebalancing is K28: every 4096th call of TryAcquire recounts what is held, and misses one. The call itself is
// right, and so are the 4095 before it. It breaks C36. Real counterparts are counters that are
// sampled, epochs, and caches that are rebuilt after so many uses.
type rebalancing struct {
	*queue
	calls int // guarded by mu
}

func newRebalancing(size int64) impls.Semaphore { return &rebalancing{queue: newQueue(size)} }

func (s *rebalancing) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls++; s.calls%4096 == 0 && s.held > 0 {
		s.held-- // the defect
	}
	return s.take(n)
}
