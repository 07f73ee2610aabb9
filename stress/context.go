package stress

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// C8
func doneContextLoses(t *trial) {
	const rounds = 50 // an implementation that selects among ready channels loses only at times
	for range rounds {
		sem := t.make(2)
		for _, n := range []int64{1, 2, 3} {
			if err := sem.Acquire(done(), n); err != context.Canceled {
				t.failf("Acquire(%d) with a done ctx = %v, want %v", n, err, context.Canceled)
			}
		}
		t.free(sem, 2)
	}
}

// C9: the sentinel itself and not the cause of the cancellation, for a ctx that is done before the call,
// for one that is done while waiting, and for a deadline.
func errorOfContext(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	caused, cause := context.WithCancelCause(context.Background())
	waiter := t.startWith(caused, func() { cause(context.DeadlineExceeded) }, sem, 1)
	t.blocked(waiter)
	waiter.cancel()
	t.refused(waiter, context.Canceled)
	t.refused(t.startWith(caused, func() {}, sem, 1), context.Canceled)

	late, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	t.refused(t.startWith(late, cancel, sem, 1), context.DeadlineExceeded)
	soon, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	waiter = t.startWith(soon, cancel, sem, 1)
	t.await(waiter)
	t.refused(waiter, context.DeadlineExceeded)
}

// unlocked gives C25 its own words, and less patience: nothing in it takes long.
func unlocked(run func(impls.Impl, time.Duration) error) func(impls.Impl, time.Duration) error {
	return func(impl impls.Impl, patience time.Duration) error {
		err := run(impl, patience/3)
		if never := (hung{}); errors.As(err, &never) {
			return failure{message: "a method of ctx that uses the semaphore never returned: " +
				"was it called while a lock was held?\n" + never.stacks}
		}
		return err
	}
}

// C25: a ctx of somebody's own may count its calls, log, or close a connection, and limit that with
// the very same semaphore.
func reentrantContext(t *trial) {
	for _, n := range []int64{1, 2, 3} {
		sem := t.make(2)
		inner, cancel := context.WithCancel(context.Background())
		// A few times only: a waiter that asks its ctx after each Release would otherwise be woken
		// by its own question for ever, and that would be this clause's doing.
		var uses atomic.Int64
		use := func() {
			if uses.Add(1) <= 10 && sem.TryAcquire(1) {
				sem.Release(1)
			}
		}
		ctx := usingContext{inner, use}
		t.take(sem, 1)
		c := t.startWith(ctx, cancel, sem, n)
		t.settle()
		cancel()
		if t.returned(c) == nil {
			sem.Release(n)
		}
		t.refused(t.startWith(ctx, cancel, sem, n), context.Canceled)
		sem.Release(1)
		t.free(sem, 2)
	}
}

// usingContext does something in each of its methods.
type usingContext struct {
	context.Context
	use func()
}

func (c usingContext) Done() <-chan struct{} { c.use(); return c.Context.Done() }
func (c usingContext) Err() error            { c.use(); return c.Context.Err() }
func (c usingContext) Value(key any) any     { c.use(); return c.Context.Value(key) }

// livingContexts returns contexts of every kind that will not be done while a clause runs.
func livingContexts() []context.Context {
	background := context.Background()
	cancellable, cancel := context.WithCancel(background)
	_ = cancel // never: all of it is garbage when the clause ends
	type key struct{}
	return []context.Context{
		background,
		context.TODO(),
		cancellable,
		context.WithValue(cancellable, key{}, 1),
		context.WithoutCancel(cancellable),
		usingContext{cancellable, func() {}},
	}
}

// done returns a ctx that is done.
func done() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
