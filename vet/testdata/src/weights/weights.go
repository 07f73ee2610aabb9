package weights

import (
	"context"

	"golang.org/x/sync/semaphore"
)

func more(ctx context.Context, s *semaphore.Weighted) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	defer s.Release(2) // want `Release of 2, but the Acquire in line 10 took 1`
	return nil
}

const weight = 3

func less(ctx context.Context, s *semaphore.Weighted, all []int) error {
	for range all {
		if err := s.Acquire(ctx, weight); err != nil {
			return err
		}
		go func() {
			defer s.Release(1) // want `Release of 1, but the Acquire in line 21 took 3`
		}()
	}
	return nil
}

func variable(ctx context.Context, s *semaphore.Weighted) error {
	n := int64(2)
	if err := s.Acquire(ctx, n); err != nil {
		return err
	}
	s.Release(1) // want `Release of 1, but the Acquire in line 33 took 2`
	return nil
}

// Correct neighbours.

func same(ctx context.Context, s *semaphore.Weighted, n int64) error {
	if err := s.Acquire(ctx, n); err != nil {
		return err
	}
	defer s.Release(n)
	return nil
}

func equal(ctx context.Context, s *semaphore.Weighted) error {
	n := int64(weight)
	if err := s.Acquire(ctx, n); err != nil {
		return err
	}
	s.Release(weight)
	return nil
}

// Three releases share one Acquire.
func inTurn(ctx context.Context, s *semaphore.Weighted) error {
	if err := s.Acquire(ctx, 3); err != nil {
		return err
	}
	for range 3 {
		s.Release(1)
	}
	return nil
}

func inParts(ctx context.Context, s *semaphore.Weighted) error {
	if err := s.Acquire(ctx, 3); err != nil {
		return err
	}
	s.Release(1)
	s.Release(2)
	return nil
}

// The literal may run three times.
func called(ctx context.Context, s *semaphore.Weighted, three func(func())) error {
	if err := s.Acquire(ctx, 3); err != nil {
		return err
	}
	three(func() { s.Release(1) })
	return nil
}

// All permits together say that every goroutine has ended.
func drain(ctx context.Context, all []int) error {
	s := semaphore.NewWeighted(8)
	for range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		go func() { defer s.Release(1) }()
	}
	return s.Acquire(ctx, 8)
}

type rest struct{ s *semaphore.Weighted }

// Another function releases what is left.
func (r *rest) shrink(ctx context.Context) error {
	if err := r.s.Acquire(ctx, 2); err != nil {
		return err
	}
	r.s.Release(1)
	return nil
}

func (r *rest) close() { r.s.Release(1) }

func partOnPurpose() bool {
	s := semaphore.NewWeighted(2)
	_ = s.Acquire(context.Background(), 2)
	s.Release(1)
	return true
}
