package ants_test

import (
	"testing"
	"time"

	"github.com/panjf2000/ants/v2"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// A worker that ends lowers the count of workers and then signals, both without the lock. Submit has
// seen the pool full, holds the lock, and is about to wait: the signal comes too early. No other
// signal comes, as there is no purger with WithDisablePurge.
func TestAntsSignalsBeforeTheWait(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		pool, err := ants.NewPool(1, ants.WithDisablePurge(true), ants.WithPanicHandler(func(any) {}))
		if err != nil {
			t.Fatal(err)
		}
		_ = pool.Submit(func() { panic("a task that panics") })
		done := make(chan struct{})
		go func() { _ = pool.Submit(func() { close(done) }) }()
		select {
		case <-done:
		case <-time.After(time.Minute): // the pool's clock ticks for ever, so there is no deadlock
			t.Error("Submit waits for a minute beside an empty pool")
		}
		pool.Release()
	}, "Submit waits for a minute", "p.cond.Wait()")
}
