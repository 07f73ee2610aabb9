package odd

import (
	"context"
	"slices"
)

// turns lets one waiter at a time wait for permits: the waiter that has put its message into turn, a channel of one
// place. The others wait for room in that channel, and for their ctx.
//
// C27 is tempted. The runtime of today serves senders of a channel in their order, so short tests see FIFO. The
// language does not promise that order, and the design declares Unspecified. C17 is tempted as well: a small
// request may fit while a large one has the turn. Unspecified lets the large request hold it up.
type turns struct {
	permits
	waiting int64         // guarded by mu: a newcomer may not pass
	turn    chan struct{} // full while a waiter has the turn
	freed   chan struct{} // full after a Release at which the holder of the turn has not looked
}

func newTurns(size int64) *turns {
	return &turns{permits: newPermits(size), turn: make(chan struct{}, 1), freed: make(chan struct{}, 1)}
}

// Acquire counts itself before it asks for the turn. From then on no newcomer takes free permits, so a
// stream of small requests cannot starve it.
//
// The holder of the turn is the only reader of freed. It looks under mu and then sleeps on freed. A
// Release after the look finds the channel empty and leaves a message, or finds a message that the
// sleeper has not read yet: in both cases the sleeper looks again.
func (s *turns) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.waiting == 0 && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	s.waiting++
	s.mu.Unlock()
	select {
	case s.turn <- struct{}{}:
	case <-done:
		s.finish(0)
		return ctx.Err()
	}
	// The next holder looks before it sleeps. So it misses no Release, even if this one has read its message.
	defer func() { <-s.turn }()
	for !s.finish(n) {
		select {
		case <-s.freed:
		case <-done:
			s.finish(0)
			return ctx.Err()
		}
	}
	return nil
}

// finish takes n permits and leaves, if they are free. A leaver calls finish(0), which always succeeds.
func (s *turns) finish(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.take(n) {
		return false
	}
	s.waiting--
	return true
}

func (s *turns) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting == 0 && s.take(n)
}

// Release leaves one message for the waiter that has the turn, and a full channel holds one already. The
// next one to have the turn looks before it waits.
func (s *turns) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	select {
	case s.freed <- struct{}{}:
	default:
	}
}

// server has one goroutine that owns all state and takes requests from a channel. Each request has a
// channel for its answer, which has room for it: the goroutine never waits for a caller.
//
// C24 and C31 are tempted. A TryAcquire waits for another goroutine, and that goroutine is still there after every
// call. C24 forbids waiting for another caller, and the server is no caller: it answers every request
// without one. C31 asks about the calls, and the goroutine belongs to the semaphore: Close ends it.
type server struct {
	size      int64
	requests  chan request
	quit, end chan struct{}
}

type request struct {
	kind   string // acquire, cancel, try or release
	w      *waiter
	answer chan bool
}

func newServer(size int64) *server {
	mustNotBeNegative(size)
	s := &server{size, make(chan request), make(chan struct{}), make(chan struct{})}
	go s.serve()
	return s
}

// Close ends the goroutine, and returns when it has ended. A call after Close would wait for an answer for ever:
// callers close a semaphore only when no call is left.
func (s *server) Close() { close(s.quit); <-s.end }

// serve needs no lock: only its goroutine reads and writes held and line. The send of a request publishes
// the waiter to it, and the close of ready, or the answer, publishes the outcome back.
//
// Requests come one after the other, so a cancellation and a grant of the same waiter have an order: a
// waiter that is no longer in line was granted, and its permits go back.
func (s *server) serve() {
	defer close(s.end)
	held, line := int64(0), []*waiter(nil)
	for {
		var r request
		select {
		case r = <-s.requests:
		case <-s.quit:
			return
		}
		ok := true
		switch fits := r.w.n <= s.size-held; r.kind {
		case "acquire":
			line = append(line, r.w)
		case "try":
			if ok = fits && len(line) == 0; ok {
				held += r.w.n
			}
		case "release":
			if ok = r.w.n <= held; ok {
				held -= r.w.n
			}
		case "cancel":
			if i := slices.Index(line, r.w); i >= 0 {
				line = slices.Delete(line, i, i+1)
			} else { // it was granted before it could be cancelled
				held -= r.w.n
			}
		}
		for len(line) > 0 && line[0].n <= s.size-held {
			held += line[0].n
			close(line[0].ready)
			line = slices.Delete(line, 0, 1)
		}
		r.answer <- ok
	}
}

// ask returns the answer of the server. The channel has room for one answer, so the server never waits.
func (s *server) ask(kind string, w *waiter) bool {
	answer := make(chan bool, 1)
	s.requests <- request{kind, w, answer}
	return <-answer
}

// Acquire calls no method of ctx in the goroutine of the server: a method that calls the semaphore would
// wait there for itself.
func (s *server) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
	}
	if n > s.size || isDone(done) {
		return ctx.Err()
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	s.ask("acquire", w)
	select {
	case <-w.ready:
		return nil
	case <-done:
		s.ask("cancel", w)
		return ctx.Err()
	}
}

func (s *server) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	return s.ask("try", &waiter{n: n})
}

func (s *server) Release(n int64) {
	mustNotBeNegative(n)
	if !s.ask("release", &waiter{n: n}) {
		panic(overRelease)
	}
}
