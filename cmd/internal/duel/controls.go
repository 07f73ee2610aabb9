package duel

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/semabench/semabench/internal/stats"
	"github.com/semabench/semabench/reports/gate"
)

// plantableOps is the least number of operations of which a tenth more can be
// made.
const plantableOps = 10

// chooseControls guesses the controls before rows are measured: the row with the
// least spread among contended rows, and among the others. Each kind has its own
// noise. The guess serves the budget, and says which kinds considerControls looks
// for.
//
// The slowdown is planted into the first control. It is a steady row, so if the
// slowdown is not found, the machine is to blame and not the row. One of each
// kind is enough: the machine is the same for all rows.
//
// A control answers two questions about the machine. Measured against itself it must not look
// slower, or the run accuses code that did not change. With a slowdown planted it must look
// slower, or the run cannot see one.
func (m *measurer) chooseControls() []*plan {
	steady := func(p *plan) bool { return p.Mode == gate.Sliced && p.ops >= plantableOps }
	controls := m.bestOfEachKind(steady, func(p, q *plan) bool { return p.spread < q.spread })
	if len(controls) > 0 {
		return controls
	}
	return m.chooseLongControls()
}

// chooseLongControls chooses controls where no row has slices of ten operations:
// operations take 50 µs or more, or each value has a process. Without controls
// such a run would be invalid. It prefers rows that can be planted into, and then
// the cheapest, because a control takes more pairs than a row.
func (m *measurer) chooseLongControls() []*plan {
	timed := func(p *plan) bool { return p.Mode == gate.Sliced || p.Mode == gate.Fresh }
	return m.bestOfEachKind(timed, easierToPlant)
}

// easierToPlant reports whether p is a better control than q where none is steady.
func easierToPlant(p, q *plan) bool {
	if a, b := p.ops >= plantableOps, q.ops >= plantableOps; a != b {
		return a
	}
	return p.cost < q.cost
}

// bestOfEachKind returns the best suitable row that is not contended, and the
// best that is. The order of the result is fixed, since the slowdown is planted
// into the first.
func (m *measurer) bestOfEachKind(suitable func(*plan) bool, better func(p, q *plan) bool) []*plan {
	var all []*plan
	for _, contended := range []bool{false, true} {
		var best *plan
		for _, p := range m.plans {
			if p.Contended == contended && suitable(p) && (best == nil || better(p, best)) {
				best = p
			}
		}
		if best != nil {
			all = append(all, best)
		}
	}
	return all
}

// considerControls makes measured rows of a package controls if they are steadier
// than the controls so far. A noisy control would make a valid run invalid.
//
// A row is steady if its ratios lie close to each other. How far they lie from
// 1 is not looked at: that is the result of the run, and choosing by it would
// bias the controls. It keeps the binaries of the old side of a candidate. The
// others are removed, since all of them would fill the disk.
//
// It runs after each package, while the binaries of the package still exist. Deciding at the end
// would need the binaries of all packages.
func (m *measurer) considerControls(plans []*plan, old binaries) {
	m.controls = append(m.controls, make([]controlRow, len(m.likelyControls)-len(m.controls))...)
	for i, likely := range m.likelyControls {
		for _, p := range plans {
			fits := p == likely || p.Mode == gate.Sliced && p.ops >= plantableOps
			if !fits || p.Contended != likely.Contended || len(p.Pairs) == 0 {
				continue
			}
			before := m.controls[i]
			if before.row == nil || deviation(p.Pairs) < deviation(before.row.Pairs) {
				m.controls[i] = controlRow{p, old}
				m.release(before.old)
			}
		}
	}
}

// lastControls returns a control for a run whose rows with pairs are none of the likely kinds. MaxTime takes
// the pairs of rows that counts settle, and with them the likely controls; what is left may have operations
// that are too long for a likely control. Without any control the pairs that were measured would prove
// nothing. The binaries of such a row are removed by now, so measureControl links others.
func (m *measurer) lastControls() []controlRow {
	best := m.bestOfEachKind(func(p *plan) bool { return len(p.Pairs) > 0 && !p.unpaired() }, easierToPlant)
	if len(best) == 0 {
		return nil
	}
	return []controlRow{{row: best[0]}}
}

// release removes binaries of the old side unless a control needs them.
//
// Binaries are compared by the path of the first, because the slices of one package share all of
// theirs.
func (m *measurer) release(old binaries) {
	needed := func(c controlRow) bool {
		return len(c.old) > 0 && len(old) > 0 && c.old[0].path == old[0].path
	}
	if !slices.ContainsFunc(m.controls, needed) {
		old.remove()
	}
}

// deviation returns the median distance of the log ratios from their median.
// The median deviation and not the standard deviation, which one disturbed pair
// would decide. Logarithms make twice as fast and twice as slow equally far.
func deviation(pairs []gate.Pair) float64 {
	var logs []float64
	for _, p := range pairs {
		logs = append(logs, math.Log(p.New/p.Old))
	}
	middle := stats.Quantile(logs, 0.5)
	for i := range logs {
		logs[i] = math.Abs(logs[i] - middle)
	}
	return stats.Quantile(logs, 0.5)
}

