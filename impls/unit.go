package impls

import (
	"context"
	"fmt"
)

// A Limiter takes one permit at a time, as most limiters do that are no semaphores. It may have a
// method TryAcquire without an argument, and a method Close.
type Limiter interface {
	Acquire(ctx context.Context) error
	Release()
}

// Unit makes an Impl of a limiter, with UnitWeights, and with NoTry if the limiter has no method
// TryAcquire() bool:
//
//	stress.Run(t, impls.Unit("mine", func(size int64) *mine.Limiter { return mine.New(int(size)) }))
//
// All other policies are the defaults, and the caller declares what is different: a limiter that
// selects between a channel and ctx.Done() is DoneMayWin, for example, and a limiter that never
// panics has the defects C10 and C11.
//
// Acquire and TryAcquire of the Semaphore panic for any weight but 1. Release of several permits
// calls Release of the limiter as often. New panics if size is negative, and Release and Acquire
// panic if a weight is: the limiter cannot be asked about these.
func Unit[L Limiter](name string, construct func(size int64) L) Impl {
	var limiter L
	_, tries := any(limiter).(trier)
	return Impl{
		Name: name, UnitWeights: true, NoTry: !tries, ZeroWeight: ZeroPanics,
		New: func(size int64) Semaphore {
			mustNotBeNegative("size", size)
			limiter := construct(size)
			try, _ := any(limiter).(trier)
			return unit{limiter, try}
		},
	}
}

// A trier is a limiter with a TryAcquire.
type trier interface{ TryAcquire() bool }

// A unit is the Semaphore of a limiter. The interface of its TryAcquire is found once, so that a call
// costs no more than the limiter's own; it is nil if the limiter has none, and a call then panics.
type unit struct {
	limiter Limiter
	try     trier
}

func (u unit) Acquire(ctx context.Context, n int64) error {
	mustBeOne(n)
	return u.limiter.Acquire(ctx)
}

func (u unit) TryAcquire(n int64) bool {
	mustBeOne(n)
	return u.try.TryAcquire()
}

// Release releases one permit after the other. Between two of them a waiter may be granted, which
// is no different from n calls.
func (u unit) Release(n int64) {
	if n < 1 {
		panic(fmt.Sprintf("impls: release of %d permits", n))
	}
	for range n {
		u.limiter.Release()
	}
}

func (u unit) Close() error {
	switch c := u.limiter.(type) {
	case interface{ Close() error }:
		return c.Close()
	case interface{ Close() }:
		c.Close()
	}
	return nil
}

func mustBeOne(n int64) {
	if n != 1 {
		panic(fmt.Sprintf("impls: %d permits at once, and the limiter takes one", n))
	}
}
