package bench

import (
	"context"
	"time"
)

// bursts is the only open loop: requests arrive on a schedule, even if the previous burst is not
// finished. While the semaphore keeps up, ns/op merely shows the schedule; the latencies are the
// result. A latency counts from the time at which the request was due, so it includes the delay of
// timers as well.
var bursts = Workload{
	Name:   "burst",
	Doc:    "every 2 ms each goroutine wants a permit for about 10 µs of work",
	Shapes: []Shape{{Permits: 4, Goroutines: 64, Hold: about10µs}},
	More: []Shape{{Permits: 1, Goroutines: 64, Hold: about10µs},
		{Permits: 16, Goroutines: 64, Hold: about10µs}},
	Run: func(t *Trial) error {
		return t.Parallel(func(w *Worker) error {
			ctx, sem, work := context.Background(), w.Sem, newCPUWork(t.Hold)
			// Every goroutine has the same schedule: a burst is one request of each. A goroutine
			// that is late for a burst makes its requests one after the other until it has caught
			// up.
			for at := time.Duration(0); w.Next(); at += 2 * time.Millisecond {
				w.Due(at)
				if err := underPermits(ctx, sem, 1, work); err != nil {
					return err
				}
			}
			return nil
		})
	},
}
