package published

import (
	"context"
	"sync"
	"testing"

	"github.com/alitto/pond/v2"

	"github.com/semabench/semabench/stress/explore"
)

// Submit finds the queue full, and the worker signals the free place before Submit waits for it.
func TestPond108(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		pool := pond.NewPool(1, pond.WithQueueSize(1))
		for range 3 {
			pool.Submit(func() {})
		}
		pool.StopAndWait()
	})
}

// Two calls of Submit wait for the queue, and the worker ends after it has woken one of them.
func TestPond115(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		pool := pond.NewPool(1, pond.WithQueueSize(1))
		release := make(chan struct{})
		pool.Submit(func() { <-release })
		pool.Submit(func() {})
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { pool.Submit(func() {}) })
		}
		close(release)
		wg.Wait()
		pool.StopAndWait()
	})
}

// The context of the pool is cancelled while a task of the group is in the queue: no worker takes it.
func TestPond138(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		ctx, cancel := context.WithCancel(context.Background())
		pool := pond.NewPool(1, pond.WithContext(ctx))
		group := pool.NewGroup()
		group.Submit(func() {})
		group.Submit(func() {})
		cancel()
		_ = group.Wait()
	})
}
