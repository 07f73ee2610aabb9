// Package unwinds leaves functions without a return.
package unwinds

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/semaphore"
)

func work(int) error { return nil }
func bad(int) bool   { return false }
func note(...any)    {}

type pool struct{ sem *semaphore.Weighted }

func (p *pool) recovers(ctx context.Context, x int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	if bad(x) {
		panic("bad") // want `this panic keeps the permits of the Acquire in line 24`
	}
	p.sem.Release(1)
	return nil
}

func (p *pool) goroutine(ctx context.Context, x int) {
	if p.sem.Acquire(ctx, 1) != nil {
		return
	}
	go func() {
		if bad(x) {
			runtime.Goexit() // want `this Goexit keeps the permits of the Acquire`
		}
		p.sem.Release(1)
	}()
}

func (p *pool) exits(ctx context.Context, x int) {
	if p.sem.Acquire(ctx, 1) != nil {
		return
	}
	if err := work(x); err != nil {
		runtime.Goexit() // want `this Goexit keeps the permits of the Acquire`
	}
	p.sem.Release(1)
}

// Nothing recovers, so the process ends with its permits.
func (p *pool) ends(ctx context.Context, x int) error {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	if bad(x) {
		panic("bad")
	}
	p.sem.Release(1)
	return nil
}

func (p *pool) again(ctx context.Context, x int) error {
	defer func() {
		if r := recover(); r != nil {
			note(r)
			panic(r)
		}
	}()
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	if bad(x) {
		panic("bad")
	}
	p.sem.Release(1)
	return nil
}

// The deferred literal releases, too.
func (p *pool) releases(ctx context.Context, x int) (err error) {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	defer func() {
		p.sem.Release(1)
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	if bad(x) {
		panic("bad")
	}
	return nil
}

// The permits are back, or were never taken.
func (p *pool) without(ctx context.Context, x int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	if err := p.sem.Acquire(ctx, 1); err != nil {
		panic(err)
	}
	if bad(x) {
		p.sem.Release(1)
		panic("bad")
	}
	p.sem.Release(1)
	if bad(x) {
		panic("worse")
	}
	return nil
}

func (p *pool) deferred(ctx context.Context, x int) {
	if p.sem.Acquire(ctx, 1) != nil {
		runtime.Goexit()
	}
	defer p.sem.Release(1)
	if bad(x) {
		runtime.Goexit()
	}
}
