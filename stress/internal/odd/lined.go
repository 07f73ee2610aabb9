package odd

import (
	"context"
	"slices"
)

// lined is a line in a slice, which is right in the plainest way. The designs below change one step of it, the step
// that the mutant beside them gets wrong. So a false alarm about one of them is about that step.
type lined struct {
	permits
	line []*waiter
}

func newLined(size int64) lined { return lined{permits: newPermits(size)} }

// fits takes n permits if nothing waits: under FIFO no request may pass the line. The caller has mu.
func (s *lined) fits(n int64) bool { return len(s.line) == 0 && s.take(n) }

// grant counts the permits before ready is closed, both under mu: the waiter holds them when it wakes.
func (s *lined) grant(i int) {
	w := s.line[i]
	s.line = slices.Delete(s.line, i, i+1)
	s.held += w.n
	w.in = false
	close(w.ready)
}

func (s *lined) serve() {
	for len(s.line) > 0 && s.line[0].n <= s.size-s.held {
		s.grant(0)
	}
}

// leave ends the wait of w with an error. A grant may have come first, and then its permits go back. It does not serve:
// the caller does so in the order of its design.
func (s *lined) leave(w *waiter) {
	if w.in {
		s.line = slices.DeleteFunc(s.line, func(x *waiter) bool { return x == w })
		w.in = false
	} else {
		s.held -= w.n
	}
}

func (s *lined) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.fits(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.mu.Unlock()
	return s.sleep(ctx, done, w, s.serve)
}

// sleep waits for the grant or for ctx. serve runs under mu after w has left. The error is asked for after mu is
// unlocked, since ctx may call the semaphore.
func (s *lined) sleep(ctx context.Context, done <-chan struct{}, w *waiter, serve func()) error {
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	s.leave(w)
	serve()
	s.mu.Unlock()
	return ctx.Err()
}

func (s *lined) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fits(n)
}

func (s *lined) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
}
