package stress

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
)

// A program that failed is shrunk: as long as one with fewer workers or operations, or simpler ones,
// still fails, that one is taken. This is delta debugging (Zeller and Hildebrandt, “Simplifying
// and isolating failure-inducing input”, IEEE TSE 2002), with a twist: a failure depends on the
// schedule too. So a candidate is played several times, the more the rarer its kind of failure
// has been, and is dropped only if none of them fails.
const (
	leastTries = 20   // of a candidate
	mostTries  = 3000 // of one that fails rarely
	slowTotal  = 20   // failures that were waited for, where waiters cannot be seen to be blocked
)

// opsTotal bounds the search: some seconds.
func opsTotal() int64 {
	if raceEnabled {
		return 200_000
	}
	return 2_000_000
}

// A shrinker looks for the smallest program that fails.
type shrinker struct {
	exam
	ctx      context.Context // when it is done, what was found so far will do
	impl     impls.Impl
	patience time.Duration

	best  program
	seen  *history // of the last failure of best
	err   error
	each  int   // tries of a candidate
	tries int   // of all
	ops   int64 // left
	slow  int
}

func newShrinker(ctx context.Context, x exam, impl impls.Impl, patience time.Duration, p program, h *history, err error) *shrinker {
	const least = 300 * time.Millisecond // for a machine that is busy
	return &shrinker{exam: x, ctx: ctx, impl: impl, patience: max(patience/30, min(patience, least)),
		best: p, seen: h, err: err, each: mostTries, ops: opsTotal()}
}

// shrink goes on until a whole round changes nothing, or the budget is spent.
func (s *shrinker) shrink() {
	s.fails(s.best) // to learn how often it does
	s.take(s.seen.tails())
	for again := true; again && !s.spent(); {
		again = false
		for _, smaller := range []func(program) []program{lessWorkers, lessOps, simplerOps} {
			for s.take(smaller(s.best)) {
				again = true
			}
		}
	}
}

func (s *shrinker) spent() bool {
	return s.ops <= 0 || s.slow >= slowTotal || s.ctx.Err() != nil
}

// take takes the first of some candidates that fails.
func (s *shrinker) take(candidates []program) bool {
	return slices.ContainsFunc(candidates, s.fails)
}

// fails reports whether p fails in some of its tries, and keeps it then.
func (s *shrinker) fails(p program) bool {
	for try := range s.each {
		if s.spent() {
			return false
		}
		s.tries++
		s.ops -= max(1, p.ops())
		h, err := s.once(s.impl, s.patience, p)
		if !refutes(err) {
			continue
		}
		s.keep(p, h, err)
		// Of what fails once in try+1 times, three times as many miss one in twenty.
		s.each = min(mostTries, max(leastTries, (s.each+3*(try+1))/2))
		return true
	}
	return false
}

func (s *shrinker) keep(p program, h *history, err error) {
	s.best, s.seen, s.err = p, h, err
	switch {
	case hangs(err):
		s.slow = slowTotal // what hangs may spin for ever; one is enough
	case s.impl.Waits != impls.Parked:
		s.slow++
	}
}

func hangs(err error) bool { return errors.As(err, new(hung)) }

// rate plays the program that was found some more times, to say how often it fails.
func (s *shrinker) rate() string {
	const enough, most = 10, 2000
	failed, runs := 0, 0
	for failed < enough && runs < most && s.slow < slowTotal && s.ctx.Err() == nil {
		runs++
		h, err := s.once(s.impl, s.patience, s.best)
		if !refutes(err) {
			continue
		}
		failed++
		s.keep(s.best, h, err)
	}
	if runs == 0 {
		return "was not played again, as that takes too long"
	}
	return fmt.Sprintf("fails in %d of %d runs", failed, runs)
}

// tails returns programs that begin where nothing could move any more, shortly before the failure:
// those who held permits take them, then those who waited begin to, then all go on.
func (h *history) tails() (smaller []program) {
	if h == nil {
		return nil
	}
	for _, places := range [][]place{h.last, h.before} {
		if places == nil {
			continue
		}
		p := program{size: h.size}
		for i, at := range places {
			ops := []op{{kind: rest}}
			if at.held > 0 {
				ops = []op{{kind: acquire, n: at.held}, {kind: rest}}
			}
			p.workers = append(p.workers, append(ops, h.workers[i][at.op:]...))
		}
		if p.ops() < h.ops() {
			smaller = append(smaller, p)
		}
	}
	return smaller
}

// lessWorkers leaves out half of the workers, a quarter, …, one.
func lessWorkers(p program) (smaller []program) {
	for size := len(p.workers) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(p.workers); at += size {
			smaller = append(smaller, program{p.size, slices.Delete(slices.Clone(p.workers), at, at+size)})
		}
	}
	return smaller
}

// lessOps cuts pieces out of the lists of the workers, the longest pieces first.
func lessOps(p program) (smaller []program) {
	longest := 0
	for _, ops := range p.workers {
		longest = max(longest, len(ops))
	}
	for size := (longest + 1) / 2; size > 0; size /= 2 {
		for i, ops := range p.workers {
			for at := 0; at+size <= len(ops); at += size {
				smaller = append(smaller, p.with(i, slices.Delete(slices.Clone(ops), at, at+size)))
			}
		}
	}
	return smaller
}

// simplerOps asks for less: no yields, one permit, a size of one.
func simplerOps(p program) (smaller []program) {
	for i, ops := range p.workers {
		for at, o := range ops {
			for _, simple := range []op{{o.kind, o.n, 0}, {o.kind, 1, o.lag}, {acquire, o.n, o.lag}} {
				if simple != o && o.kind != rest && (o.kind == background || simple.kind == o.kind) {
					changed := slices.Clone(ops)
					changed[at] = simple
					smaller = append(smaller, p.with(i, changed))
				}
			}
		}
	}
	if p.size > 1 {
		smaller = append(smaller, p.resized(p.size/2), p.resized(p.size-1))
	}
	return smaller
}

// with returns p with other operations for one worker.
func (p program) with(worker int, ops []op) program {
	workers := slices.Clone(p.workers)
	workers[worker] = ops
	return program{p.size, workers}
}

func (p program) resized(size int64) program {
	smaller := program{size: size}
	for _, ops := range p.workers {
		changed := slices.Clone(ops)
		for i := range changed {
			changed[i] = changed[i].endingIn(size)
		}
		smaller.workers = append(smaller.workers, changed)
	}
	return smaller
}
