package mutant

import (
	"context"

	"github.com/semabench/semabench/impls"
)

// M5
type grantedAndCancelled struct{ *queue }

func newGrantedAndCancelled(size int64) impls.Semaphore { return grantedAndCancelled{newQueue(size)} }

func (s grantedAndCancelled) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		s.leave(w) // and if that says granted?
		return ctx.Err()
	}
}

// M6
type cancelPassesOn struct{ *queue }

func newCancelPassesOn(size int64) impls.Semaphore { return cancelPassesOn{newQueue(size)} }

func (s cancelPassesOn) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		s.leave(w)
		s.Release(n)
		return ctx.Err()
	}
}

// M21
type silentLeaver struct{ *queue }

func newSilentLeaver(size int64) impls.Semaphore { return silentLeaver{newQueue(size)} }

func (s silentLeaver) Acquire(ctx context.Context, n int64) error {
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
	granted := w.granted()
	if !granted && w.place != nil {
		s.line.Remove(w.place) // and serve those behind?
	}
	s.mu.Unlock()
	if granted {
		s.Release(n)
	}
	return ctx.Err()
}

// M22
type deadWaiter struct{ *queue }

func newDeadWaiter(size int64) impls.Semaphore { return deadWaiter{newQueue(size)} }

func (s deadWaiter) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err() // still in line
	}
}

// M38
type abandonedAdapter struct{ *cond }

func newAbandonedAdapter(size int64) impls.Semaphore { return abandonedAdapter{newCond(size)} }

func (s abandonedAdapter) Acquire(ctx context.Context, n int64) error {
	if err := ctx.Err(); err != nil || s.TryAcquire(n) {
		return err
	}
	abandoned := false // guarded by mu
	got := make(chan struct{})
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for !abandoned && n > s.size-s.held {
			s.freed.Wait() // nobody tells it that it was abandoned
		}
		if !abandoned {
			s.held += n
			close(got)
		}
	}()
	select {
	case <-got:
		return nil
	case <-ctx.Done():
	}
	err := ctx.Err()
	s.mu.Lock()
	defer s.mu.Unlock()
	if isDone(got) {
		return nil
	}
	abandoned = true
	return err
}

// M39
type callbackKept struct{ *queue }

func newCallbackKept(size int64) impls.Semaphore { return callbackKept{newQueue(size)} }

func (s callbackKept) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	left := make(chan struct{})
	context.AfterFunc(ctx, func() { close(left) }) // returns a stop that nobody calls
	select {
	case <-w.ready:
		return nil
	case <-left:
		if s.leave(w) {
			s.Release(n)
		}
		return ctx.Err()
	}
}

// S5
type deaf struct{ *queue }

func newDeaf(size int64) impls.Semaphore { return deaf{newQueue(size)} }

func (s deaf) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w != nil {
		<-w.ready
	}
	return err
}
