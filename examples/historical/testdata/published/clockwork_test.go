package published

import (
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/semabench/semabench/stress/explore"
)

// BlockUntil(1) waits for ever if two goroutines sleep already.
func TestClockwork(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		clock := clockwork.NewFakeClock()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { clock.Sleep(time.Second) })
		}
		clock.BlockUntil(1)
		clock.BlockUntil(2)
		clock.Advance(time.Second)
		wg.Wait()
	})
}
