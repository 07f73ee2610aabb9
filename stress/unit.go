package stress

import (
	"context"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// Implementations that serve requests of weight 1 only are judged by the same clauses. Where a
// clause takes several free permits, counts them or releases them, one call becomes several. Where it
// needs a request that waits for several permits, there is nothing to judge: that part of the clause
// is left out, or the clause ends as unknown.

// A unitSemaphore makes several calls of one, if Impl.UnitWeights is set. It makes a TryAcquire of a
// request that is observed, if Impl.NoTry is set. Several calls are not one: only the goroutine of a
// check may use it for more than one permit, while nothing else moves.
type unitSemaphore struct {
	impls.Semaphore
	t *trial
}

// Acquire of more than one permit ends the clause. The trial takes free permits by take, which asks
// for one at a time.
func (u unitSemaphore) Acquire(ctx context.Context, n int64) error {
	u.t.needsWeight(n)
	return u.Semaphore.Acquire(ctx, n)
}

// TryAcquire takes n permits or none. The permits that a shortage leaves in hand go back.
func (u unitSemaphore) TryAcquire(n int64) bool {
	if n < 1 {
		return u.Semaphore.TryAcquire(n)
	}
	for taken := range min(n, mostUnits) {
		if !u.tryOne() {
			if taken > 0 {
				u.Release(taken)
			}
			return false
		}
	}
	if n > mostUnits {
		u.t.unknownf("needs %d permits, and Impl.UnitWeights is set", n)
	}
	return true
}

// tryOne takes a permit if that needs no waiting. Without a TryAcquire it makes a request, and
// cancels it if it is observed to wait.
func (u unitSemaphore) tryOne() bool {
	if !u.t.impl.NoTry {
		return u.Semaphore.TryAcquire(1)
	}
	c := u.t.start(u.Semaphore, 1)
	u.t.settle()
	if !c.hasReturned() {
		c.cancel()
	}
	return u.t.returned(c) == nil
}

func (u unitSemaphore) Release(n int64) {
	if n < 1 {
		u.Semaphore.Release(n)
	}
	for range n { // a Release of too much ends in a panic, however much too much
		u.Semaphore.Release(1)
	}
}

// fit changes a random program so that it asks impl for nothing that impl does not promise. Programs
// are drawn without regard to the implementation, so that a seed means the same program for all.
func fit(impl impls.Impl, p model.Program) model.Program {
	noZero := impl.UnitWeights || impl.ZeroWeight == impls.ZeroPanics
	if !noZero && !impl.NoTry {
		return p
	}
	fitted := model.Program{Size: p.Size}
	for _, ops := range p.Workers {
		var kept []model.Op
		for _, o := range ops {
			if o.Kind == model.Try && impl.NoTry {
				continue
			}
			if noZero && o.Kind != model.Rest {
				o.N = max(o.N, 1)
			}
			if impl.UnitWeights {
				o.N = min(o.N, 1)
			}
			kept = append(kept, o)
		}
		fitted.Workers = append(fitted.Workers, kept)
	}
	return fitted
}
