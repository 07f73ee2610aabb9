package suite

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestRightTries comes to an end unless the others pass one goroutine for ever.
func TestRightTries(t *testing.T) {
	var mu sync.Mutex
	var served atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !served.Load() {
			mu.Lock()
			mu.Unlock()
		}
	})
	wg.Go(func() {
		for !mu.TryLock() {
		}
		mu.Unlock()
		served.Store(true)
	})
	wg.Wait()
}
