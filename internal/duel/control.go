package duel

import (
	"context"
	"math"
	"slices"

	"github.com/semabench/semabench/reports/gate"
)

// A stake is a row that is to be a control, with the binaries that it needs.
type stake struct {
	row *plan
	old pool
}

// chooseControls returns the steadiest row of those that are not contended, and of those that are: each
// kind has its own noise. Before rows are measured that is a guess, for the budget and for what is looked for
// in offer. The slowdown is planted into the first one, where it must be found; if it is not, the machine
// is to blame and not the row.
func (m *match) chooseControls() (controls []*plan) {
	for _, contended := range []bool{false, true} {
		var best *plan
		for _, p := range m.plans {
			if p.Mode == gate.Sliced && p.Contended == contended && p.ops >= 10 &&
				(best == nil || p.spread < best.spread) {
				best = p
			}
		}
		if best != nil {
			controls = append(controls, best)
		}
	}
	if len(controls) == 0 {
		return m.coarse()
	}
	return controls
}

// offer makes rows of a package controls if they are steadier than those before: one that is noisy would make a
// run invalid that is not. How far its ratios lie from each other says so; how far they lie from 1 is what
// the run is about, and not looked at.
func (m *match) offer(plans []*plan, old pool) {
	m.stakes = append(m.stakes, make([]stake, len(m.controls)-len(m.stakes))...)
	for i, like := range m.controls {
		for _, p := range plans {
			fits := p == like || p.Mode == gate.Sliced && p.ops >= plantable
			if !fits || p.Contended != like.Contended || len(p.Pairs) == 0 {
				continue
			}
			if was := m.stakes[i]; was.row == nil || deviation(p.Pairs) < deviation(was.row.Pairs) {
				m.stakes[i] = stake{p, old}
				m.release(was.old)
			}
		}
	}
}

// release removes the binaries of the old side unless a control needs them.
func (m *match) release(old pool) {
	held := func(s stake) bool { return len(s.old) > 0 && len(old) > 0 && s.old[0].path == old[0].path }
	if !slices.ContainsFunc(m.stakes, held) {
		old.remove()
	}
}

// deviation is the median distance of the log ratios from their median.
func deviation(pairs []gate.Pair) float64 {
	var logs []float64
	for _, p := range pairs {
		logs = append(logs, math.Log(p.New/p.Old))
	}
	middle := median(logs)
	for i := range logs {
		logs[i] = math.Abs(logs[i] - middle)
	}
	return median(logs)
}

// planted is the slowdown that every run has to find.
const planted = 0.10

// enough pairs and layouts of a control, whatever the budget: then the signed rank test finds what was
// planted among 3000 rows. With the 5 that a row may be left with nothing can be found, and a run that is
// only short of time would be called invalid.
const enough = 16

// controlPairs returns how many pairs a row has as a control. What is planted has the pairs of the stage that decides
// on a row, since it is to show what that one finds.
func controlPairs(p *plan, planted float64) int {
	pairs := p.pairs
	if planted > 0 {
		pairs = gate.SecondPairs(pairs)
	}
	return max(pairs, enough)
}

// checkAll measures the controls, unless the run has ended before it was known which they are.
func (m *match) checkAll(ctx context.Context) error {
	for i, s := range m.stakes {
		if s.row == nil || m.run.Stopped != "" {
			continue
		}
		m.progress.Doing = "control " + s.row.ID()
		if err := m.check(ctx, s, i == 0); err != nil {
			return m.stopped(err)
		}
	}
	stakes := m.stakes
	m.stakes = nil
	for _, s := range stakes {
		s.old.remove()
	}
	return nil
}

// check measures a row of the old side against itself, as it is and with a slowdown planted.
func (m *match) check(ctx context.Context, s stake, plant bool) error {
	more, err := m.fill(ctx, s.row.Package, slices.Repeat([]*side{m.old}, max(0, enough-len(s.old))))
	if err != nil {
		return err
	}
	defer more.remove()
	old := slices.Concat(s.old, more)
	for _, planted := range []float64{0, planted} {
		if planted > 0 && !plant {
			break
		}
		c, err := m.control(ctx, s.row, old, planted)
		if err != nil {
			return err // half a control proves nothing
		}
		m.run.Controls = append(m.run.Controls, c)
		if err := m.out.Control(&c); err != nil {
			return err
		}
	}
	return nil
}

func (m *match) control(ctx context.Context, row *plan, old pool, planted float64) (gate.Control, error) {
	p, executed, inFigures := *row, planted, 0.
	p.Pairs, p.SelfPairs, p.Exact, p.Spent = nil, nil, nil, 0
	if planted > 0 && !p.lengthen() {
		executed, inFigures = 0, planted
	}
	err := m.fight(ctx, bout{
		a: old, b: old, labels: oldOld, plans: []*plan{&p}, planted: executed,
		pairs: func(p *plan) int { return controlPairs(p, planted) },
		keep: func(p *plan, pair gate.Pair) {
			slow(&pair, inFigures)
			p.Pairs = append(p.Pairs, pair)
		},
	})
	return gate.Control{Row: p.Row, Planted: planted}, err
}
