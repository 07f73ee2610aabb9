package bench

import (
	"context"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// handOff wakes one goroutine at a time, by a semaphore that is a signal: nobody else is there to
// take the permit, so it is the bare cost of waking one that waits and of going to sleep.
var handOff = Workload{
	Name:   "handoff",
	Doc:    "two goroutines wake each other in turns; an operation is there and back",
	Shapes: []Shape{{Permits: 1, Goroutines: 2}},
	Fixed:  true,
	Run:    pingPong,
}

func pingPong(t *Trial) error {
	// An error of one ends the other: it waits for what will not come.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	back, err := t.New(1)
	if err != nil {
		return err
	}
	for _, sem := range []impls.Semaphore{t.Sem, back} { // a free permit is a ball in the air
		if err := sem.Acquire(ctx, 1); err != nil {
			return err
		}
	}
	var over atomic.Bool
	players := []func(w *Worker) error{
		func(w *Worker) error { return serve(ctx, w, w.Sem, w.On(back), &over) },
		func(w *Worker) error { return answerUntil(ctx, w, w.Sem, w.On(back), &over) },
	}
	err = t.Parallel(func(w *Worker) error {
		err := players[w.ID](w)
		if err != nil {
			cancel()
		}
		return err
	})
	if err == nil {
		t.Sem.Release(1)
		back.Release(1)
	}
	return err
}

func serve(ctx context.Context, w *Worker, there, back impls.Semaphore, over *atomic.Bool) error {
	for w.Next() {
		there.Release(1)
		if err := back.Acquire(ctx, 1); err != nil {
			return err
		}
	}
	over.Store(true)
	there.Release(1)
	return nil
}

func answerUntil(ctx context.Context, w *Worker, there, back impls.Semaphore, over *atomic.Bool) error {
	for w.Start(); ; {
		if err := there.Acquire(ctx, 1); err != nil || over.Load() {
			return err
		}
		back.Release(1)
	}
}
