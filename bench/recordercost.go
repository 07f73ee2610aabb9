package bench

import (
	"context"
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
)

// affordable finds out how often a recorder may look at the clock on this machine, and what a
// recorder then adds to an Acquire, in ns.
func affordable() (every uint64, costs float64) {
	for every = oftenest; ; every *= 2 {
		costs = recorderCost(every)
		if costs < tolerable || every == rarest {
			return every, costs
		}
	}
}

// recorderCost measures how many ns a recorder adds to an Acquire, on average over those that it
// times and those that it does not. It is the least of a few tries: more is the machine's doing.
func recorderCost(every uint64) float64 {
	const calls = 1 << 12
	cost := func(sem impls.Semaphore) time.Duration {
		ctx := context.Background()
		var tries []time.Duration
		for range 8 {
			start := now()
			for range calls {
				_ = sem.Acquire(ctx, 1) // has nothing to fail with
			}
			tries = append(tries, now()-start)
		}
		return slices.Min(tries)
	}
	with := cost(&view{sem: nothing{}, rec: newRecorders(1, every, time.Millisecond)[0]})
	return float64(with-cost(nothing{})) / calls
}

// nothing is a semaphore that grants everything at no cost.
type nothing struct{}

func (nothing) Acquire(context.Context, int64) error { return nil }
func (nothing) TryAcquire(int64) bool                { return true }
func (nothing) Release(int64)                        {}
