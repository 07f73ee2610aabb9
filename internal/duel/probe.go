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
	return p.count(old, new, ops, m.Repeats)
}

// finish counts, and decides on the plan.
func (m *match) finish(old, new *process, p *plan, traits [2]trait) error {
	repeats := m.Repeats
	if traits[0].least > 200*time.Millisecond {
		repeats = min(repeats, 3)
	}
	pause, err := untimed(old, traits[0], p.ops)
	if err != nil {
		return err
	}
	ops := counted(traits, pause, 40*time.Millisecond)
	if err := p.count(old, new, ops, repeats); err != nil {
		return err
	}
	more := counted(traits, pause, 500*time.Millisecond)
	if p.differs() && more > 2*ops { // what does not grow with the operations is none of theirs
		if err := p.count(old, new, more, min(repeats, 3)); err != nil {
			return err
		}
	}
	p.decide(m.Options, traits[0], traits[1])
	if m.fresh != "" {
		p.freshly(m.Options, m.fresh, traits)
	}
	return nil
}

// counted is over how many operations a row is counted: as many as fit into the time, but 1000 if they
// take no more than 100 ms. The collector is off meanwhile, so they may not fill the memory. The time is
// what passes, with what a benchmark does while its timer is stopped.
func counted(traits [2]trait, untimed float64, fits time.Duration) int {
	const most, memory = 100_000, 64 << 20
	perOp := max(traits[0].perOp, traits[1].perOp) + untimed
	ops := max(min(most, opsFor(fits, perOp)), min(1000, opsFor(100*time.Millisecond, perOp)))
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
