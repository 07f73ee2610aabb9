package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semabench/semabench/impls/cluster"
)

// GrantedSoon is an error if the permits are not granted. Ten seconds are no bound of the semaphore:
// they tell a waiter that hangs from a slow waiter. They are ten times the TTL of a session that a
// scenario freezes, so the engine has ended that session long before.
func GrantedSoon(s *cluster.Session, n int64) (*cluster.Lease, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	l, err := s.Acquire(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("call of Acquire(%d) for free permits: %w", n, err)
	}
	return l, nil
}

// HeldIs is an error unless the engine counts n permits as held.
func (w *World) HeldIs(s *cluster.Session, n int64) error {
	st, err := s.Stats(context.Background())
	if err == nil && st.Held != n {
		err = fmt.Errorf("%d permits are held at the engine, want %d", st.Held, n)
	}
	return err
}

// RefusedNow is an error if a permit is granted. TryAcquire needs one answer of the engine and no
// time that passes, so the check is exact: a permit that is free would be granted.
func RefusedNow(s *cluster.Session, why string) error {
	if l, err := s.TryAcquire(context.Background(), 1); err == nil {
		return fmt.Errorf("TryAcquire was granted %v, though %s", l.Fences(), why)
	} else if err != cluster.ErrNoPermit {
		return err
	}
	return nil
}

// The scenarios. Each is an error on an engine with the bug that it is for, and nil on the right one.
// They return errors and do not fail the test, because a test with a planted bug expects the error.
//
// A session that is to expire has a TTL of a second, the smallest, so that the test need not wait
// long. The other sessions have ten seconds or more: a busy machine may stop a test for a second,
// and must not end a session that the scenario needs.

// PausedHolder: a holder is stopped past its TTL, another session has the slot, the holder wakes up
// in the middle of its request to the resource, and then releases. The guard must refuse the
// request, and the release must not free the slot of the new holder.
func PausedHolder(w *World) error {
	a, b, c := w.Open(1, time.Second), w.Open(1, 10*time.Second), w.Open(1, 10*time.Second)
	old, err := GrantedSoon(a, 1)
	if err != nil {
		return err
	}
	w.Freeze(0)
	l, err := GrantedSoon(b, 1)
	if err != nil {
		return err
	}
	var g cluster.Guard // sees the new holder first: before that, no guard can know that it exists
	if err := w.Guard(&g, l.Fences()); err != nil {
		return err
	}
	if w.Guard(&g, old.Fences()) == nil {
		return errors.New("the resource served a holder whose permit had passed to another holder")
	}
	// The Guard may tell the two apart by their grants, and a resource that stores numbers alone cannot.
	if o, n := old.Fences()[0], l.Fences()[0]; n.Revision <= o.Revision {
		return fmt.Errorf("the fence %v is not greater than the fence %v of the holder before", n, o)
	}
	w.Resume()
	<-a.Done()
	if err := old.Release(context.Background()); !errors.Is(err, cluster.ErrExpired) {
		return fmt.Errorf("an expired lease was released with %v", err)
	}
	_ = a.Close(context.Background()) // returns when the session has done all that it does at its end
	return RefusedNow(c, "another session holds the only permit")
}

// LateRelease: the record of a grant is deleted by hand, another session takes the slot, and the
// first session releases. An engine that frees by slot, and not by the record of the grant, would
// free the permit of the other session.
func LateRelease(w *World) error {
	a, b, c := w.Open(1, 30*time.Second), w.Open(1, 30*time.Second), w.Open(1, 30*time.Second)
	old, err := GrantedSoon(a, 1)
	if err != nil {
		return err
	}
	if err := w.DeleteHeld(); err != nil {
		return err
	}
	if _, err := GrantedSoon(b, 1); err != nil {
		return err
	}
	_ = old.Release(context.Background())
	return RefusedNow(c, "another session holds the only permit")
}

