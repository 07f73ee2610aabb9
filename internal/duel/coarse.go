package duel

import (
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// plantable is the fewest operations that a tenth more can be made of.
const plantable = 10

// coarse are the controls where no row has slices of ten operations: operations of 50 µs or more, or
// a process for each value. Without them such benchmarks could never be judged, because a run without
// controls is invalid. They are rows that can be planted into if there are any, and of those
// the cheapest: a control takes more pairs than a row.
func (m *match) coarse() (controls []*plan) {
	for _, contended := range []bool{false, true} {
		var best *plan
		for _, p := range m.plans {
			if p.Contended == contended && (p.Mode == gate.Sliced || p.Mode == gate.Fresh) && (best == nil || p.coarseBefore(best)) {
				best = p
			}
		}
		if best != nil {
			controls = append(controls, best)
		}
	}
	return controls
}

func (p *plan) coarseBefore(q *plan) bool {
	if a, b := p.ops >= plantable, q.ops >= plantable; a != b {
		return a
	}
	return p.cost < q.cost
}

// lengthen makes the slices of a row as long as planting needs, and fewer. It reports whether that
// could be done: not with operations that take a millisecond or more.
func (p *plan) lengthen() bool {
	if p.ops >= plantable {
		return true
	}
	times := (plantable + p.ops - 1) / p.ops
	slice := p.cost / time.Duration(2*(p.slices+1))
	if p.Mode != gate.Sliced || time.Duration(times)*slice > unsliceable {
		return false
	}
	p.ops, p.slices = p.ops*times, max(4, p.slices/times)
	return true
}

// slow plants a slowdown into the figures of a pair. It shows less than one that was executed: that
// the pairs of such a row would show it, and not that measuring would.
func slow(pair *gate.Pair, planted float64) {
	pair.New *= 1 + planted
	pair.NewMean *= 1 + planted
	for i := range pair.NewSlices {
		pair.NewSlices[i] *= 1 + planted
	}
}

// plantingFact says so where that is how it is going to be.
func (m *match) plantingFact() {
	if len(m.controls) == 0 {
		return
	}
	if row := *m.controls[0]; !row.lengthen() {
		m.fact("planted", "into the figures of the control: its operations are too long for a tenth more of them")
	}
}
