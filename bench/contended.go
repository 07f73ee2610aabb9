package bench

import (
	"testing"

	"github.com/semabench/semabench/impls"
)

// contended is the semaphore alone, with more goroutines than permits and nothing done while
// one is held: what hand-over between goroutines costs.
var contended = Workload{
	Name:   "contended",
	Doc:    "many goroutines take a permit and give it back at once",
	Shapes: []Shape{{Permits: 1, Goroutines: 8}, {Permits: 4, Goroutines: 64}},
	More:   []Shape{{Permits: 1, Goroutines: 64}, {Permits: 16, Goroutines: 64}, {Permits: 16, Goroutines: 1024}},
	Run: func(b *testing.B, sem impls.Semaphore, s Shape) error {
		return inParallel(b, sem, s, func() func() error { return noWork })
	},
}
