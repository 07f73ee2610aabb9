package mutant

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// This file has mutants whose line is stored in an unusual way. A line is judged by what it does when it
// grows, shrinks and loses entries at any place: the defects show at one shape of the storage only.

// A store is a line of waiters in the order of their arrival. It is guarded by the mutex of its stored.
type store interface {
	push(w *storedWaiter)
	first() *storedWaiter // nil if the line is empty
	remove(w *storedWaiter)
}

type storedWaiter struct {
	n     int64
	ready chan struct{}
	place *list.Element // in a shortCrowd
	piece *piece        // and at: in a lostPiece
	at    int
}

// stored is a correct FIFO semaphore as long as its line is a correct store.
//
// Its invariant is the one of [queue]: the first of the line does not fit whenever mu is free.
type stored struct {
	mu         sync.Mutex
	size, free int64
	line       store
}

func newStored(size int64, line store) *stored {
	mustNotBeNegative(size)
	return &stored{size: size, free: size, line: line}
}

func (s *stored) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
	}
	if isDone(done) {
		return ctx.Err()
	}
	s.mu.Lock()
	if s.take(n) {
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
	return s.take(n)
}

func (s *stored) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.free {
		panic("mutant: released more than held")
	}
	s.free += n
	if n > 0 {
		s.serve()
	}
}

// take takes n permits if they are free and no request waits.
func (s *stored) take(n int64) bool {
	if s.line.first() != nil || n > s.free {
		return false
	}
	s.free -= n
	return true
}

func (s *stored) serve() {
	for w := s.line.first(); w != nil && w.n <= s.free; w = s.line.first() {
		s.free -= w.n
		s.line.remove(w)
		close(w.ready)
	}
}

// lostPiece is K38: the line is a list of pieces of 32 places. A piece whose waiters have all gone is taken out
// of the list. If it was the last one, the line goes on to add waiters behind it, where no Release looks. It
// breaks C36 and C27, with 32 leavers at the end of a line that is not empty.
type lostPiece struct{ head, tail *piece }

const pieceSize = 32

// A piece is in the list until it is used up and empty. live counts its waiters.
type piece struct {
	places     [pieceSize]*storedWaiter
	used, live int
	prev, next *piece
}

func newLostPiece(size int64) impls.Semaphore { return newStored(size, new(lostPiece)) }

func (l *lostPiece) push(w *storedWaiter) {
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

func (l *lostPiece) first() *storedWaiter {
	for p := l.head; p != nil; p = p.next {
		for _, w := range p.places[:p.used] {
			if w != nil {
				return w
			}
		}
	}
	return nil
}

func (l *lostPiece) remove(w *storedWaiter) {
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
	} else if p.prev == nil { // the defect: otherwise tail still is p
		l.tail = nil
	}
}

// lostWrap is K39: the line is an array that wraps around its end, and becomes smaller when three quarters of it
// are empty. The waiters that have wrapped are not copied then. It breaks C27, in a line that grows, moves and
// becomes short again. A line that only becomes short while it does not wrap passes.
type lostWrap struct {
	places  []*storedWaiter
	head, n int
}

func newLostWrap(size int64) impls.Semaphore {
	return newStored(size, &lostWrap{places: make([]*storedWaiter, 8)})
}

func (l *lostWrap) place(i int) **storedWaiter { return &l.places[(l.head+i)%len(l.places)] }

func (l *lostWrap) push(w *storedWaiter) {
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

func (l *lostWrap) first() *storedWaiter {
	if l.n == 0 {
		return nil
	}
	return *l.place(0)
}

// remove closes the gap from the head: it is short where the first one leaves, as it mostly is.
func (l *lostWrap) remove(w *storedWaiter) {
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
		l.n = min(l.n, copy(smaller, l.places[l.head:])) // the defect
		l.places, l.head = smaller, 0
	}
}

// twoBeginnings is K42: the state is made at the first call, and two first calls make two. Each of
// them then has all permits. A test whose first call comes alone passes. It breaks C1.
type twoBeginnings struct {
	size  int64
	state atomic.Pointer[queue]
}

func newTwoBeginnings(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &twoBeginnings{size: size}
}

func (s *twoBeginnings) begun() *queue {
	q := s.state.Load()
	if q == nil {
		q = newQueue(s.size)
		Preempt()
		s.state.Store(q) // the defect: not a compare-and-swap
	}
	return q
}

func (s *twoBeginnings) Acquire(ctx context.Context, n int64) error { return s.begun().Acquire(ctx, n) }
func (s *twoBeginnings) TryAcquire(n int64) bool                    { return s.begun().TryAcquire(n) }
func (s *twoBeginnings) Release(n int64)                            { s.begun().Release(n) }
