package mutant

import (
	"container/list"
	"context"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// M26
type firstExpired struct {
	*queue
	sweeping atomic.Bool
	expiries map[*list.Element]expiry // guarded by mu
}

type expiry struct {
	done <-chan struct{}
	gone chan struct{} // closed when the waiter has been swept out of the line
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

// sweep is called for each waiter that expires; one that is about to begin serves all of them.
func (s *firstExpired) sweep() {
	if s.sweeping.Swap(true) {
		return
	}
	Preempt()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweeping.Store(false)
	for place := s.line.Front(); place != nil; place = place.Next() { // none once it is removed
		if e := s.expiries[place]; isDone(e.done) {
			s.line.Remove(place)
			close(e.gone)
		}
	}
	s.serve(math.MaxInt)
}

// M30: who leaves lets its neighbours go first if they are leaving, too.
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

// M41
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
	close(w.ready) // it needs no permits any more; and if it was just granted them?
	return ctx.Err()
}
