package duel

import (
	"context"
	"errors"
	"fmt"
	"math"
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

// try probes a row and counts its operations. As many make a slice as the slower side has time for.
func (m *match) try(old, new *process, p *plan, entering time.Duration) (err error) {
	p.ops = math.MaxInt
	for _, side := range []*process{old, new} {
		first, err := calibrate(side, m.Slice)
		if errors.Is(err, errTimeless) {
			return m.countOnly(old, new, p)
		}
		if err != nil {
			return err
		}
		ops, err := m.opsOf(side, first)
		if err != nil {
			return err
		}
		p.ops = min(p.ops, ops)
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
	if m.fresh != "" {
		return opsFor(freshTime, first.perOp), nil
	}
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
	return max(1, int(float64(first.ops)*float64(unsliceable)/4/float64(first.wall))), nil
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
	perOp, err := passing(old, new, traits, p.ops)
	if err != nil {
		return err
	}
	bytes := max(traits[0].bytes, traits[1].bytes)
	ops, more, repeats := counted(perOp, bytes, short), counted(perOp, bytes, long), m.Repeats
	if float64(ops)*perOp > float64(2*short) {
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

// passing returns how many ns pass with an operation on the slower side: its time, with what a benchmark does
// while its timer is stopped.
func passing(old, new *process, traits [2]trait, ops int) (perOp float64, err error) {
	for i, p := range []*process{old, new} {
		t := traits[i]
		perOp = max(perOp, t.perOp)
		if float64(t.least) < 4*t.perOp*float64(ops) {
			continue
		}
		setup, err := before(p)
		if err != nil {
			return 0, err
		}
		perOp = max(perOp, t.perOp+float64(t.least-setup)/float64(ops))
	}
	return perOp, nil
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
