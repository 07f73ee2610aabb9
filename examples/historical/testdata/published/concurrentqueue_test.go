package published

import (
	"testing"

	"github.com/enriquebris/goconcurrentqueue"

	"github.com/semabench/semabench/stress/explore"
)

// Enqueue takes the consumer from the list, finds that it does not receive yet, and puts the element
// into the queue. The consumer does not look there again.
func TestConcurrentQueue(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		q := goconcurrentqueue.NewFixedFIFO(1)
		done := make(chan struct{})
		go func() {
			_, _ = q.DequeueOrWaitForNextElement()
			close(done)
		}()
		_ = q.Enqueue(1)
		<-done
	})
}
