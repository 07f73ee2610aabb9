package bench

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// cancellation is a server whose clients leave: each operation cancels the request that came
// before it, granted or not. Leaving a queue has to be cheap for those who stay.
var cancellation = Workload{
	Name:    "cancel",
	Doc:     "each request cancels the one before it; about 10 µs of work under a permit",
	Refuses: true,
	Shapes:  []Shape{{Permits: 4, Goroutines: 64, Hold: about10µs}},
	More: []Shape{{Permits: 1, Goroutines: 64, Hold: about10µs},
		{Permits: 16, Goroutines: 1024, Hold: about10µs}},
	Run: func(t *Trial) error {
		var last atomic.Pointer[context.CancelFunc]
		return t.impatient(func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			if before := last.Swap(&cancel); before != nil {
				(*before)()
			}
			return ctx, cancel
		})
	},
}

// timeouts is a limiter under overload, where waiting longer than the client does is of no use:
// the queue for a permit is longer than the patience of those in it.
var timeouts = Workload{
	Name:    "timeout",
	Doc:     "requests give up after 200 µs; about 10 µs of work under a permit",
	Refuses: true,
	Shapes:  []Shape{{Permits: 4, Goroutines: 64, Hold: about10µs}},
	More: []Shape{{Permits: 1, Goroutines: 64, Hold: about10µs},
		{Permits: 16, Goroutines: 1024, Hold: about10µs}},
	Run: func(t *Trial) error {
		return t.impatient(func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), 200*time.Microsecond)
		})
	},
}

// impatient works under a permit where it gets one, with a context for each request. Making
// that is part of the operation, as it is where requests come from outside.
func (t *Trial) impatient(newContext func() (context.Context, context.CancelFunc)) error {
	return t.Parallel(func(w *Worker) error {
		sem, work := w.Sem, newBurner(t.Hold)
		for w.Next() {
			ctx, cancel := newContext()
			err := underPermits(ctx, sem, 1, work)
			if err != nil && !errors.Is(err, ctx.Err()) { // nil if nobody has cancelled
				cancel()
				return err
			}
			cancel()
		}
		return nil
	})
}
