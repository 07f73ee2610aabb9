package duel

import (
	"context"
	"slices"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// counted is over how many operations a row is counted: as many as fit into the time, but 8000 if they
// take no more than 100 ms, so that one allocation more in 1000 is not one of the few that a process makes
// for itself. The collector is off meanwhile, so they may not fill the memory.
func counted(perOp, bytes float64, fits time.Duration) int {
	const most, memory = 100_000, 64 << 20
	ops := max(min(most, opsFor(fits, perOp)), min(8000, opsFor(100*time.Millisecond, perOp)))
	if bytes*float64(ops) > memory {
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
	together := func(x gate.Exact) bool { return !x.Alone }
	p.Exact = append(apart, slices.DeleteFunc(p.Exact, together)...)
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
