package sampler

import (
	"runtime"
	"sync"
	"time"
)

// WarmUp is how long each core is kept busy before a sample: two periods of the governors that look
// every 10 ms how fast a core has to be.
const WarmUp = 20 * time.Millisecond

// warmUp keeps every core busy for a moment, so that a sample that follows a pause, as the first
// after a link, finds them as fast as one that follows another sample.
//
// The row itself warms up in the work by which bench.Case.Sample finds out how many operations fill the
// time: caches, branch predictors, the heap. It takes an eighth of the time and counts for nothing.
func warmUp() {
	end := time.Now().Add(WarmUp)
	var cores sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		cores.Go(func() {
			for time.Now().Before(end) {
			}
		})
	}
	cores.Wait()
}
