package mutant

import (
	"context"
	"time"

	"github.com/semabench/semabench/impls"
)

// grantedAndCancelled is M5: a cancelled Acquire ignores that it was granted. On a semaphore of
// size 1, held by A, with B in line:
//
//  1. A releases. serve counts the permit for B and closes its channel.
//  2. The ctx of B is cancelled before B runs.
//  3. B finds both channels ready. Its select takes one of them at random, say ctx.Done.
//  4. leave reports the grant, B ignores it and returns ctx.Err().
//
// The permit stays counted, and no holder is left to release it. It breaks C7; every such loss
// also shrinks the semaphore until waiters are stuck, which the watchdog W sees. Seen in
// tokio-rs/tokio#904 and Kotlin/kotlinx.coroutines#2380.
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

// cancelPassesOn is M6: a cancelled Acquire releases its permits whether it was granted them or
// not. On a semaphore of size 1, held by A, with B in line:
//
//  1. The ctx of B is cancelled. leave reports that B was not granted.
//  2. B releases a permit that it never had: the count drops to 0.
//  3. C takes the permit, and A still works with it.
//
// It breaks C2, C5 and C22, and the random programs see more permits in use than there are. If
// fewer permits are held than B asked for, the cancelled Acquire panics instead. Seen in
// Kotlin/kotlinx.coroutines#1323; a formal proof found #1477, and tests had not.
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
		// The defect: right only if leave reported a grant.
		s.Release(n)
		return ctx.Err()
	}
}

// silentLeaver is M21: a cancelled head of the line does not wake the waiters behind it. With one
// of two permits free, B waits for two and C behind it for one:
//
//  1. C fits, but the order of the line holds it back behind B.
//  2. B is cancelled and leaves the line. It does not call serve.
//  3. C is at the head, fits, and sleeps. Perhaps only C itself would release next.
//
// It breaks C17 and C20. Seen in golang/go#37852 and python/cpython bpo-27585.
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

// deadWaiter is M22: a cancelled waiter stays in line. The next Release that reaches it counts its
// permits as held and closes a channel that no goroutine reads. These permits never come back.
//
// It breaks C2 and C5, and C31 by the entry that stays in line. Later waiters starve, which W
// sees. Seen in vitessio/vitess#20308.
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

// abandonedAdapter is M38: an Acquire that has to wait starts a goroutine that waits on the Cond,
// because a Cond cannot wait for a ctx. A cancelled Acquire sets abandoned and returns, but wakes
// no goroutine. So the goroutine sleeps on until some later Release broadcasts.
//
// While a holder works for an hour, each cancelled Acquire leaves one goroutine behind. It breaks
// C31 and no count: once woken, the goroutine sees abandoned and takes nothing. Seen in
// jackc/puddle#17 and kamilsk/semaphore#133.
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
	// A grant that came before this critical section stands: its permits are counted.
	if isDone(granted) {
		return nil
	}
	abandoned = true
	return err
}

// callbackKept is M39: Acquire never stops the callback that it registered with ctx. A ctx that
// lives as long as a server then collects one callback, and one channel, for each wait. The
// results are right, so it breaks C31 and nothing else.
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

// deaf is S5: a waiting Acquire does not look at ctx. A cancelled waiter stays in line until it is
// granted, and returns nil then. A request for more than the size never returns. It breaks C22,
// and C20, whose cancelled head holds up the waiters behind it.
type deaf struct{ *queue }

func newDeaf(size int64) impls.Semaphore { return deaf{newQueue(size)} }

func (s deaf) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w != nil {
		// The defect: no select with ctx.Done.
		<-w.ready
	}
	return err
}

// secondLook is K4: permits that were free are lost if ctx is done by then. The window lies between
// the poll in join, under mu, and the look here: a ctx that becomes done there costs n permits.
// Acquire returns an error, so the caller has nothing to release. It breaks C7, which lets the ctx
// itself become done in one of its methods.
type secondLook struct{ *queue }

func newSecondLook(size int64) impls.Semaphore { return secondLook{newQueue(size)} }

func (s secondLook) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	switch {
	case err != nil:
		return err
	case w == nil:
		return ctx.Err() // the defect: n permits are held
	}
	return s.wait(ctx, w)
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

// leaverTimer is K31, the counterpart of K25: the timer for the deadline of ctx is stopped at a grant, and
// forgotten when the wait is cancelled before the deadline. It breaks C31.
type leaverTimer struct{ *queue }

func newLeaverTimer(size int64) impls.Semaphore { return leaverTimer{newQueue(size)} }

func (s leaverTimer) Acquire(ctx context.Context, n int64) error {
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
	if err = s.wait(ctx, w); err == nil {
		timer.Stop() // the defect: only then
	}
	return err
}
