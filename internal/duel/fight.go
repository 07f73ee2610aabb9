package duel

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// A bout is rows of a package that are measured in pairs of processes.
type bout struct {
	a, b    pool
	labels  [2]string
	plans   []*plan
	pairs   func(*plan) int
	planted float64 // slowdown of b
	keep    func(*plan, gate.Pair)
}

// errLate says that the time is up.
var errLate = errors.New("out of time")

// fight measures a bout. A pair of processes serves all rows, one after the other: starting it costs
// as much as a few slices. The pairs of one row are as independent as if it had been alone, and the
// order of rows is drawn for each pair, so that no row always follows the same one.
func (m *match) fight(ctx context.Context, b bout) error {
	for k := range most(b.plans, b.pairs) {
		if err := m.pair(ctx, b, k); err != nil {
			return err
		}
	}
	return nil
}

// most is the pairs of the plan that has the most.
func most(plans []*plan, pairs func(*plan) int) (n int) {
	for _, p := range plans {
		n = max(n, pairs(p))
	}
	return n
}

// draw returns the binaries of pair k. Every one is used once before any is used again, and then it
// meets the same one: pairs that have one layout in common depend on each other, and those that
// have both are one unit of the test. It is not b.b[k%n], as a and b may be one pool.
func (b bout) draw(k int) (binary, binary) {
	n := len(b.a)
	return b.a[k%n], b.b[(k+1)%n]
}

// pair takes one pair of every row that still needs one.
func (m *match) pair(ctx context.Context, b bout, k int) error {
	first, second := b.draw(k)
	fa, fb := m.fighter(b.labels[0], first), m.fighter(b.labels[1], second)
	defer fa.close()
	defer fb.close()
	for _, i := range m.random.Perm(len(b.plans)) {
		p := b.plans[i]
		if p.Mode == gate.Failed || k >= b.pairs(p) {
			continue
		}
		if m.late() {
			return errLate
		}
		begin := time.Now()
		pair := gate.Pair{OldLayout: first.layout, NewLayout: second.layout, At: begin.Sub(m.begun)}
		err := m.meetAtRandom(ctx, fa, fb, p.Name, func(old, new *process) error {
			return exchange(old, new, p, k%2 == 1, b.planted, &pair)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.fail(err)
			continue
		}
		b.keep(p, pair)
		p.Spent += time.Since(begin)
		m.progress.Done++
		m.Progress(m.progress)
	}
	return nil
}

// meetAtRandom is at, with a or b as the first: who starts first, finds the machine as the other leaves
// it. What that is worth stays the same for seconds, which is the whole of a second stage.
func (m *match) meetAtRandom(ctx context.Context, a, b *fighter, name string, do func(a, b *process) error) error {
	if m.random.IntN(2) == 0 {
		return at(ctx, a, b, name, do)
	}
	return at(ctx, b, a, name, func(pb, pa *process) error { return do(pa, pb) })
}

// exchange takes the slices of a pair: old, new, new, old and so on, or the other way round. The
// first of each side warms its caches up again and is not kept.
func exchange(old, new *process, p *plan, swapped bool, planted float64, pair *gate.Pair) error {
	slowed := int(math.Round(float64(p.ops) * (1 + planted)))
	take := func(isNew bool, keep bool) error {
		side, n, to := old, p.ops, &pair.OldSlices
		if isNew {
			side, n, to = new, slowed, &pair.NewSlices
		}
		s, err := side.run(n)
		if err == nil && keep {
			*to = append(*to, s.ns/float64(p.ops))
		}
		return err
	}
	if p.Mode == gate.Sliced {
		if err := errors.Join(take(swapped, false), take(!swapped, false)); err != nil {
			return err
		}
	}
	for i := range 2 * p.slices {
		isNew := i%4 == 1 || i%4 == 2
		if err := take(isNew != swapped, true); err != nil {
			return err
		}
	}
	pair.Old, pair.New = typical(pair.OldSlices), typical(pair.NewSlices)
	if p.parallel && p.slices > 1 {
		pair.OldMean, pair.NewMean = mean(pair.OldSlices), mean(pair.NewSlices)
	}
	return nil
}

// typical is what stands for the slices of a process. What else runs on the machine only ever makes a
// slice longer, and at times it meets most of them: at a load of 11 on two cores the medians of
// identical sides differed by 12 % from pair to pair (standard deviation), the octiles by 3 %. A
// slowdown that spares one slice in eight is not seen in them; of one goroutine it would be a
// strange one, as a slice is thousands of operations. Of several it may be that of a slow path, which
// is taken when they meet: for those there is also the mean.
func typical(took []float64) float64 { return quantile(took, 1./8) }

// mean is the geometric one: a slice in which another process had a core must not count for ten.
func mean(took []float64) float64 {
	sum := 0.0
	for _, t := range took {
		sum += math.Log(t)
	}
	return math.Exp(sum / float64(len(took)))
}
