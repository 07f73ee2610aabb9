// Package odd holds correct semaphores of unusual designs.
//
//	for _, impl := range odd.All() {
//		stress.Run(t, impl)
//	}
//
// They are the counterweight of the mutants: a detector that refutes one of them gives a false alarm.
// Package designs has the common designs, which are also mutated. Here are lines that move in rings, waiters
// that are chosen at random or by their deadline, wake-ups that go along a line, a goroutine that serves all
// requests, permits that are bits, waiters that are reused while callbacks may still run, waiters of all semaphores
// in one table, and the like. Many stand beside a mutant of a kind that starts with K: they do the same dangerous
// step, and do it right.
//
// # What this does not show
//
// The semaphores are as short as their design allows, and slow. Services use package impls/semaphore.
package odd

import (
	"math"
	"slices"

	"github.com/semabench/semabench/impls"
)

// All returns the semaphores, with what each declares.
func All() []impls.Impl {
	all := []impls.Impl{
		of("ring", newRing, impls.FIFO),
		of("reserving", newReserving, impls.FIFO),
		of("pooled", newPooled, impls.FIFO),
		of("retrying", newRetrying, impls.FIFO),
		of("random", newRandom, impls.Barging),
		of("largest-first", newLargestFirst, impls.Barging),
		of("earliest-deadline", newEarliestDeadline, impls.Unspecified),
		of("last-first", newLastFirst, impls.Barging),
		of("turns", newTurns, impls.Unspecified),
		of("server", newServer, impls.FIFO),
		of("broadcast-channel", newBroadcast, impls.Barging),
		of("bits", newBits, impls.Barging),
		of("batching", newBatching, impls.Barging),
		of("stealing", newStealing, impls.Barging),
		of("one-condition", newOneCondition, impls.Barging),
		of("yielding", newYielding, impls.Barging),
		of("heap", newTickets, impls.FIFO),
		of("baton", newBatons, impls.Barging),
		of("pieces", newPieces, impls.FIFO),
		of("shrinking", newShrinking, impls.FIFO),
		of("lazy", newLazy, impls.FIFO),
		of("guarded", newGuarded, impls.Unspecified),
	}
	all = slices.Concat(all, inSurroundings(), fairOnes(), inSteps(), inCompany())
	for i := range all {
		switch all[i].Name {
		case "guarded":
			all[i].StarvationFree = true
		case "retrying":
			all[i].TryBarges = true
		case "narrow":
			all[i].MaxSize = math.MaxInt32
		case "bits":
			all[i].MaxSize = 2000
		case "yielding":
			all[i].Waits = impls.Spinning
		}
	}
	return all
}

func of[S impls.Semaphore](name string, construct func(int64) S, order impls.Order) impls.Impl {
	impl := impls.Of(name, construct)
	impl.Order = order
	return impl
}
