// Package values calls methods of semaphores by local variables.
package values

import (
	"context"
	"errors"

	sync "golang.org/x/sync/semaphore"
)

func work(int) error { return nil }

func ignored(ctx context.Context, s *sync.Weighted, x int) {
	acquire := s.Acquire
	acquire(ctx, 1) // want `the error of Acquire is ignored`
	work(x)
	s.Release(1)
}

func returns(ctx context.Context, s *sync.Weighted, x int) error {
	var acquire, release = s.Acquire, s.Release
	if err := acquire(ctx, 1); err != nil {
		return err
	}
	if err := work(x); err != nil {
		return err // want `this return keeps the permits of the Acquire`
	}
	release(1)
	return nil
}

func weight(ctx context.Context, s *sync.Weighted, x int) error {
	release := s.Release
	if err := s.Acquire(ctx, 2); err != nil {
		return err
	}
	defer release(1) // want `Release of 1, but the Acquire in line 34 took 2`
	return work(x)
}

// A context that is never done.
func unfailing(s *sync.Weighted, x int) {
	acquire := s.Acquire
	acquire(context.Background(), 1)
	work(x)
	s.Release(1)
}

func deferred(ctx context.Context, s *sync.Weighted, x int) error {
	acquire, release := s.Acquire, s.Release
	if err := acquire(ctx, 1); err != nil {
		return err
	}
	defer release(1)
	if x == 0 {
		return errors.New("none")
	}
	return work(x)
}

// The method goes to other code, which may call it at any time.
func later(ctx context.Context, s *sync.Weighted, x int, later func(func(int64))) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	release := s.Release
	later(release)
	if err := work(x); err != nil {
		return err
	}
	s.Release(1)
	return nil
}

// The caller gets the method.
func handed(ctx context.Context, s *sync.Weighted) (func(int64), error) {
	release := s.Release
	if err := s.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		release(1)
		return nil, ctx.Err()
	}
	return release, nil
}

// The variable changes.
func chosen(ctx context.Context, s, other *sync.Weighted, x int) error {
	release := s.Release
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	if x == 0 {
		s.Release(1)
		release = other.Release
		other.TryAcquire(1)
	}
	release(1)
	return nil
}
