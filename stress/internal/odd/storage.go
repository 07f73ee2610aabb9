package odd

import (
	"context"
	"sync/atomic"
)

// A store is a line of waiters in the order of their arrival. It is guarded by the mutex of its stored.
type store interface {
	push(w *storedWaiter)
	first() *storedWaiter // nil if the line is empty
	remove(w *storedWaiter)
}

type storedWaiter struct {
	n     int64
	ready chan struct{}
	piece *piece // and at: in pieces
	at    int
}

// stored serves the line of a store. The first of the line does not fit whenever mu is free.
type stored struct {
	permits
	line store
}

func newStored(size int64, line store) *stored {
	return &stored{permits: newPermits(size), line: line}
}

func (s *stored) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.takeFirst(n) {
		s.mu.Unlock()
		return nil
	}
	w := &storedWaiter{n: n, ready: make(chan struct{})}
	s.line.push(w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	if isDone(w.ready) { // granted meanwhile: the grants happen under mu, so this is final
		s.mu.Unlock()
		return nil
	}
	s.line.remove(w)
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

func (s *stored) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeFirst(n)
}

func (s *stored) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	if n > 0 {
		s.serve()
	}
}

// takeFirst takes n permits if they are free and no request waits.
func (s *stored) takeFirst(n int64) bool { return s.line.first() == nil && s.take(n) }

func (s *stored) serve() {
	for w := s.line.first(); w != nil && s.take(w.n); w = s.line.first() {
		s.line.remove(w)
		close(w.ready)
	}
}

// pieces is a line as a list of pieces of 32 places. A piece whose waiters have all gone is taken out of the list,
// wherever it is.
type pieces struct{ head, tail *piece }

const pieceSize = 32

// A piece is in the list until it is used up and empty. live counts its waiters.
type piece struct {
	places     [pieceSize]*storedWaiter
	used, live int
	prev, next *piece
}

func newPieces(size int64) *stored { return newStored(size, new(pieces)) }

func (l *pieces) push(w *storedWaiter) {
	if l.tail == nil || l.tail.used == pieceSize {
		p := &piece{prev: l.tail}
		if l.tail != nil {
			l.tail.next = p
		} else {
			l.head = p
		}
		l.tail = p
	}
	p := l.tail
	w.piece, w.at = p, p.used
	p.places[p.used] = w
	p.used++
	p.live++
}

func (l *pieces) first() *storedWaiter {
	for p := l.head; p != nil; p = p.next {
		for _, w := range p.places[:p.used] {
			if w != nil {
				return w
			}
		}
	}
	return nil
}

func (l *pieces) remove(w *storedWaiter) {
	p := w.piece
	p.places[w.at] = nil
	if p.live--; p.live > 0 || p.used < pieceSize {
		return
	}
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		l.head = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		l.tail = p.prev // else the next waiter would be added behind p, which is no longer in the list
	}
}

// shrinking is a line in an array that wraps around its end, and becomes smaller when three quarters of it
// are empty. It is copied entry by entry: one copy would leave out what has wrapped.
type shrinking struct {
	places  []*storedWaiter
	head, n int
}

func newShrinking(size int64) *stored {
	return newStored(size, &shrinking{places: make([]*storedWaiter, 8)})
}

func (l *shrinking) place(i int) **storedWaiter { return &l.places[(l.head+i)%len(l.places)] }

func (l *shrinking) push(w *storedWaiter) {
	if l.n == len(l.places) {
		grown := make([]*storedWaiter, 2*l.n)
		for i := range l.n {
			grown[i] = *l.place(i)
		}
		l.places, l.head = grown, 0
	}
	*l.place(l.n) = w
	l.n++
}

func (l *shrinking) first() *storedWaiter {
	if l.n == 0 {
		return nil
	}
	return *l.place(0)
}

// remove closes the gap from the head: it is short where the first one leaves, as it mostly is.
func (l *shrinking) remove(w *storedWaiter) {
	for i := range l.n {
		if *l.place(i) != w {
			continue
		}
		for ; i > 0; i-- {
			*l.place(i) = *l.place(i - 1)
		}
		*l.place(0) = nil
		l.head = (l.head + 1) % len(l.places)
		l.n--
		break
	}
	if len(l.places) > 32 && l.n < len(l.places)/4 {
		smaller := make([]*storedWaiter, len(l.places)/2)
		for i := range l.n {
			smaller[i] = *l.place(i)
		}
		l.places, l.head = smaller, 0
	}
}

// lazy makes its state at the first call.
type lazy struct {
	size  int64
	state atomic.Pointer[stored]
}

func newLazy(size int64) *lazy {
	mustNotBeNegative(size)
	return &lazy{size: size}
}

func (s *lazy) begun() *stored {
	q := s.state.Load()
	if q == nil {
		s.state.CompareAndSwap(nil, newPieces(s.size)) // one of two first calls wins
		q = s.state.Load()
	}
	return q
}

func (s *lazy) Acquire(ctx context.Context, n int64) error { return s.begun().Acquire(ctx, n) }
func (s *lazy) TryAcquire(n int64) bool                    { return s.begun().TryAcquire(n) }
func (s *lazy) Release(n int64)                            { s.begun().Release(n) }

// guarded lets requests pass the first of its line, for 31 permits in all. The count may step over that limit,
// so it is compared by <. A guard by == would never close again.
type guarded struct {
	*stored
	passed int64
}

func newGuarded(size int64) *guarded { return &guarded{stored: newPieces(size)} }

func (s *guarded) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	mustNotBeNegative(n)
	if !isDone(done) && s.TryAcquire(n) {
		return nil
	}
	return s.stored.Acquire(ctx, n)
}

func (s *guarded) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 31
	if s.line.first() == nil {
		s.passed = 0
	}
	if s.passed >= most || !s.take(n) {
		return false
	}
	if s.line.first() != nil {
		s.passed += n
	}
	return true
}
