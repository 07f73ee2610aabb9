package goroutines

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

func work(int) error { return nil }

func local(ctx context.Context, all []int) error {
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		go func() {
			if work(x) != nil {
				return // want `this goroutine ends with the permits of the Acquire in line 15; use defer`
			}
			s.Release(1)
		}()
	}
	return s.Acquire(ctx, 4)
}

type server struct {
	sem *semaphore.Weighted
	wg  sync.WaitGroup
}

func (s *server) field(x int) {
	if !s.sem.TryAcquire(1) {
		return
	}
	s.wg.Go(func() {
		if x < 0 {
			return // want `this goroutine ends with the permits`
		}
		work(x)
		s.sem.Release(1)
	})
}

// Correct neighbours.

func deferred(ctx context.Context, all []int) error {
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		go func() {
			defer s.Release(1)
			if work(x) != nil {
				return
			}
			work(-x)
		}()
	}
	return nil
}

func everyPath(ctx context.Context, all []int) error {
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		go func() {
			if work(x) != nil {
				s.Release(1)
				return
			}
			s.Release(1)
		}()
	}
	return nil
}

// The goroutine has a permit only if TryAcquire gave one.
func maybe(s0 int) {
	s := semaphore.NewWeighted(4)
	ok := s.TryAcquire(1)
	go func() {
		if !ok {
			return
		}
		work(s0)
		s.Release(1)
	}()
}

// The permit goes on to another goroutine.
func chain(ctx context.Context, x int) error {
	s := semaphore.NewWeighted(4)
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	go func() {
		if x < 0 {
			go func() { s.Release(1) }()
			return
		}
		s.Release(1)
	}()
	return nil
}
