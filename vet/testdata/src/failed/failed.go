package failed

import (
	"context"
	"errors"

	"golang.org/x/sync/semaphore"
)

func branch(ctx context.Context, s *semaphore.Weighted) error {
	if err := s.Acquire(ctx, 1); err != nil {
		s.Release(1) // want `Release after the Acquire in line 11 failed: it gives back permits that were never taken`
		return err
	}
	defer s.Release(1)
	return nil
}

func otherwise(s *semaphore.Weighted) bool {
	if s.TryAcquire(2) {
		return true
	} else {
		s.Release(2) // want `Release after the TryAcquire in line 20 failed`
		return false
	}
}

func kind(ctx context.Context, s *semaphore.Weighted) error {
	err := s.Acquire(ctx, 1)
	if errors.Is(err, context.Canceled) {
		s.Release(1) // want `Release after the Acquire`
		return err
	}
	return err
}

func tooEarly(ctx context.Context, s *semaphore.Weighted) error {
	defer s.Release(1) // want `this Release also runs if the Acquire in line 39 failed`
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	return nil
}

func beforeTheLook(ctx context.Context, s *semaphore.Weighted) error {
	err := s.Acquire(ctx, 1)
	defer s.Release(1) // want `this Release also runs if the Acquire`
	if err != nil {
		return err
	}
	return nil
}

// Correct neighbours.

func after(ctx context.Context, s *semaphore.Weighted) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	defer s.Release(1)
	return nil
}

// The permits of the first rounds go back.
func allOrNothing(ctx context.Context, s *semaphore.Weighted, n int) error {
	for i := range n {
		if err := s.Acquire(ctx, 1); err != nil {
			s.Release(int64(i))
			return err
		}
	}
	s.Release(int64(n))
	return nil
}

func two(ctx context.Context, s *semaphore.Weighted) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := s.Acquire(ctx, 1); err != nil {
		s.Release(1)
		return err
	}
	s.Release(2)
	return nil
}

// The error is of the second call.
func reused(ctx context.Context, s *semaphore.Weighted, work func() error) error {
	err := s.Acquire(ctx, 1)
	if err != nil {
		return err
	}
	if err = work(); err != nil {
		s.Release(1)
		return err
	}
	s.Release(1)
	return nil
}

func yield(ctx context.Context, s *semaphore.Weighted) error {
	s.Release(1)
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	return nil
}

func onSuccess(ctx context.Context, s *semaphore.Weighted) error {
	err := s.Acquire(ctx, 1)
	if err == nil {
		s.Release(1)
	}
	return err
}

func either(ctx context.Context, a, b *semaphore.Weighted) error {
	if err := a.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := b.Acquire(ctx, 1); err != nil {
		a.Release(1)
		return err
	}
	b.Release(1)
	a.Release(1)
	return nil
}
