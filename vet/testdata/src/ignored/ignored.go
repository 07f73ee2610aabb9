package ignored

import (
	"context"

	"golang.org/x/sync/semaphore"
)

func statement(ctx context.Context, s *semaphore.Weighted) {
	s.Acquire(ctx, 1) // want `the error of Acquire is ignored`
	s.Release(1)
}

func blank(ctx context.Context, s *semaphore.Weighted) {
	_ = s.Acquire(ctx, 1) // want `the error of Acquire is ignored`
	s.Release(1)
}

func cancelled(s *semaphore.Weighted) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.Acquire(ctx, 1) // want `the error of Acquire is ignored`
	s.Release(1)
}

// A type of the user's own, and an interface.
type limiter interface {
	Acquire(context.Context, int64) error
	TryAcquire(int64) bool
	Release(int64)
}

func ofAnInterface(ctx context.Context, l limiter) {
	l.Acquire(ctx, 1) // want `the error of Acquire is ignored`
	l.Release(1)
}

// Without a context that can be done there is no error.
func neverDone(s *semaphore.Weighted) {
	s.Acquire(context.Background(), 1)
	_ = s.Acquire(context.TODO(), 1)
	ctx := context.WithValue(context.Background(), limiter(nil), 1)
	s.Acquire(ctx, 1)
	s.Release(3)
}

// The context is asked afterwards.
func asked(ctx context.Context, s *semaphore.Weighted) error {
	s.Acquire(ctx, 1)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	defer s.Release(1)
	return nil
}

func looked(ctx context.Context, s *semaphore.Weighted) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	s.Release(1)
	return s.Acquire(ctx, 1)
}

// A goroutine that only waits, as tests of semaphores have it, does not go on.
func waiters(ctx context.Context, s *semaphore.Weighted) {
	go s.Acquire(ctx, 1)
	go func() {
		s.Acquire(ctx, 1)
	}()
	go func() {
		s.Acquire(ctx, 1) // want `the error of Acquire is ignored`
		s.Release(1)
	}()
}

// A semaphore of the user's own may never fail.
func onPurpose(ctx context.Context, l limiter) {
	_ = l.Acquire(ctx, 1)
	l.Release(1)
}

// Another contract with the same names.
type lock struct{}

func (lock) Acquire(context.Context) error { return nil }
func (lock) Release()                      {}

func another(ctx context.Context, l lock) {
	l.Acquire(ctx)
	l.Release()
}
