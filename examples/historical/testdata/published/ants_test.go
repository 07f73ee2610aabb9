package published

import (
	"sync"
	"testing"
	"time"

	"github.com/panjf2000/ants/v2"

	"github.com/semabench/semabench/stress/explore"
)

// Release wakes no call of Submit that waits for a worker.
func TestAnts141(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		pool, _ := ants.NewPool(1)
		release := make(chan struct{})
		_ = pool.Submit(func() { <-release })
		done := make(chan struct{})
		go func() {
			_ = pool.Submit(func() {})
			close(done)
		}()
		pool.Release()
		close(release)
		<-done
	})
}

// A worker that panics wakes no call of Submit. The call waits until the purger finds that no worker
// is left, so the tasks take as long as the time between two purges.
func TestAnts146(t *testing.T) {
	play(t, explore.Options{LazyClock: true}, func(t *explore.T) {
		pool, _ := ants.NewPool(1, ants.WithExpiryDuration(time.Hour),
			ants.WithPanicHandler(func(any) {}))
		start := time.Now()
		var wg sync.WaitGroup
		wg.Add(3)
		for range 3 {
			_ = pool.Submit(func() {
				defer wg.Done()
				panic("a task that panics")
			})
		}
		wg.Wait()
		if waited := time.Since(start); waited > time.Minute {
			t.Errorf("three tasks without a pause took %v", waited)
		}
		pool.Release()
	})
}

// Release is called while two calls of Submit wait: one of them waits for ever.
func TestAnts202(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		pool, _ := ants.NewPool(1)
		release := make(chan struct{})
		_ = pool.Submit(func() { <-release })
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { _ = pool.Submit(func() {}) })
		}
		pool.Release()
		close(release)
		wg.Wait()
	})
}

// Tune makes room for a worker, but wakes no call of Submit that waits for one.
func TestAnts205(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		pool, _ := ants.NewPool(1)
		release := make(chan struct{})
		_ = pool.Submit(func() { <-release })
		done := make(chan struct{})
		go func() {
			_ = pool.Submit(func() {})
			close(done)
		}()
		pool.Tune(2)
		<-done
		close(release)
		pool.Release()
	})
}

// Submit compares the number of workers with the capacity, unlocks, and then starts a worker.
func TestAnts374(t *testing.T) {
	play(t, explore.Options{}, func(t *explore.T) {
		pool, _ := ants.NewPool(1)
		task := func() {
			if n := pool.Running(); n > 1 {
				t.Errorf("%d workers run in a pool of 1", n)
			}
		}
		done := make(chan struct{})
		go func() {
			_ = pool.Submit(task)
			close(done)
		}()
		_ = pool.Submit(task)
		<-done
		pool.Release()
	})
}
