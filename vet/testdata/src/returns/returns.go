package returns

import (
	"context"
	"errors"

	"golang.org/x/sync/semaphore"
)

type pool struct {
	sem  *semaphore.Weighted
	idle *semaphore.Weighted
	n    int
}

func work() error { return nil }

func (p *pool) early(ctx context.Context) error {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := work(); err != nil {
		return err // want `this return keeps the permits of the Acquire in line 19; use defer`
	}
	p.sem.Release(1)
	return nil
}

func (p *pool) made(ctx context.Context) error {
	err := p.sem.Acquire(ctx, 1)
	if err != nil {
		return err
	}
	if p.n < 0 {
		return errors.New("negative") // want `keeps the permits`
	}
	p.sem.Release(1)
	return nil
}

func (p *pool) noResult() {
	if !p.sem.TryAcquire(1) {
		return
	}
	if p.n < 0 {
		return // want `keeps the permits`
	}
	p.n++
	p.sem.Release(1)
}

func parameter(ctx context.Context, s *semaphore.Weighted) (int, error) {
	if err := s.Acquire(ctx, 2); err != nil {
		return 0, err
	}
	err := work()
	if err != nil {
		return 0, err // want `keeps the permits`
	}
	s.Release(2)
	return 1, nil
}

func inASwitch(ctx context.Context, s *semaphore.Weighted, n int) error {
	if s.Acquire(ctx, 1) != nil {
		return ctx.Err()
	}
	switch {
	case n < 0:
		return errors.New("negative") // want `keeps the permits`
	case n == 0:
		s.Release(1)
		return nil
	}
	s.Release(1)
	return nil
}

// Correct neighbours.

func (p *pool) deferred(ctx context.Context) error {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	defer p.sem.Release(1)
	if err := work(); err != nil {
		return err
	}
	return nil
}

func (p *pool) deferredInALiteral(ctx context.Context) error {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	defer func() { p.n--; p.sem.Release(1) }()
	return work()
}

func (p *pool) everyPath(ctx context.Context) error {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := work(); err != nil {
		p.sem.Release(1)
		return err
	}
	p.sem.Release(1)
	return nil
}

// get hands its permit to the caller, and put takes it back.
func (p *pool) get(ctx context.Context) (int, error) {
	if err := p.idle.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	if err := work(); err != nil {
		p.idle.Release(1)
		return 0, err
	}
	return 1, nil
}

func (p *pool) put() { p.idle.Release(1) }

// begin may keep the permit, because put releases it.
func (p *pool) begin(ctx context.Context) error {
	if err := p.idle.Acquire(ctx, 1); err != nil {
		return err
	}
	if p.n < 0 {
		return errors.New("put it back")
	}
	p.idle.Release(1)
	return nil
}

// The same condition decides twice.
func correlated(ctx context.Context, s *semaphore.Weighted, limited bool) error {
	if limited {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
	}
	err := work()
	if limited {
		s.Release(1)
	}
	return err
}

func byResult(s *semaphore.Weighted) error {
	ok := s.TryAcquire(1)
	err := work()
	if !ok && err != nil {
		return err
	}
	if ok {
		s.Release(1)
	}
	return nil
}

func fatal(err error) { panic(err) }

func noReturn(ctx context.Context, s *semaphore.Weighted) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := work(); err != nil {
		fatal(err)
	}
	s.Release(1)
	return nil
}

// Another function may release: the semaphore is handed out.
func handedOut(ctx context.Context, s *semaphore.Weighted, give func(*semaphore.Weighted)) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := work(); err != nil {
		give(s)
		return err
	}
	s.Release(1)
	return nil
}

func inALoop(ctx context.Context, s *semaphore.Weighted) error {
	for range 3 {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		err := work()
		s.Release(1)
		if err != nil {
			return err
		}
	}
	return nil
}

// release is a method value: the check does not know when it runs.
func methodValue(ctx context.Context, s *semaphore.Weighted, later func(func(int64))) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	later(s.Release)
	if err := work(); err != nil {
		return err
	}
	s.Release(1)
	return nil
}
