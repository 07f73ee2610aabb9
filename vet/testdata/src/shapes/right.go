package shapes

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// A helper releases.
type helped struct{ sem *semaphore.Weighted }

func (h *helped) done() { h.sem.Release(1) }

func (h *helped) do(ctx context.Context, x item) error {
	if err := h.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := work(x); err != nil {
		h.done()
		return err
	}
	h.sem.Release(1)
	return nil
}

// A closure of the function releases.
func closure(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	done := func() { s.Release(1) }
	if err := work(x); err != nil {
		done()
		return err
	}
	done()
	return nil
}

// A method value releases.
func value(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	release := s.Release
	if err := work(x); err != nil {
		release(1)
		return err
	}
	s.Release(1)
	return nil
}

// sync.Once makes the second release harmless.
func once(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	release := sync.OnceFunc(func() { s.Release(1) })
	defer release()
	if err := work(x); err != nil {
		release()
		return err
	}
	return nil
}

// A flag guards the deferred release.
func flagged(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	released := false
	defer func() {
		if !released {
			s.Release(1)
		}
	}()
	if bad(x) {
		s.Release(1)
		released = true
		time.Sleep(1)
	}
	return nil
}

// yields gives its permit back for the time of a wait.
func yields(ctx context.Context, s *semaphore.Weighted, wait func()) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	defer s.Release(1)
	s.Release(1)
	wait()
	return s.Acquire(context.Background(), 1)
}

// parts gives its permits back in parts.
func parts(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 2); err != nil {
		return err
	}
	defer s.Release(1)
	if err := work(x); err != nil {
		s.Release(1)
		return err
	}
	s.Release(1)
	return nil
}

// barrier waits for all goroutines by an Acquire of everything.
func barrier(ctx context.Context, all []item) error {
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		if bad(x) {
			continue
		}
		if err := s.Acquire(ctx, 1); err != nil {
			break
		}
		go func() {
			defer s.Release(1)
			work(x)
		}()
	}
	return s.Acquire(context.Background(), 4)
}

// collected takes a permit for each good item, and gives them back together.
func collected(ctx context.Context, all []item) error {
	s := semaphore.NewWeighted(4)
	var n int64
	defer func() { s.Release(n) }()
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		n++
		if bad(x) {
			continue
		}
		work(x)
	}
	return nil
}

// counted releases after the loop what the rounds have kept.
func counted(ctx context.Context, all []item) error {
	s := semaphore.NewWeighted(4)
	var kept int64
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		if bad(x) {
			kept++
			continue
		}
		work(x)
		s.Release(1)
	}
	s.Release(kept)
	return nil
}

// handed gives a permit of each round to a goroutine of another function.
func handed(ctx context.Context, s *semaphore.Weighted, all []item, start func(*semaphore.Weighted, item) bool) error {
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		if start(s, x) {
			continue
		}
		s.Release(1)
	}
	return nil
}

// acquirer and releaser are two goroutines.
func acquirer(ctx context.Context, p *producer, in []item) error {
	for _, x := range in {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		select {
		case p.out <- x:
		case <-ctx.Done():
			return ctx.Err() // releaser ends with the semaphore
		}
	}
	return nil
}

type producer struct {
	sem *semaphore.Weighted
	out chan item
}

func (p *producer) releaser() {
	for x := range p.out {
		work(x)
		p.sem.Release(1)
	}
}

// A wrapper hands the permits to its caller.
type wrapper struct{ sem *semaphore.Weighted }

func (w *wrapper) lock(ctx context.Context) (unlock func(), err error) {
	if err := w.sem.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { w.sem.Release(1) }, nil
}

func (w *wrapper) with(ctx context.Context, f func() error) (err error) {
	unlock, err := w.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return f()
}

// conn holds its permit until Close.
type conn struct{ p *dialer }

type dialer struct{ sem *semaphore.Weighted }

func (d *dialer) dial(ctx context.Context, x item) (*conn, error) {
	if err := d.sem.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	if err := work(x); err != nil {
		d.sem.Release(1)
		return nil, err
	}
	return &conn{d}, nil
}

func (c *conn) Close() { c.p.sem.Release(1) }

// guarded goes on without the permit, and knows it.
func guarded(ctx context.Context, s *semaphore.Weighted, x item) {
	limited := true
	if err := s.Acquire(ctx, 1); err != nil {
		limited = false
	}
	work(x)
	if limited {
		s.Release(1)
	}
}

func guardedByError(ctx context.Context, s *semaphore.Weighted, x item) {
	err := s.Acquire(ctx, 1)
	if err != nil {
		note(err)
	}
	work(x)
	if err != nil {
		return
	}
	s.Release(1)
}

