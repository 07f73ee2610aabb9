package bench

import (
	"context"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// handoff wakes one goroutine at a time by a semaphore that is used as a signal. No other goroutine
// competes for the permit, so the metric is the bare price of waking a waiter and of going to
// sleep.
var handoff = Workload{
	Name:   "handoff",
	Doc:    "two goroutines wake each other in turns; an operation is there and back",
	Shapes: []Shape{{Permits: 1, Goroutines: 2}},
	Fixed:  true,
	Run:    pingPong,
}

// pingPong uses two semaphores of one permit each. Both permits are taken at the beginning; a
// release of the one is the signal in one direction, a release of the other the answer.
func pingPong(t *Trial) error {
	// An error of one goroutine cancels ctx. Without that, the other one would wait for a signal
	// that never comes.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	answer, err := t.New(1)
	if err != nil {
		return err
	}
	for _, sem := range []impls.Semaphore{t.Sem, answer} {
		if err := sem.Acquire(ctx, 1); err != nil {
			return err
		}
	}
	var finished atomic.Bool
	roles := []func(w *Worker) error{
		func(w *Worker) error { return ping(ctx, w, w.Sem, w.On(answer), &finished) },
		func(w *Worker) error { return pong(ctx, w, w.Sem, w.On(answer), &finished) },
	}
	err = t.Parallel(func(w *Worker) error {
		err := roles[w.ID](w)
		if err != nil {
			cancel()
		}
		return err
	})
	if err == nil {
		t.Sem.Release(1)
		answer.Release(1)
	}
	return err
}

// ping performs the operations: it signals and waits for the answer. At the end it signals once
// more, with finished set, so that the other goroutine returns.
func ping(ctx context.Context, w *Worker, signal, answer impls.Semaphore,
	finished *atomic.Bool) error {
	for w.Next() {
		signal.Release(1)
		if err := answer.Acquire(ctx, 1); err != nil {
			return err
		}
	}
	finished.Store(true)
	signal.Release(1)
	return nil
}

// pong answers every signal. It takes no operations of its own, so it calls Start and never Next.
func pong(ctx context.Context, w *Worker, signal, answer impls.Semaphore,
	finished *atomic.Bool) error {
	for w.Start(); ; {
		if err := signal.Acquire(ctx, 1); err != nil || finished.Load() {
			return err
		}
		answer.Release(1)
	}
}