// pairsOfControl returns how many pairs a row gets as a control. A planted
// slowdown gets the pairs of the stage that decides on a row, because it has to
// show what that stage finds.
func (o Options) pairsOfControl(p *plan, planted bool) int {
	pairs := p.pairs
	if planted {
		pairs = gate.SecondPairs(pairs)
	}
	return max(pairs, o.controlPairs)
}

// measureControls measures the controls, unless the run ended before they were
// known.
//
// A run that stopped early gets no further controls. The slowdown is planted into the first control that there
// is: the rows of the first kind may all have lost their pairs to MaxTime.
func (m *measurer) measureControls(ctx context.Context) error {
	m.controls = slices.DeleteFunc(m.controls, func(c controlRow) bool { return c.row == nil })
	if len(m.controls) == 0 {
		m.controls = m.lastControls()
	}
	for i, c := range m.controls {
		if m.run.Stopped != "" {
			break
		}
		m.progress.Doing = "control " + c.row.ID()
		if err := m.measureControl(ctx, c, i == 0); err != nil {
			return err
		}
	}
	controls := m.controls
	m.controls = nil
	for _, c := range controls {
		c.old.remove()
	}
	return nil
}

// measureControl measures a row of the old side against itself, as it is, and
// then with a slowdown planted if plant is set. Binaries that are missing are
// linked anew: a control needs as many layouts as the test needs units.
func (m *measurer) measureControl(ctx context.Context, c controlRow, plant bool) error {
	missing := max(0, m.controlPairs-len(c.old))
	more, err := m.link(ctx, c.row.Package, slices.Repeat([]*side{m.old}, missing))
	if err != nil {
		return err
	}
	defer more.remove()
	old := slices.Concat(c.old, more)
	measure := func(planted float64) (gate.Control, error) {
		control, err := m.runControl(ctx, c.row, old, planted)
		if err != nil {
			return control, err // half of a control proves nothing
		}
		m.run.Controls = append(m.run.Controls, control)
		return control, m.out.Control(&control)
	}
	if _, err := measure(0); err != nil || !plant {
		return err
	}
	// The noise is a guess from a few pairs. A slowdown that the run does not see is planted again,
	// twice as large, until the run sees it. With too few units the run would never see one.
	units := min(m.pairsOfControl(c.row, true), len(old))
	for planted := gate.PlantedSlowdown(m.run, &c.row.Row, units, m.Judge); ; planted = min(1, 2*planted) {
		control, err := measure(planted)
		if err != nil || planted >= 1 || units < gate.LeastUnits(m.run, m.Judge) ||
			gate.Shows(m.run, &control, m.Judge) || m.MaxTime > 0 && m.left() < 0 {
			return err
		}
	}
}

// runControl measures one control: the old side against itself. The slowdown is
// executed as more operations on the second side, where operations are short
// enough for that. It works on a copy of the plan, so the row itself stays as
// it was measured.
//
// Pair k uses layout k on one side and k+1 on the other; so a control has two layouts in each
// pair although both sides are one.
func (m *measurer) runControl(
	ctx context.Context, row *plan, old binaries, planted float64,
) (gate.Control, error) {
	p, executed, inFigures := *row, planted, 0.
	p.Pairs, p.SelfPairs, p.Exact, p.Spent = nil, nil, nil, 0
	p.Looks, p.SecondLooks, p.Instructions = nil, nil, nil
	if planted > 0 && !p.lengthenSlices() {
		executed, inFigures = 0, planted
	}
	err := m.measureBatch(ctx, batch{
		a: old, b: old, labels: oldOld, plans: []*plan{&p}, planted: executed,
		pairs: func(p *plan) int { return m.pairsOfControl(p, planted > 0) },
		add: func(p *plan, pair gate.Pair) {
			plantInFigures(&pair, inFigures)
			p.Pairs = append(p.Pairs, pair)
		},
	})
	return gate.Control{Row: p.Row, Planted: planted}, err
}

// lengthenSlices makes the slices of a row as long as planting needs, and
// fewer. It reports whether that is possible. It is not for operations that
// take a millisecond or more. A tenth more of fewer than ten operations is less
// than one operation.
//
// Longer slices feel a little less of the same disturbances. The row itself keeps its short
// ones.
func (p *plan) lengthenSlices() bool {
	if p.ops >= plantableOps {
		return true
	}
	times := (plantableOps + p.ops - 1) / p.ops
	slice := p.cost / time.Duration(2*(p.slices+1))
	if p.Mode != gate.Sliced || time.Duration(times)*slice > longestSlice {
		return false
	}
	p.ops, p.slices = p.ops*times, max(4, p.slices/times)
	return true
}

// plantInFigures plants a slowdown into the times of a pair. That proves less
// than a slowdown that was executed: it shows that the pairs of the row would
// show it, and not that measuring would.
func plantInFigures(pair *gate.Pair, planted float64) {
	pair.New *= 1 + planted
	pair.NewMean *= 1 + planted
	for i := range pair.NewSlices {
		pair.NewSlices[i] *= 1 + planted
	}
}

// addPlantingFact says so if the slowdown will be planted into figures.
func (m *measurer) addPlantingFact() {
	if len(m.likelyControls) == 0 {
		return
	}
	if row := *m.likelyControls[0]; !row.lengthenSlices() {
		m.addFact("planted", "into the figures of the control: its operations are too long for a tenth "+
			"more of them")
	}
}
