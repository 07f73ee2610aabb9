package mutant

import (
	"container/list"
	"context"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// firstExpired is M26: sweep removes the element that it stands on, so it ends after the first
// expired waiter.
type firstExpired struct {
	*queue
	sweeping atomic.Bool
	expiries map[*list.Element]expiry // guarded by mu
}

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

// polite is M30: a cancelled waiter waits until no cancelled waiter stands beside it in line. Two
// cancelled neighbours wait for each other for ever.
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
	for s.hasToWait(w.place) {
		runtime.Gosched()
	}
	if s.leave(w) {
		s.Release(n)
	}
	return ctx.Err()
}

func (s polite) announce(place *list.Element, leaves bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving[place] = leaves; !leaves {
		delete(s.leaving, place)
	}
}

func (s polite) hasToWait(place *list.Element) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return place != nil && (s.leaving[place.Next()] || s.leaving[place.Prev()])
}

// closedTwice is M41: a cancelled waiter closes its channel, which a grant may have closed before.
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
