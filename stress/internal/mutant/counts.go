package mutant

import (
	"container/list"
	"context"
	"math"

	"github.com/semabench/semabench/impls"
)

// steppedOver is K37: the head of the line may be passed by 31 permits, and the count is compared with that
// limit by ==. Two requests for 2 and 3 permits step over it, and then nothing stops small requests. It
// breaks C26 with small requests of several weights. With requests for one permit the guard works.
type steppedOver struct {
	*queue
	passed int64 // permits; guarded by mu
}

func newSteppedOver(size int64) impls.Semaphore { return &steppedOver{queue: newQueue(size)} }

func (s *steppedOver) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	if s.TryAcquire(n) {
		return nil
	}
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	return s.wait(ctx, w)
}

func (s *steppedOver) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 31
	switch {
	case n > s.size-s.held:
		return false
	case s.line.Len() == 0:
		s.passed = 0
	case s.passed == most:
		return false
	default:
		s.passed += n
	}
	s.held += n
	return true
}

// asksAtMeeting is K40: a waiter that finds both a grant and the end of its ctx asks the ctx for its error
// under the lock, before it gives the permits back. A method of the ctx that uses the semaphore
// waits for the lock for ever. It breaks C25, and only if a grant and a cancellation meet.
type asksAtMeeting struct{ *queue }

func newAsksAtMeeting(size int64) impls.Semaphore { return asksAtMeeting{newQueue(size)} }

func (s asksAtMeeting) Acquire(ctx context.Context, n int64) error {
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
	if !w.granted() {
		s.mu.Unlock()
		return s.wait(ctx, w)
	}
	defer s.mu.Unlock()
	err = ctx.Err() // the defect
	s.held -= n
	s.serve(math.MaxInt)
	return err
}

// shortCrowd is K41: the number of waiters is kept in 16 bits, as in a word that it shares with the permits, and
// the line is looked at only if the number is not zero. When 2^16 wait, it is zero. When one more waits, it
// is zero after the first grant. It breaks C36, if more than 2^16 requests wait at the same time.
type shortCrowd struct {
	line  list.List
	count uint16
}

func newShortCrowd(size int64) impls.Semaphore { return newStored(size, new(shortCrowd)) }

func (l *shortCrowd) push(w *storedWaiter) {
	w.place = l.line.PushBack(w)
	l.count++
}

func (l *shortCrowd) first() *storedWaiter {
	if l.count == 0 { // the defect
		return nil
	}
	return l.line.Front().Value.(*storedWaiter)
}

func (l *shortCrowd) remove(w *storedWaiter) {
	l.line.Remove(w.place)
	l.count--
}
