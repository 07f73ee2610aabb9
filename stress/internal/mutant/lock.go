package mutant

import (
	"context"

	"github.com/semabench/semabench/impls"
)

// M29: the lock is a channel, so that a goroutine that waits for it can be seen to be blocked.
type errUnderLock struct {
	lock    chan struct{} // holds an element while somebody has the lock
	size    int64
	held    int64
	changed chan struct{} // closed and replaced by Release
}

func newErrUnderLock(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &errUnderLock{size: size, lock: make(chan struct{}, 1), changed: make(chan struct{})}
}

func (s *errUnderLock) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	for {
		s.lock <- struct{}{}
		err := ctx.Err()
		ok := err == nil && s.take(n)
		changed := s.changed
		<-s.lock
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

func (s *errUnderLock) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	return s.take(n)
}

func (s *errUnderLock) take(n int64) bool {
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *errUnderLock) Release(n int64) {
	mustNotBeNegative(n)
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	close(s.changed)
	s.changed = make(chan struct{})
}