// LostAnswer: the answer of a take is lost; the permit must be counted once. The size is 2, so an
// engine that simply takes again is granted a second permit, and does not get stuck on the first. The
// second count finds a release that does not remove the record of the take that had succeeded.
func LostAnswer(w *World) error {
	s := w.Open(2, 30*time.Second)
	w.LoseTake()
	l, err := GrantedSoon(s, 1)
	if err != nil {
		return err
	}
	if err := w.HeldIs(s, 1); err != nil {
		return err
	}
	if err := l.Release(context.Background()); err != nil {
		return err
	}
	return w.HeldIs(s, 0)
}

// LateTake: a take is delayed in the network, the request is made again and served and released,
// and then the delayed take reaches the server. A grant from it would have no holder, and no
// session that could give it back.
func LateTake(w *World) error {
	s := w.Open(2, 30*time.Second)
	w.DelayTake()
	l, err := GrantedSoon(s, 1)
	if err != nil {
		return err
	}
	if err := l.Release(context.Background()); err != nil {
		return err
	}
	w.Resume()
	return w.HeldIs(s, 0)
}

// DeadHolder: the process of a holder is gone, and nothing may keep its permit. The permit would stay if
// something besides the process of the holder renewed the session, such as a client library with a
// connection of its own. The frozen session is resumed last, as it could not be closed otherwise.
func DeadHolder(w *World) error {
	a, b := w.Open(1, time.Second), w.Open(1, 30*time.Second)
	if _, err := GrantedSoon(a, 1); err != nil {
		return err
	}
	w.Freeze(0)
	_, err := GrantedSoon(b, 1)
	w.Resume()
	return err
}

// CancelledInTheMiddle: the second of three waiters is cancelled. The third must not be served before
// the first, which wants more.
func CancelledInTheMiddle(w *World) error {
	s := w.Open(2, 30*time.Second)
	one, err := GrantedSoon(s, 1)
	if err != nil {
		return err
	}
	two, err := GrantedSoon(s, 1)
	if err != nil {
		return err
	}
	order := make(chan int64, 2)
	wait := func(ctx context.Context, n int64) {
		if l, err := s.Acquire(ctx, n); err == nil {
			order <- n
			_ = l.Release(context.Background())
		}
	}
	middle, cancel := context.WithCancel(w.T.Context())
	defer cancel()
	for i, ctx := range []context.Context{w.T.Context(), middle, w.T.Context()} {
		go wait(ctx, []int64{2, 2, 1}[i])
		WaitersAre(w.T, s, int64(i+1))
	}
	cancel()
	WaitersAre(w.T, s, 2)
	if err := one.Release(context.Background()); err != nil {
		return err
	}
	// A correct semaphore grants nothing here, and no event tells that. So this is the one check
	// that waits for a time: if the time is too short on a slow machine, it misses a bug, and never
	// accuses a correct engine.
	time.Sleep(200 * time.Millisecond)
	select {
	case n := <-order:
		return fmt.Errorf("the request for %d was served before an older request", n)
	default:
	}
	if err := two.Release(context.Background()); err != nil {
		return err
	}
	if first := <-order; first != 2 {
		return fmt.Errorf("the request for %d was served before an older request", first)
	}
	return nil
}

// Newcomer: a request that fits comes while an older and larger one waits. It must not be granted,
// or large requests could starve.
func Newcomer(w *World) error {
	a, b := w.Open(2, 30*time.Second), w.Open(2, 30*time.Second)
	l, err := GrantedSoon(a, 1)
	if err != nil {
		return err
	}
	result := make(chan error, 1)
	go func() { _, err := GrantedSoon(a, 2); result <- err }()
	WaitersAre(w.T, a, 1)
	for range 2 { // the second time with a view that knows the permit of a
		if err := RefusedNow(b, "an older request waits"); err != nil {
			return err
		}
	}
	return errors.Join(l.Release(context.Background()), <-result)
}

