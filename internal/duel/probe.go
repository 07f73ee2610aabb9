package duel

import (
	"context"
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
	if first.wall > unsliceable { // if it is what comes before the operations, more cost little more
		p.ops = opsFor(20*m.Slice, first.perOp)
	}
	traits, err := examineBoth(old, new, p.ops)
	if err != nil {
		return err
	}
	if traits[0].parallel() || traits[1].parallel() {
		p.ops *= longer
		if traits, err = examineBoth(old, new, p.ops); err != nil {
			return err
		}
		if p.Why, err = meeting(old, p.ops, traits[0]); err != nil {
			return err
		}
	}
	traits[0].entering, traits[1].entering = entering, entering
	return m.finish(old, new, p, traits)
}

// finish counts, and decides on the plan.
func (m *match) finish(old, new *process, p *plan, traits [2]trait) error {
	counted := min(1000, opsFor(100*time.Millisecond, traits[0].perOp))
	repeats := m.Repeats
	if traits[0].least > 200*time.Millisecond {
		repeats = min(repeats, 3)
	}
	if err := p.count(old, new, counted, repeats); err != nil {
		return err
	}
	p.decide(m.Options, traits[0], traits[1])
	return nil
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
