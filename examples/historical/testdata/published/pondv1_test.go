package published

import (
	"context"
	"testing"

	"github.com/alitto/pond"

	"github.com/semabench/semabench/stress/explore"
)

// The purger tells the idle worker to stop, and Submit queues a task for the same worker.
func TestPond33(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		pool := pond.New(1, 1)
		pool.SubmitAndWait(func() {})
		done := make(chan struct{})
		pool.Submit(func() { close(done) })
		<-done
		pool.StopAndWait()
	})
}

// The worker ends when the context is done, and StopAndWait waits for the task in the queue. The
// first version with a repair, v1.9.0, panics if the purger wakes up at that moment; v1.9.2 does not.
func TestPond61(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		ctx, cancel := context.WithCancel(context.Background())
		pool := pond.New(1, 1, pond.Context(ctx))
		pool.Submit(func() { <-ctx.Done() })
		pool.Submit(func() {})
		cancel()
		pool.StopAndWait()
	})
}