// retried takes the permit in the branch of the failure.
func retried(ctx context.Context, s *semaphore.Weighted, x item) {
	if !s.TryAcquire(1) {
		note("busy")
		s.Acquire(context.Background(), 1)
	}
	defer s.Release(1)
	work(x)
}

// never fails, as its context is never done.
func never(s *semaphore.Weighted, x item) {
	if err := s.Acquire(context.Background(), 1); err != nil {
		note(err)
	}
	defer s.Release(1)
	work(x)
}

// polled tries until it has a permit.
func polled(ctx context.Context, s *semaphore.Weighted, x item) error {
	for !s.TryAcquire(1) {
		if err := ctx.Err(); err != nil {
			return err
		}
		time.Sleep(1)
	}
	defer s.Release(1)
	return work(x)
}

// upgraded takes the rest of the permits, and gives everything back at once.
func upgraded(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	if bad(x) && !s.TryAcquire(3) {
		s.Release(1)
		return errors.New("busy")
	} else if bad(x) {
		s.Release(4)
		return nil
	}
	s.Release(1)
	return nil
}

// switchedRight has a case for each outcome.
func switchedRight(ctx context.Context, s *semaphore.Weighted, x item) error {
	switch err := s.Acquire(ctx, 1); {
	case errors.Is(err, context.Canceled):
		return nil
	case err != nil:
		return err
	}
	defer s.Release(1)
	return work(x)
}

func taken(s *semaphore.Weighted, x item) (ok bool) {
	switch {
	case s.TryAcquire(2):
		defer s.Release(2)
	case s.TryAcquire(1):
		defer s.Release(1)
	default:
		return false
	}
	return work(x) == nil
}

// waiting has a goroutine that waits for the permit of the test, and releases for both.
func waiting(s *semaphore.Weighted) {
	s.Acquire(context.Background(), 1)
	done := make(chan struct{})
	go func() {
		s.Acquire(context.Background(), 1)
		close(done)
	}()
	s.Release(1)
	<-done
	s.Release(1)
}

// ofBoth gives back its own permit and the permit of the caller.
func (h *helped) ofBoth(ctx context.Context, x item) error {
	if err := h.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	defer h.sem.Release(1)
	if bad(x) {
		h.sem.Release(1) // of the caller
		return errors.New("bad")
	}
	return nil
}

// stops hands the permits to the owner, which replaces the semaphore.
func (p *producer) stops(ctx context.Context, all []item) {
	for _, x := range all {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return
		}
		if bad(x) {
			break // releaser releases
		}
		p.sem.Release(1)
	}
}

// metered has a slow way behind a TryAcquire that failed, which takes the permit for its caller.
type metered struct {
	sem  *semaphore.Weighted
	slow int
}

func (m *metered) do(x item) error {
	if !m.sem.TryAcquire(1) {
		m.contended()
	}
	defer m.sem.Release(1)
	return work(x)
}

func (m *metered) contended() {
	m.slow++
	m.sem.Acquire(context.Background(), 1)
}

// yields gives its permit back while others wait, and another function takes a new one.
func (m *metered) yields(ctx context.Context, x item) error {
	if err := m.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	defer m.sem.Release(1)
	m.sem.Release(1)
	m.contended()
	return work(x)
}

// nothing releases a weight of 0 after a failure.
func (m *metered) nothing(ctx context.Context, x item, n int64) error {
	if err := m.sem.Acquire(ctx, n); err != nil {
		n = 0
	}
	defer m.sem.Release(n)
	return work(x)
}

// ownSemaphore makes a semaphore that ends with the function.
func ownSemaphore(ctx context.Context, all []item) error {
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		if err := work(x); err != nil {
			return err
		}
		s.Release(1)
	}
	return nil
}

// The clauses give back parts, which add up.
func fallsInParts(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 2); err != nil {
		return err
	}
	switch x.id {
	case 1:
		s.Release(1)
		fallthrough
	case 2:
		s.Release(1)
	default:
		s.Release(2)
	}
	return nil
}

// One permit of eight stays with the caller, who reads from then on.
func downgrade(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 8); err != nil {
		return err
	}
	if bad(x) {
		s.Release(8)
		return errors.New("bad")
	}
	s.Release(7)
	return nil
}

type inParts struct{ sem *semaphore.Weighted }

func (p *inParts) use(ctx context.Context, x item) error {
	if err := p.sem.Acquire(ctx, 4); err != nil {
		return err
	}
	if bad(x) {
		p.sem.Release(4)
		return errors.New("bad")
	}
	p.sem.Release(1)
	err := work(x)
	p.sem.Release(3)
	return err
}

// Every branch of the error releases.
func (p *inParts) branches(ctx context.Context, x item) error {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	switch err := work(x); err {
	case nil:
		p.sem.Release(1)
		return nil
	default:
		p.sem.Release(1)
		return err
	}
}