// StaleViews: session a takes all permits. Session b last saw the semaphore when it was opened,
// with all permits free, so b must learn from the engine that none is left. The count at the end finds
// an engine that refuses the call and records the grant all the same.
func StaleViews(w *World) error {
	a, b := w.Open(2, 30*time.Second), w.Open(2, 30*time.Second)
	if _, err := GrantedSoon(a, 2); err != nil {
		return err
	}
	if err := RefusedNow(b, "all permits are held"); err != nil {
		return err
	}
	return w.HeldIs(a, 2)
}

// Resized: a waiter is first in line, and a Resize makes room for it. Another request is larger
// than the old size, so it waits outside the queue, and the same Resize must let it in. No permit
// is released, so the size is the only event that can wake either of them.
func Resized(w *World) error {
	a, b := w.Open(1, 30*time.Second), w.Open(1, 30*time.Second)
	if _, err := GrantedSoon(a, 1); err != nil {
		return err
	}
	results := make(chan error, 2)
	go func() { _, err := GrantedSoon(b, 1); results <- err }()
	WaitersAre(w.T, a, 1)
	go func() { _, err := GrantedSoon(b, 2); results <- err }() // larger than the size
	if err := a.Resize(context.Background(), 4); err != nil {
		return err
	}
	return errors.Join(<-results, <-results)
}

// Shrunk: a waiter that has become larger than the size must not hold up the waiter behind it, and must
// be served when the size grows again. One permit is held at first, so that both requests wait. The last
// size is 6 and not 4, because the small waiter keeps its permit.
func Shrunk(w *World) error {
	s := w.Open(4, 30*time.Second)
	l, err := GrantedSoon(s, 1)
	if err != nil {
		return err
	}
	large, small := make(chan error, 1), make(chan error, 1)
	go func() { l, err := GrantedSoon(s, 4); large <- err; _ = l }()
	WaitersAre(w.T, s, 1)
	go func() { _, err := GrantedSoon(s, 1); small <- err }()
	WaitersAre(w.T, s, 2)
	if err := errors.Join(s.Resize(context.Background(), 2), <-small); err != nil {
		return fmt.Errorf("behind a request that is larger than the size: %w", err)
	}
	return errors.Join(s.Resize(context.Background(), 6), l.Release(context.Background()), <-large)
}

// OneLeaves: of two sessions, one closes. The permit of the other stays. An engine that recognizes
// the permits of a session by a prefix of their keys could remove too many.
func OneLeaves(w *World) error {
	a, b, c := w.Open(2, 30*time.Second), w.Open(2, 30*time.Second), w.Open(2, 30*time.Second)
	if _, err := GrantedSoon(a, 1); err != nil {
		return err
	}
	if _, err := GrantedSoon(b, 1); err != nil {
		return err
	}
	if err := a.Close(context.Background()); err != nil {
		return err
	}
	if _, err := GrantedSoon(c, 1); err != nil {
		return err
	}
	return RefusedNow(c, "the other session still holds its permit")
}

// ExpiredWaiter: the process of the first waiter is stopped past its TTL. The second waiter moves up, and
// the call of the first ends.
func ExpiredWaiter(w *World) error {
	a, b, c := w.Open(1, time.Second), w.Open(1, 30*time.Second), w.Open(1, 30*time.Second)
	l, err := GrantedSoon(c, 1)
	if err != nil {
		return err
	}
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := GrantedSoon(a, 1); first <- err }()
	WaitersAre(w.T, c, 1)
	go func() { _, err := GrantedSoon(b, 1); second <- err }()
	WaitersAre(w.T, c, 2)
	w.Freeze(0)
	if err := <-first; !errors.Is(err, cluster.ErrExpired) {
		return fmt.Errorf("Acquire of a session that expired = %w", err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		st, err := c.Stats(context.Background())
		if err == nil && st.Waiters != 1 && time.Now().After(deadline) {
			err = fmt.Errorf("%d requests wait, want one: the other's session has expired", st.Waiters)
		}
		if err != nil {
			return err
		}
		if st.Waiters == 1 {
			break
		}
	}
	return errors.Join(l.Release(context.Background()), <-second)
}
