package duel

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// probe finds out about each row what its plan needs, and counts what is exact, in one process of each
// side. What fails there fails the row.
func (m *match) probe(ctx context.Context, old, new binary, plans []*plan) error {
	a, b := m.fighter("old", old), m.fighter("new", new)
	defer a.close()
	defer b.close()
	for i, p := range plans {
		if p.Mode == gate.Failed {
			continue
		}
		m.say("trying "+p.Name, i, len(plans))
		began := time.Now()
		err := at(ctx, a, b, p.Name, func(a, b *process) error {
			return m.try(a, b, p, time.Since(began)/2)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.fail(err)
		}
	}
	return nil
}

// try probes a row and counts its operations. The old side says how many make a slice.
func (m *match) try(old, new *process, p *plan, entering time.Duration) error {
	first, err := calibrate(old, m.Slice)
	if err != nil {
		return err
	}
	p.ops = opsFor(m.Slice, first.perOp)
	if first.wall > unsliceable { // if that is what comes before the operations, more of them cost little more
		p.ops = opsFor(20*m.Slice, first.perOp)
	}
	var traits [2]trait
	for i, side := range []*process{old, new} {
		if traits[i], err = examine(side, p.ops); err != nil {
			return err
		}
		traits[i].entering = entering
	}
	counted := min(1000, opsFor(100*time.Millisecond, traits[0].perOp))
	repeats := m.Repeats
	if traits[0].wall > 100*time.Millisecond {
		repeats = min(repeats, 2)
	}
	if err := p.count(old, new, counted, repeats); err != nil {
		return err
	}
	for i, x := range p.Exact {
		traits[0].allocates = traits[0].allocates || i == 0 && slices.Min(x.Old) > x.Ops/100
		traits[1].allocates = traits[1].allocates || i == 0 && slices.Min(x.New) > x.Ops/100
	}
	p.decide(m.Options, traits[0], traits[1])
	return nil
}

// calibrate finds out how long an operation takes.
func calibrate(p *process, d time.Duration) (t trait, err error) {
	for n := 1; ; {
		s, err := p.run(n)
		if err != nil {
			return t, err
		}
		t.perOp, t.wall = s.ns/float64(n), s.wall
		if s.ns >= float64(d)/2 || s.wall > unsliceable || n >= 1e9 {
			return t, nil
		}
		n = min(opsFor(d, t.perOp), 100*n)
	}
}

// examine runs a few slices. The first one is not looked at.
func examine(p *process, ops int) (t trait, err error) {
	const looks = 6
	var took, walls []float64
	for range looks + 1 {
		s, err := p.run(ops)
		if err != nil {
			return t, err
		}
		took, walls = append(took, s.ns/float64(ops)), append(walls, float64(s.wall))
		t.goroutines = s.goroutines
		if s.wall > unsliceable {
			break // each costs too much to look again
		}
	}
	t.wall = time.Duration(median(walls))
	t.perOp = median(took)
	if len(took) > 1 {
		t.spread = (slices.Max(took[1:]) - slices.Min(took[1:])) / t.perOp
	}
	if t.wall > unsliceable {
		return t, nil
	}
	for i := range 2 { // the less busy one: what the runtime does now and then is not the benchmark's
		long, err := p.run(5 * ops)
		if err != nil {
			return t, err
		}
		if i == 0 || long.busy < t.busy {
			t.busy = long.busy
		}
	}
	return t, nil
}

// count counts both sides over the same number of operations.
func (p *plan) count(old, new *process, ops, repeats int) error {
	oldOps, oldAllocs, oldBytes, err := old.count(ops, repeats)
	if err != nil {
		return err
	}
	newOps, newAllocs, newBytes, err := new.count(ops, repeats)
	if err != nil {
		return err
	}
	if oldOps != newOps { // one side counts for itself, the other does not
		return nil
	}
	p.Exact = []gate.Exact{
		{Unit: "allocs/op", Ops: oldOps, Old: oldAllocs, New: newAllocs},
		{Unit: "B/op", Ops: oldOps, Old: oldBytes, New: newBytes},
	}
	return nil
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile interpolates between the values next to it.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	place := q * float64(len(sorted)-1)
	below := int(place)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (place-float64(below))*(sorted[above]-sorted[below])
}
