package stress

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
	"github.com/semabench/semabench/stress/internal/race"
)

// A program that failed is shrunk: candidates with fewer workers, fewer operations or simpler
// operations are tried, and the first that fails replaces the program. This is delta debugging
// (Zeller and Hildebrandt, “Simplifying and isolating failure-inducing input”, IEEE TSE 2002).
//
// A failure depends on the schedule too, which plain delta debugging does not expect. So a
// candidate is run several times, and more often the rarer its kind of failure has been. It is
// dropped only if none of these runs fails.
const (
	minTries = 20   // runs of a candidate
	maxTries = 3000 // runs of a candidate of a program that fails rarely
	maxSlow  = 20   // failures that took a wait on the real clock, as with waiters outside a bubble
)

// shrinkOps bounds the operations of all runs. That is some seconds. The bound counts operations
// and not seconds, so that the result does not depend on the machine's load. The race detector
// makes an operation about ten times as slow.
func shrinkOps() int64 {
	if race.Enabled {
		return 200_000
	}
	return 2_000_000
}

// A shrinker looks for the smallest program that fails.
//
// It keeps the history of the last failing run of best and not of the first. The table in the
// report must be of the program above it.
type shrinker struct {
	mode
	ctx      context.Context // when it is done, the search ends with the best program so far
	impl     impls.Impl
	patience time.Duration

	best    model.Program
	history *history // of the last failure of best
	err     error    // of the same
	each    int      // runs of a candidate
	tries   int      // runs so far
	ops     int64    // operations left
	slow    int      // slow failures so far
}

func newShrinker(
	ctx context.Context, x mode, impl impls.Impl, patience time.Duration,
	p model.Program, h *history, err error,
) *shrinker {
	const least = 300 * time.Millisecond // for a machine that is busy
	return &shrinker{
		mode: x, ctx: ctx, impl: impl, patience: max(patience/30, min(patience, least)),
		best: p, history: h, err: err, each: maxTries, ops: shrinkOps(),
	}
}

// shrink goes on until a whole round changes nothing, or the budget is spent. Whole workers go
// first, since they remove most at once. The order of the three kinds repeats until none helps: an
// operation may become superfluous only after another was made simpler. The search is greedy, so
// the result is a local minimum: no single candidate of it fails any more, as far as was tried.
func (s *shrinker) shrink() {
	s.fails(s.best) // measures how often it fails
	// Many faults need one worker alone. To try that costs as much as one run of the program; the
	// tails of a long program that fails rarely can spend the whole budget.
	s.takeFirst(loneWorkers(s.best))
	s.takeFirst(s.history.tails())
	for again := true; again && !s.spent(); {
		again = false
		for _, smaller := range [...]func(model.Program) []model.Program{
			fewerWorkers, fewerOps, simplerOps,
		} {
			for s.takeFirst(smaller(s.best)) {
				again = true
			}
		}
	}
}

func (s *shrinker) spent() bool {
	return s.ops <= 0 || s.slow >= maxSlow || s.ctx.Err() != nil
}

// loneWorkers returns the programs of one worker each.
func loneWorkers(p model.Program) (all []model.Program) {
	for _, w := range p.Workers {
		all = append(all, model.Program{Size: p.Size, Workers: [][]model.Op{w}})
	}
	return all
}

// takeFirst makes the first candidate that fails the best program. The candidates were made from
// the program before. The first failing candidate ends the round, since the others would undo its
// gain.
func (s *shrinker) takeFirst(candidates []model.Program) bool {
	return slices.ContainsFunc(candidates, s.fails)
}

// fails reports whether p fails in one of its runs, and then makes it the best program. It stops at
// the first failing run. The number of tries until then is the estimate of how rare the failure is.
//
// A candidate that cannot fail costs each runs. That is the price of schedules that are not
// under control; package explore needs one run.
func (s *shrinker) fails(p model.Program) bool {
	for try := range s.each {
		if s.spent() {
			return false
		}
		s.tries++
		s.ops -= max(1, p.Ops())
		h, err := s.once(s.impl, s.patience, p)
		if !refutes(err) {
			continue
		}
		s.record(p, h, err)
		// A program that fails once in n runs shows no failure in 3n runs in one case of twenty
		// (1/e³). The average with the previous value keeps one lucky run from deciding.
		s.each = min(maxTries, max(minTries, (s.each+3*(try+1))/2))
		return true
	}
	return false
}

func (s *shrinker) record(p model.Program, h *history, err error) {
	s.best, s.history, s.err = p, h, err
	switch {
	case hangs(err):
		s.slow = maxSlow // a goroutine that hangs may spin for ever, so one is enough
	// It may have taken a third of the patience, on the real clock, to observe such a failure.
	case s.impl.Waits != impls.Parked:
		s.slow++
	}
}

