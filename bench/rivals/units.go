package rivals

import "context"

// tokens is a channel with one empty struct in its buffer for each permit in use: the semaphore of
// “Effective Go”.
type tokens chan struct{}

func newTokens(size int64) tokens { return make(tokens, size) }

func (s tokens) Acquire(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s tokens) TryAcquire() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s tokens) Release() { <-s }
