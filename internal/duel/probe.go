package duel

import (
	"context"
	"errors"
	"fmt"
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
		if m.late() {
			return errLate
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
	if errors.Is(err, errTimeless) {
		return m.countOnly(old, new, p)
	}
	if err != nil {
		return err
	}
	if p.ops, err = m.opsOf(old, first); err != nil {
		return err
	}
	if m.fresh != "" {
		p.ops = opsFor(freshTime, first.perOp)
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
		if m.fresh == "" {
			p.Why, err = meeting(old, p.ops, traits[0])
		}
		if err != nil {
			return err
		}
	}
	traits[0].entering, traits[1].entering = entering, entering
	return m.finish(old, new, p, traits)
}

// opsOf returns how many operations make a slice. One that takes long by what comes before the operations
// has more of them, which costs little more. One that takes long by what it does to each while
// its timer is stopped has fewer: to stop it costs 50 µs, so that a slice of 0.5 ms may take a second.
func (m *match) opsOf(p *process, first trait) (int, error) {
	ops := opsFor(m.Slice, first.perOp)
	if first.wall <= unsliceable || ops == 1 {
		return ops, nil
	}
	setup, err := before(p)
	if err != nil {
		return 0, err
	}
	if setup > first.wall/2 {
		return opsFor(20*m.Slice, first.perOp), nil
	}
	return max(1, int(float64(ops)*float64(unsliceable)/4/float64(first.wall))), nil
}

// countOnly makes the plan of a row without a time.
func (m *match) countOnly(old, new *process, p *plan) error {
	ops := 1
	for _, side := range []*process{old, new} {
		for n := 1; ; n *= 10 {
			s, err := side.run(n)
			if !errors.Is(err, errTimeless) {
				return errors.Join(err, fmt.Errorf("one side reports a time of 0 ns/op, and the other does not"))
			}
			if n == 1000 || s.wall > unsliceable {
				ops = n
				break
			}
		}
	}
	p.Mode, p.Why = gate.Untimed, errTimeless.Error()
	var err error
	p.Exact, err = tally(old, new, "count", ops, m.Repeats)
	return err
}

// finish counts, and decides on the plan.
func (m *match) finish(old, new *process, p *plan, traits [2]trait) error {
	const short, long = 10 * time.Millisecond, 500 * time.Millisecond
	pause, err := untimed(old, traits[0], p.ops)
	if err != nil {
		return err
	}
	ops, more, repeats := counted(traits, pause, short), counted(traits, pause, long), m.Repeats
	if time.Duration(float64(ops)*(traits[0].perOp+pause)) > 2*short {
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
	if m.fresh != "" {
		p.freshly(m.Options, m.fresh, traits)
	}
	return nil
}

// counted is over how many operations a row is counted: as many as fit into the time, but 8000 if they
// take no more than 100 ms, so that one allocation more in 1000 is not one of the few that a process makes
// for itself. The collector is off meanwhile, so they may not fill the memory. The time is what
// passes, with what a benchmark does while its timer is stopped.
func counted(traits [2]trait, untimed float64, fits time.Duration) int {
	const most, memory = 100_000, 64 << 20
	perOp := max(traits[0].perOp, traits[1].perOp) + untimed
	ops := max(min(most, opsFor(fits, perOp)), min(8000, opsFor(100*time.Millisecond, perOp)))
	if bytes := max(traits[0].bytes, traits[1].bytes); bytes*float64(ops) > memory {
		ops = max(1, int(memory/bytes))
	}
	return ops
}

// untimed returns how many ns an operation takes while the timer is stopped.
func untimed(p *process, t trait, ops int) (float64, error) {
	if float64(t.least) < 4*t.perOp*float64(ops) {
		return 0, nil
	}
	setup, err := before(p)
	return float64(max(0, t.least-setup)) / float64(ops), err
}

// before returns how long a slice takes besides its operations.
func before(p *process) (least time.Duration, err error) {
	for i := range 3 {
		s, err := p.run(1)
		if err != nil {
			return 0, err
		}
		if i == 0 || s.wall < least {
			least = s.wall
		}
	}
	return least, nil
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
