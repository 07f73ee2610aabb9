package sampler

import (
	"runtime"
	"sync"
	"time"
)

// WarmUp is how long each core is busy before a sample. Frequency governors decide every 10 ms how
// fast a core has to be, and 20 ms are two of their periods.
const WarmUp = 20 * time.Millisecond

// warmUp keeps every core busy, so that all samples start on equally fast cores: the sample after a
// pause, such as the time of a link, and the sample after another sample.
//
// Caches, branch predictors and the heap warm up later. bench.Case.Sample runs the row for an
// eighth of the time to find out how many operations fill the time, and does not count these
// operations.
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
