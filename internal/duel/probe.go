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
	const short, long = 10 * time.Millisecond, 500 * time.Millisecond
	ops, more, repeats := counted(traits, short), counted(traits, long), m.Repeats
	if time.Duration(float64(ops)*traits[0].perOp) > 2*short {
		repeats = min(repeats, 3)
	}
	ways := []string{"count"}
	if traits[0].parallel() || traits[1].parallel() {
		ways = append(ways, "alone")
	}
	for _, way := range ways {
		exact, err := tally(old, new, way, ops, repeats)
		if err == nil && differ(exact) && more > 2*ops { // what does not grow with the operations is none of theirs
			exact, err = tally(old, new, way, more, min(repeats, 3))
		}
		if err != nil {
			return err
		}
		p.Exact = append(p.Exact, exact...)
	}
	p.decide(m.Options, traits[0], traits[1])
	return nil
}

// counted is over how many operations a row is counted: as many as fit into the time, but 8000 if they
// take no more than 100 ms, so that one allocation more in 1000 is not one of the few that a process makes
// for itself. The collector is off meanwhile, so they may not fill the memory.
func counted(traits [2]trait, fits time.Duration) int {
	const most, memory = 100_000, 64 << 20
	perOp := max(traits[0].perOp, traits[1].perOp)
	ops := max(min(most, opsFor(fits, perOp)), min(8000, opsFor(100*time.Millisecond, perOp)))
	if bytes := max(traits[0].bytes, traits[1].bytes); bytes*float64(ops) > memory {
		ops = max(1, int(memory/bytes))
	}
	return ops
}

// differ reports whether the least totals of the sides are not the same.
func differ(exact []gate.Exact) bool {
	return slices.ContainsFunc(exact, func(x gate.Exact) bool {
		return slices.Min(x.Old) != slices.Min(x.New)
	})
}

// countApart counts a row of several goroutines once more, in a process for each total. How often
// they meet, and with that what waiting costs, is a mood that a process has for all of its repeats.
// What was counted on one processor has no moods.
func (m *match) countApart(ctx context.Context, old, new binary, p *plan) error {
	const processes = 8 // then the totals of one side are all above the others by chance once in 12870 rows
	if len(p.Exact) == 0 {
		return nil
	}
	var apart []gate.Exact
	for range processes {
		a, b := m.fighter("old", old), m.fighter("new", new)
		err := at(ctx, a, b, p.Name, func(a, b *process) error {
			exact, err := tally(a, b, "count", int(p.Exact[0].Ops), 1)
			apart = merge(apart, exact)
			return err
		})
		a.close()
		b.close()
		if err != nil {
			return err
		}
	}
	alone := func(x gate.Exact) bool { return !x.Alone }
	p.Exact = append(apart, slices.DeleteFunc(p.Exact, alone)...)
	return nil
}

// merge adds totals of the same metrics.
func merge(all, more []gate.Exact) []gate.Exact {
	if all == nil {
		return more
	}
	for i, x := range more {
		all[i].Old, all[i].New = append(all[i].Old, x.Old...), append(all[i].New, x.New...)
	}
	return all
}

// tally counts both sides over the same number of operations. It returns nothing if only one side
// counts for itself.
func tally(old, new *process, way string, ops, repeats int) ([]gate.Exact, error) {
	oldOps, oldAllocs, oldBytes, err := old.count(way, ops, repeats)
	if err != nil {
		return nil, err
	}
	newOps, newAllocs, newBytes, err := new.count(way, ops, repeats)
	if err != nil || oldOps != newOps {
		return nil, err
	}
	alone := way == "alone"
	return []gate.Exact{
		{Unit: "allocs/op", Alone: alone, Ops: oldOps, Old: oldAllocs, New: newAllocs},
		{Unit: "B/op", Alone: alone, Ops: oldOps, Old: oldBytes, New: newBytes},
	}, nil
}
