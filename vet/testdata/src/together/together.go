// Package together takes permits of two semaphores in one function, and gives them back in another.
package together

import (
	"context"
	"errors"

	"golang.org/x/sync/semaphore"
)

type both struct{ a, b *semaphore.Weighted }

func (t *both) take(ctx context.Context) error {
	if err := t.a.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := t.b.Acquire(ctx, 2); err != nil {
		return err // want `this return keeps the permits of the Acquire in line 14: the Acquire in line 17 failed`
	}
	return nil
}

func (t *both) give() {
	t.b.Release(2)
	t.a.Release(1)
}

type three struct{ a, b, c *semaphore.Weighted }

func (t *three) try() bool {
	if !t.a.TryAcquire(1) {
		return false
	}
	if !t.b.TryAcquire(1) {
		t.a.Release(1)
		return false
	}
	if !t.c.TryAcquire(1) {
		return false // want `this return keeps the permits of the TryAcquire in line 34: the TryAcquire in line 38 failed`
	}
	return true
}

func (t *three) give() {
	defer t.a.Release(1)
	defer t.b.Release(1)
	t.c.Release(1)
}

var first, second = semaphore.NewWeighted(4), semaphore.NewWeighted(4)

func takeGlobals(ctx context.Context) error {
	if err := first.Acquire(ctx, 1); err != nil {
		return err
	}
	if !second.TryAcquire(1) {
		return errors.New("busy") // want `every Release of the first semaphore comes with one of the second`
	}
	return nil
}

func giveGlobals() {
	first.Release(1)
	second.Release(1)
}

type careful struct{ a, b *semaphore.Weighted }

func (t *careful) take(ctx context.Context) error {
	if err := t.a.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := t.b.Acquire(ctx, 1); err != nil {
		t.a.Release(1)
		return err
	}
	return nil
}

func (t *careful) give() {
	t.b.Release(1)
	t.a.Release(1)
}

// The caller gives back the first, whatever take returns.
type apart struct{ a, b *semaphore.Weighted }

func (t *apart) take(ctx context.Context) error {
	if err := t.a.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := t.b.Acquire(ctx, 1); err != nil {
		return err
	}
	return nil
}

func (t *apart) giveA() { t.a.Release(1) }
func (t *apart) giveB() { t.b.Release(1) }

// A caller may release the first alone.
type conditional struct{ a, b *semaphore.Weighted }

func (t *conditional) take(ctx context.Context) error {
	if err := t.a.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := t.b.Acquire(ctx, 1); err != nil {
		return err
	}
	return nil
}

func (t *conditional) give(withB bool) {
	if withB {
		t.b.Release(1)
	}
	t.a.Release(1)
}

// After the failure, the caller takes the second by the slow way.
type slow struct{ a, b *semaphore.Weighted }

func (t *slow) take(ctx context.Context) error {
	if err := t.a.Acquire(ctx, 1); err != nil {
		return err
	}
	if !t.b.TryAcquire(1) {
		return errors.New("later")
	}
	return nil
}

func (t *slow) wait(ctx context.Context) error { return t.b.Acquire(ctx, 1) }

func (t *slow) give() {
	t.b.Release(1)
	t.a.Release(1)
}

// The function that is returned gives back the first.
type returned struct{ a, b *semaphore.Weighted }

func (t *returned) take(ctx context.Context) (func(), error) {
	if err := t.a.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	if err := t.b.Acquire(ctx, 1); err != nil {
		return func() { t.a.Release(1) }, err
	}
	return func() { t.b.Release(1); t.a.Release(1) }, nil
}

// The caller gives back 0 of the second if it did not get it.
type weights struct{ a, b *semaphore.Weighted }

func (t *weights) take(ctx context.Context, n int64) (int64, error) {
	if err := t.a.Acquire(ctx, 1); err != nil {
		return -1, err
	}
	if err := t.b.Acquire(ctx, n); err != nil {
		return 0, err
	}
	return n, nil
}

func (t *weights) give(n int64) {
	t.b.Release(n)
	t.a.Release(1)
}

// As many go back to the first as to the second.
type alike struct{ a, b *semaphore.Weighted }

func (t *alike) take(ctx context.Context, n int64) error {
	if err := t.a.Acquire(ctx, n); err != nil {
		return err
	}
	if err := t.b.Acquire(ctx, n); err != nil {
		return err // want `every Release of the first semaphore comes with one of the second`
	}
	return nil
}

func (t *alike) give(n int64) {
	t.b.Release(n)
	t.a.Release(n)
}
