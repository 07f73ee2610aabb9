package bench

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Workloads whose requests may end before they get a permit.

// cancellation is a server whose clients disconnect: each operation cancels the request made
// before it, whether or not that request was granted. It measures how much a waiter that leaves
// the queue costs the waiters that stay.
var cancellation = Workload{
	Name:    "cancel",
	Doc:     "each request cancels the one before it; about 10 µs of work under a permit",
	Refuses: true,
	Shapes:  []Shape{{Permits: 4, Goroutines: 64, Hold: about10µs}},
	More: []Shape{{Permits: 1, Goroutines: 64, Hold: about10µs},
		{Permits: 16, Goroutines: 1024, Hold: about10µs}},
	Run: func(t *Trial) error {
		// All goroutines share the pointer. As in a server, a request is usually cancelled by
		// a different goroutine from its waiter.
		var last atomic.Pointer[context.CancelFunc]
		return t.cancellable(func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			if before := last.Swap(&cancel); before != nil {
				(*before)()
			}
			return ctx, cancel
		})
	},
}

// timeouts is a limiter under overload. A client waits at most 200 µs, and the queue for a permit
// is longer than that.
var timeouts = Workload{
	Name:    "timeout",
	Doc:     "requests give up after 200 µs; about 10 µs of work under a permit",
	Refuses: true,
	Shapes:  []Shape{{Permits: 4, Goroutines: 64, Hold: about10µs}},
	More: []Shape{{Permits: 1, Goroutines: 64, Hold: about10µs},
		{Permits: 16, Goroutines: 1024, Hold: about10µs}},
	Run: func(t *Trial) error {
		return t.cancellable(func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), 200*time.Microsecond)
		})
	},
}

// cancellable runs a workload with a new context for each request, and works under a permit if the
// request gets one. Creating the context is part of the operation, as it is in a server.
//
// It counts the granted requests, see Trial.granted. A refusal is quick, and without the count the
// semaphore that refuses most would look like the fastest.
func (t *Trial) cancellable(newContext func() (context.Context, context.CancelFunc)) error {
	return t.Parallel(func(w *Worker) error {
		sem, work, granted := w.Sem, newCPUWork(t.Hold), int64(0)
		defer func() { t.granted.Add(granted) }()
		for w.Next() {
			ctx, cancel := newContext()
			err := underPermits(ctx, sem, 1, work)
			// ctx.Err() is nil if the request was not cancelled, and errors.Is is then false: any
			// other error of the semaphore ends the trial.
			if err != nil && !errors.Is(err, ctx.Err()) {
				cancel()
				return err
			}
			if err == nil {
				granted++
			}
			cancel()
		}
		return nil
	})
}
