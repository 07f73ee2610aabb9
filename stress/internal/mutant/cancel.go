package mutant

import (
	"context"

	"github.com/semabench/semabench/impls"
)

// grantedAndCancelled is M5: a cancelled Acquire ignores that it was granted, so its permits are
// lost.
type grantedAndCancelled struct{ *queue }

func newGrantedAndCancelled(size int64) impls.Semaphore {
	return grantedAndCancelled{newQueue(size)}
}

func (s grantedAndCancelled) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		s.leave(w) // the defect: the result is ignored
		return ctx.Err()
	}
}

// cancelPassesOn is M6: a cancelled Acquire releases permits whether it was granted or not.
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

// silentLeaver is M21: a cancelled head of the line does not wake the waiters behind it.
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
		s.line.Remove(w.place) // the defect: no call of serve
	}
	s.mu.Unlock()
	if granted {
		s.Release(n)
	}
	return ctx.Err()
}

// deadWaiter is M22: a cancelled waiter stays in line, and is granted permits later.
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
		return ctx.Err() // the defect: w stays in line
	}
}

// abandonedAdapter is M38: a goroutine waits on the Cond for each Acquire. A cancelled Acquire does
// not wake it.
type abandonedAdapter struct{ *cond }

func newAbandonedAdapter(size int64) impls.Semaphore { return abandonedAdapter{newCond(size)} }

func (s abandonedAdapter) Acquire(ctx context.Context, n int64) error {
	if err := ctx.Err(); err != nil || s.TryAcquire(n) {
		return err
	}
	abandoned := false // guarded by mu
	granted := make(chan struct{})
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for !abandoned && n > s.size-s.held {
			s.freed.Wait() // the defect: no broadcast follows when abandoned is set
		}
		if !abandoned {
			s.held += n
			close(granted)
		}
	}()
	select {
	case <-granted:
		return nil
	case <-ctx.Done():
	}
	err := ctx.Err()
	s.mu.Lock()
	defer s.mu.Unlock()
	if isDone(granted) {
		return nil
	}
	abandoned = true
	return err
}

// callbackKept is M39: Acquire never stops the callback that it registered with ctx.
type callbackKept struct{ *queue }

func newCallbackKept(size int64) impls.Semaphore { return callbackKept{newQueue(size)} }

func (s callbackKept) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	cancelled := make(chan struct{})
	// The defect: the stop function that AfterFunc returns is not called.
	context.AfterFunc(ctx, func() { close(cancelled) })
	select {
	case <-w.ready:
		return nil
	case <-cancelled:
		if s.leave(w) {
			s.Release(n)
		}
		return ctx.Err()
	}
}

// deaf is S5: a waiting Acquire does not look at ctx.
type deaf struct{ *queue }

func newDeaf(size int64) impls.Semaphore { return deaf{newQueue(size)} }

func (s deaf) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w != nil {
		<-w.ready
	}
	return err
}
