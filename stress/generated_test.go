package stress

import (
	"context"
	"testing"

	"github.com/semabench/semabench/impls"
)

// The semaphores of this file stand for mutants of stress/generated.md that passed every clause
// until a clause got one more kind of input. The correct semaphore inside shows that the clause
// passes it.

// A causer answers a request above its size with the cause of the cancellation.
type causer struct {
	impls.Semaphore
	size int64
}

func (s causer) Acquire(ctx context.Context, n int64) error {
	if n <= s.size {
		return s.Semaphore.Acquire(ctx, n)
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// A narrow semaphore keeps the free permits in 32 bits where Acquire need not wait: the permits
// above are lost. Its other methods are right.
type narrow32 struct {
	impls.Semaphore
	size int64
}

func (s narrow32) Acquire(ctx context.Context, n int64) error {
	if n < s.size && s.TryAcquire(s.size) { // all is free, so Acquire need not wait
		rest := s.size - n
		s.Release(max(0, int64(int32(rest))))
		return ctx.Err()
	}
	return s.Semaphore.Acquire(ctx, n)
}

func TestGeneratedMutants(t *testing.T) {
	correct := impls.All()[0]
	for _, test := range []struct {
		clause string
		wrap   func(inner impls.Semaphore, size int64) impls.Semaphore
	}{
		{"C9", func(inner impls.Semaphore, size int64) impls.Semaphore { return causer{inner, size} }},
		{"C15", func(inner impls.Semaphore, size int64) impls.Semaphore { return narrow32{inner, size} }},
	} {
		broken := correct
		broken.New = func(size int64) impls.Semaphore { return test.wrap(correct.New(size), size) }
		if v := newChecker(broken).check(clauseNamed(test.clause)); v.Outcome != Fail {
			t.Errorf("%v, want a failure", v)
		}
		if v := newChecker(correct).check(clauseNamed(test.clause)); v.Outcome != Pass {
			t.Errorf("the correct semaphore: %v", v)
		}
	}
}
