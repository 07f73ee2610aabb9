package published

import (
	"testing"
	"time"

	"github.com/Workiva/go-datastructures/batcher"

	"github.com/semabench/semabench/stress/explore"
)

// Put waits for room in the channel with the lock held, and Get waits for the lock after its timeout.
func TestBatcher(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		b, _ := batcher.New(time.Second, 1, 0, 1, nil)
		_ = b.Put(1)
		done := make(chan struct{})
		go func() {
			_ = b.Put(2)
			close(done)
		}()
		_, _ = b.Get()
		<-done
	})
}
