package duel

import (
	"context"
	"slices"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// probe finds out about each row what its plan needs, and counts what is exact, in one process of each
// side; where several goroutines run, in several. What fails there fails the row.
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
		if err == nil && p.parallel {
			err = m.countApart(ctx, old, new, p)
		}
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
	repeats := m.Repeats
	if traits[0].least > 200*time.Millisecond {
		repeats = min(repeats, 3)
	}
	ops := counted(traits, 40*time.Millisecond)
	if err := p.count(old, new, ops, repeats); err != nil {
		return err
	}
	more := counted(traits, 500*time.Millisecond)
	if p.differs() && more > 2*ops { // what does not grow with the operations is none of theirs
		if err := p.count(old, new, more, min(repeats, 3)); err != nil {
			return err
		}
	}
	p.decide(m.Options, traits[0], traits[1])
	return nil
}

// counted is over how many operations a row is counted: as many as fit into the time, but 1000 if they
// take no more than 100 ms. The collector is off meanwhile, so they may not fill the memory.
func counted(traits [2]trait, fits time.Duration) int {
	const most, memory = 100_000, 64 << 20
	perOp := max(traits[0].perOp, traits[1].perOp)
	ops := max(min(most, opsFor(fits, perOp)), min(1000, opsFor(100*time.Millisecond, perOp)))
	if bytes := max(traits[0].bytes, traits[1].bytes); bytes*float64(ops) > memory {
		ops = max(1, int(memory/bytes))
	}
	return ops
}

// differs reports whether the least totals of the sides are not the same.
func (p *plan) differs() bool {
	return slices.ContainsFunc(p.Exact, func(x gate.Exact) bool {
		return slices.Min(x.Old) != slices.Min(x.New)
	})
}

// countApart counts a row of several goroutines once more, in a process for each total. How often
// they meet, and with that what waiting costs, is a mood that a process has for all of its repeats.
func (m *match) countApart(ctx context.Context, old, new binary, p *plan) error {
	const processes = 8 // then the totals of one side are all above the others by chance once in 12870 rows
	if len(p.Exact) == 0 {
		return nil
	}
	apart := slices.Clone(p.Exact)
	for i := range apart {
		apart[i].Old, apart[i].New = nil, nil
	}
	for range processes {
		a, b := m.fighter("old", old), m.fighter("new", new)
		err := at(ctx, a, b, p.Name, func(a, b *process) error {
			return p.count(a, b, int(apart[0].Ops), 1)
		})
		a.close()
		b.close()
		if err != nil {
			return err
		}
		for i, x := range p.Exact {
			apart[i].Old, apart[i].New = append(apart[i].Old, x.Old...), append(apart[i].New, x.New...)
		}
	}
	p.Exact = apart
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