func hangs(err error) bool { return errors.As(err, new(hung)) }

// rate runs the best program some more times, and says how often it fails. The last of these
// failures replaces the history, so the table in the report and the figure belong to the same
// program.
func (s *shrinker) rate() string {
	const enough, most = 10, 2000
	failed, runs := 0, 0
	for failed < enough && runs < most && s.slow < maxSlow && s.ctx.Err() == nil {
		runs++
		h, err := s.once(s.impl, s.patience, s.best)
		if !refutes(err) {
			continue
		}
		failed++
		s.record(s.best, h, err)
	}
	if runs == 0 {
		return "was not played again, as that takes too long"
	}
	return fmt.Sprintf("fails in %d of %d runs", failed, runs)
}

// tails returns programs that begin at one of the last quiet instants before the failure. Workers
// that held permits acquire them first, then all rest once and go on from where they stood. At a
// quiet instant the state is simple: some permits are held, some calls wait. A program that makes
// this state directly replaces a long prefix by one Acquire for each worker. The Rest makes all
// workers begin together. A tail that does not fail after all is dropped like any other candidate.
func (h *history) tails() (smaller []model.Program) {
	if h == nil {
		return nil
	}
	for _, positions := range [][]position{h.last, h.beforeLast} {
		if positions == nil {
			continue
		}
		p := model.Program{Size: h.Size}
		for i, at := range positions {
			ops := []model.Op{{Kind: model.Rest}}
			if at.held > 0 {
				ops = []model.Op{{Kind: model.AcquireStoppable, N: at.held}, {Kind: model.Rest}}
			}
			p.Workers = append(p.Workers, append(ops, h.Workers[i][at.op:]...))
		}
		if p.Ops() < h.Ops() {
			smaller = append(smaller, p)
		}
	}
	return smaller
}

// fewerWorkers leaves out half of the workers, then a quarter, and so on down to one. There are
// fewer than 2w candidates for w workers.
func fewerWorkers(p model.Program) (smaller []model.Program) {
	for size := len(p.Workers) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(p.Workers); at += size {
			workers := slices.Delete(slices.Clone(p.Workers), at, at+size)
			smaller = append(smaller, model.Program{Size: p.Size, Workers: workers})
		}
	}
	return smaller
}

// fewerOps cuts pieces out of the lists of the workers, the longest pieces first. A program of n
// operations has about 2n candidates, each a copy.
//
// Pieces are cut at multiples of their size. Overlapping pieces would be quadratic in number,
// and smaller pieces come in later rounds.
func fewerOps(p model.Program) (smaller []model.Program) {
	longest := 0
	for _, ops := range p.Workers {
		longest = max(longest, len(ops))
	}
	for size := (longest + 1) / 2; size > 0; size /= 2 {
		for i, ops := range p.Workers {
			for at := 0; at+size <= len(ops); at += size {
				smaller = append(smaller, withWorker(p, i, slices.Delete(slices.Clone(ops), at, at+size)))
			}
		}
	}
	return smaller
}

// simplerOps tries operations without yields, with one permit, or with a plain Acquire in place of
// context.Background; and then a smaller semaphore.
func simplerOps(p model.Program) (smaller []model.Program) {
	for i, ops := range p.Workers {
		for at, o := range ops {
			for _, simple := range []model.Op{
				{Kind: o.Kind, N: o.N},
				{Kind: o.Kind, N: 1, Lag: o.Lag},
				{Kind: model.AcquireStoppable, N: o.N, Lag: o.Lag},
			} {
				sameKind := simple.Kind == o.Kind || o.Kind == model.AcquireBackground
				if simple != o && o.Kind != model.Rest && sameKind {
					changed := slices.Clone(ops)
					changed[at] = simple
					smaller = append(smaller, withWorker(p, i, changed))
				}
			}
		}
	}
	if p.Size > 1 {
		smaller = append(smaller, resized(p, p.Size/2), resized(p, p.Size-1))
	}
	return smaller
}

// withWorker returns p with other operations for one worker.
func withWorker(p model.Program, worker int, ops []model.Op) model.Program {
	workers := slices.Clone(p.Workers)
	workers[worker] = ops
	return model.Program{Size: p.Size, Workers: workers}
}

// resized returns p for a smaller semaphore. Weights that only a grant ends shrink with it, or the
// program would hang under a correct semaphore.
func resized(p model.Program, size int64) model.Program {
	smaller := model.Program{Size: size}
	for _, ops := range p.Workers {
		changed := slices.Clone(ops)
		for i := range changed {
			changed[i] = withinSize(changed[i], size)
		}
		smaller.Workers = append(smaller.Workers, changed)
	}
	return smaller
}
