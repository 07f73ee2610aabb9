package mutant

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// deadlineOnly is K1: with a deadline, Acquire waits for the deadline and not for Done. With a
// deadline in an hour and a cancellation after a millisecond, the call returns an hour late, with
// the right error. Contexts that are only cancelled and deadlines that only pass both look right.
// It breaks C22, and C9, which waits for the error.
type deadlineOnly struct{ *queue }

func newDeadlineOnly(size int64) impls.Semaphore { return deadlineOnly{newQueue(size)} }

func (s deadlineOnly) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return s.wait(ctx, w)
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-w.ready:
		return nil
	case <-timer.C:
		<-ctx.Done()
		return s.wait(ctx, w)
	}
}

// deadlineError is K2: the error is guessed from the deadline. A cancel before the deadline makes
// ctx.Err() Canceled, and the caller is told DeadlineExceeded. The author tested deadlines that
// pass and contexts without one. It breaks C9.
type deadlineError struct{ *queue }

func newDeadlineError(size int64) impls.Semaphore { return deadlineError{newQueue(size)} }

func (s deadlineError) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if _, timed := ctx.Deadline(); timed && err != nil {
		return context.DeadlineExceeded
	}
	return err
}

// translatedError is K3: an error of the caller's own is replaced. A ctx may have any type, and its
// Err may return any error. The two errors of package context come through unchanged, so a test
// that uses only standard contexts sees nothing. It breaks C9.
type translatedError struct{ *queue }

func newTranslatedError(size int64) impls.Semaphore { return translatedError{newQueue(size)} }

func (s translatedError) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return context.Canceled
	}
	return err
}

// foreignValue is K5: a ctx with a value for an unknown key is not listened to while Acquire waits.
// Package context finds its own contexts by a value for a private key. An implementation that does
// the same trusts every type that answers all keys. It breaks C9 and C22 with such a type; standard
// contexts answer nil for a key that they do not know.
type foreignValue struct{ *queue }

func newForeignValue(size int64) impls.Semaphore { return foreignValue{newQueue(size)} }

func (s foreignValue) Acquire(ctx context.Context, n int64) error {
	type forever struct{}
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if ctx.Value(forever{}) != nil {
		<-w.ready
		return nil
	}
	return s.wait(ctx, w)
}

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

// causeOfDeadline is K29: a deadline that passes is told as its cause. A cancellation is told right, and so
// is a deadline without a cause of its own. It breaks C9.
type causeOfDeadline struct{ *queue }

func newCauseOfDeadline(size int64) impls.Semaphore { return causeOfDeadline{newQueue(size)} }

func (s causeOfDeadline) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if err == context.DeadlineExceeded {
		return context.Cause(ctx)
	}
	return err
}

// unwraps is K30: an error that wraps context.Canceled loses what the caller has added to it. Errors that
// are not related to package context come through, so K3 is another defect. It breaks C9.
type unwraps struct{ *queue }

func newUnwraps(size int64) impls.Semaphore { return unwraps{newQueue(size)} }

func (s unwraps) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return err
}
