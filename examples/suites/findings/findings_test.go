// Package findings has bugs that the explorer found in the tests of other projects, each as a
// program of a few lines.
package findings

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alitto/pond/v2"
	"github.com/benbjohnson/clock"
	"github.com/panjf2000/ants/v2"

	"github.com/semabench/semabench/stress/explore"
)

// Two goroutines wait for a mock clock, and the test moves it. Mock.After and Mock.Add choose the
// same timer, unlock, and tick it one after the other. The second tick sends to a full channel and
// holds the lock of the clock, which the receiver needs first.
func TestClockTicksATimerTwice(t *testing.T) {
	r := explore.Check(t, explore.Options{LazyClock: true}, func(*explore.T) {
		mock := clock.NewMock()
		var finished atomic.Int32
		for range 2 {
			go func() {
				<-mock.After(time.Millisecond)
				finished.Add(1)
			}()
		}
		for finished.Load() < 2 {
			mock.Add(time.Second)
		}
	})
	t.Log(r.Text)
	if r.What != "deadlock" || !strings.Contains(r.Text, "waits in t.c <- now") ||
		!strings.Contains(r.Text, "clock.go:353") {
		t.Errorf("%s: %s", r.Verdict, r.What)
	}
}

// The pool counts a task after Wait has returned for it.
func TestPondCountsLate(t *testing.T) {
	r := explore.Check(t, explore.Options{LazyClock: true}, func(t *explore.T) {
		pool := pond.NewPool(1)
		pool.Submit(func() {}).Wait()
		if n := pool.SuccessfulTasks(); n != 1 {
			t.Errorf("%d tasks are done, want 1", n)
		}
		pool.Stop().Wait()
	})
	t.Log(r.Text)
	if !strings.Contains(r.What, "0 tasks are done, want 1") {
		t.Errorf("%s: %s", r.Verdict, r.What)
	}
}

// A worker that ends lowers the count of workers and then signals, both without the lock. Submit has
// seen the pool full, holds the lock, and is about to wait: the signal comes too early. No other
// signal comes, as there is no purger with WithDisablePurge.
func TestAntsSignalsBeforeTheWait(t *testing.T) {
	r := explore.Check(t, explore.Options{LazyClock: true, Time: time.Minute}, func(t *explore.T) {
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
	})
	t.Log(r.Text)
	if !strings.Contains(r.What, "Submit waits for a minute") || !strings.Contains(r.Text, "p.cond.Wait()") {
		t.Errorf("%s: %s", r.Verdict, r.What)
	}
}
