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
	piece *piece // only in pieces: where the waiter stands, so that a leaver needs no search
	at    int    // index in piece.places
}

// stored serves the line of a store. The first of the line does not fit whenever mu is free: every method that
// frees permits, or takes the first waiter away, serves before it unlocks.
//
// C7 is tempted: a call whose ctx is done returns nil, if the grant came before it could leave the line. The clause
// lets a cancellation that meets a grant end either way, as long as the permits and the answer agree.
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
//
// Only the tail has unused places, because push fills a piece before it adds another. An empty tail with unused
// places stays: the next waiters join it. So a line has at most one piece without a waiter, whatever left it. C33
// is tempted by the empty piece that stays, and K38 beside it loses the waiters that join a tail that was taken out.
type pieces struct{ head, tail *piece }

const pieceSize = 32

// A piece is in the list until it is used up and empty. live counts its waiters. A place is used once: a
// newcomer in the place of a leaver would pass the waiters behind it.
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

// first walks over the places of leavers. A piece that is used up has a waiter as long as it is in the list. So the
// walk ends in the first piece, after at most 32 places.
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
// are empty. It is copied entry by entry: one copy would leave out the waiters that have wrapped, as K39 does.
//
// It doubles when it is full and halves when a quarter is in use, as dynamic tables do (Cormen et al.,
// Introduction to Algorithms, the chapter on amortized analysis). After either copy the array is about half
// full. So a quarter of its length has to join or leave before the next copy, and a line that swings around one
// length is not copied each time. C33 is tempted by the places that stay, whose number has a bound.
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

// remove closes the gap from the head: mostly the first waiter leaves, and then nothing has to move. Arrays of 32
// places and fewer stay as they are: a copy would cost more than their memory is worth.
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

// lazy makes its state at the first call, as a semaphore whose zero value works. K42 beside it lets two first calls
// make two states, so each has all permits.
//
// C31 is tempted: the first call leaves memory behind. It is the state of the semaphore, and no later call adds to it.
type lazy struct {
	size  int64
	state atomic.Pointer[stored]
}

func newLazy(size int64) *lazy {
	mustNotBeNegative(size)
	return &lazy{size: size}
}

// begun returns the state. A compare-and-swap from nil succeeds once, and every call uses the pointer that it loads
// afterwards. So the state that the slower of two first calls has made is dropped before any call uses it.
// The load synchronizes with the swap, so the state is seen whole.
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
// so it is compared by >=. A guard by ==, as in K37, would never close again.
//
// C27 is tempted, because newcomers pass the line: the order is Unspecified, so C27 is not asked. C26 is tempted by the
// first passes, which look like the beginning of starvation. The count goes back to zero only when the line is
// empty, and not when its first waiter has gone: K12 counts afresh at each cancellation, and its door may stay open.
type guarded struct {
	*stored
	passed int64 // permits that passed the line since it was empty; guarded by mu
}

func newGuarded(size int64) *guarded { return &guarded{stored: newPieces(size)} }

// Acquire tries as a newcomer first, and joins the line if the try fails. Another call may come between the two
// steps. It can only take permits or join the line, and the second step looks at both again.
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
