package home

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// CountInBubble counts to two in two goroutines of a bubble, after they have slept equally long, and
// fails t if a count is lost.
func CountInBubble(t *testing.T, add func(n *atomic.Int64)) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		for range 2 {
			go func() {
				time.Sleep(time.Second)
				add(&n)
			}()
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n.Load() != 2 {
			t.Errorf("n = %d, want 2", n.Load())
		}
	})
}
