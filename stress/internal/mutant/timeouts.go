package mutant

import (
	"container/list"
	"context"
	"errors"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// firstExpired is M26: sweep removes the element that it stands on, and ends after the first
// expired waiter. B and C wait in line with the same deadline:
//
//  1. Both callbacks run. The first sets sweeping; the second sees it, and leaves C to the first.
//  2. The sweep removes B from the line. Next of a removed element is nil, so the loop ends.
//  3. C stays in line, and its callback is used up. Its Acquire waits for a grant or for gone.
//
// It breaks C23 and C32. With one deadline at a time every sweep finds its waiter first. Seen in
// vitessio/vitess#16897. The correct loop reads Next before it removes.
type firstExpired struct {
	*queue
	sweeping atomic.Bool
	expiries map[*list.Element]expiry // guarded by mu
}

// An expiry is how a waiter in line learns about its deadline: Acquire waits for gone and not for
// done, so that only sweep decides between grant and expiry.
type expiry struct {
	done <-chan struct{}
	gone chan struct{} // closed when sweep has removed the waiter from the line
}

func newFirstExpired(size int64) impls.Semaphore {
	return &firstExpired{queue: newQueue(size), expiries: map[*list.Element]expiry{}}
}

func (s *firstExpired) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if w.place == nil {
		return s.wait(ctx, w)
	}
	e := expiry{ctx.Done(), make(chan struct{})}
	s.mu.Lock()
	s.expiries[w.place] = e
	s.mu.Unlock()
	defer s.forget(w.place)
	defer context.AfterFunc(ctx, s.sweep)()
	select {
	case <-w.ready:
		return nil
	case <-e.gone:
		return ctx.Err()
	}
}

// forget drops the expiry of a wait that is over.
func (s *firstExpired) forget(place *list.Element) {
	s.mu.Lock()
	delete(s.expiries, place)
	s.mu.Unlock()
}

// sweep runs for each waiter that expires. A sweep that has not begun yet covers later waiters as
// well.
func (s *firstExpired) sweep() {
	if s.sweeping.Swap(true) {
		return
	}
	Preempt()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweeping.Store(false)
	// The defect: Next of an element is nil after Remove.
	for place := s.line.Front(); place != nil; place = place.Next() {
		if e := s.expiries[place]; isDone(e.done) {
			s.line.Remove(place)
			close(e.gone)
		}
	}
	s.serve(math.MaxInt)
}

// polite is M30: a cancelled waiter waits until no cancelled waiter stands beside it in line. B
// and C are neighbours:
//
//  1. The contexts of both end at the same instant, and both announce that they leave.
//  2. B sees that C leaves, and lets C go first. C sees that B leaves, and lets B go first.
//  3. Both stay runnable for ever: a livelock, which no deadlock detector reports.
//
// It breaks C23 and C32. A rule that breaks the tie, for example the head first, would be correct.
// Seen in JDK-8386085.
type polite struct {
	*queue
	leaving map[*list.Element]bool // guarded by mu
}

func newPolite(size int64) impls.Semaphore {
	return polite{newQueue(size), map[*list.Element]bool{}}
}

func (s polite) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	if w.place != nil {
		s.announce(w.place, true)
		defer s.announce(w.place, false)
	}
	Preempt()
	// The defect: both of two leaving neighbours wait here.
	for s.hasToWait(w.place) {
		runtime.Gosched()
	}
	if s.leave(w) {
		s.Release(n)
	}
	return ctx.Err()
}

// announce says whether the waiter at a place is about to leave. It removes the entry afterwards,
// so the map does not grow.
func (s polite) announce(place *list.Element, leaves bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving[place] = leaves; !leaves {
		delete(s.leaving, place)
	}
}

// hasToWait reports whether a neighbour of the waiter at a place leaves too. A waiter that was
// granted or is not in line has no neighbours: Next and Prev of a removed element are nil.
func (s polite) hasToWait(place *list.Element) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return place != nil && (s.leaving[place.Next()] || s.leaving[place.Prev()])
}

// closedTwice is M41: a cancelled waiter closes its channel, which a grant may have closed before.
// On a semaphore of size 1, held by A, with B in line:
//
//  1. A releases: admit counts the permit for B and closes ready.
//  2. The select of B finds both channels ready, and takes ctx.Done.
//  3. B closes ready again, which panics.
//
// It breaks C7, C20 and C32. Removing B from the line twice has no effect, so nothing else stops
// it. gRPC and Knative sent on channels that were closed.
type closedTwice struct{ *queue }

func newClosedTwice(size int64) impls.Semaphore { return closedTwice{newQueue(size)} }

func (s closedTwice) Acquire(ctx context.Context, n int64) error {
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
	if w.place != nil {
		s.line.Remove(w.place)
		s.serve(math.MaxInt)
	}
	s.mu.Unlock()
	close(w.ready) // the defect: a grant may have closed it
	return ctx.Err()
}

// errTired is the error of a waiter that gives up, and is not the error of its ctx.
var errTired = errors.New("mutant: waited for too long")

// givesUp is K14: a wait lasts an hour at most. The timer looks like a safety net. No test waits
// for an hour on a real clock, so C35 plays in a bubble with a virtual one. The error is not the
// error of the ctx either, but no other clause waits so long.
type givesUp struct{ *queue }

func newGivesUp(size int64) impls.Semaphore { return givesUp{newQueue(size)} }

func (s givesUp) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	tired := time.NewTimer(time.Hour)
	defer tired.Stop()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		return s.wait(ctx, w)
	case <-tired.C:
		if s.leave(w) {
			s.Release(n)
		}
		return errTired
	}
}

// expiring is K15: TryAcquire takes back a grant that is older than an hour. It is the lease of a
// distributed lock, in a place where no holder can die unseen. It breaks C35 under a virtual clock:
// the holder still works when another caller gets its permits.
type expiring struct {
	*queue
	last time.Time // of the last grant; guarded by mu
}

func newExpiring(size int64) impls.Semaphore { return &expiring{queue: newQueue(size)} }

func (s *expiring) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if err == nil {
		s.mu.Lock()
		s.last = time.Now()
		s.mu.Unlock()
	}
	return err
}

func (s *expiring) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line.Len() == 0 && s.held > 0 && time.Since(s.last) > time.Hour {
		s.held = 0
	}
	if !s.take(n) {
		return false
	}
	s.last = time.Now()
	return true
}
