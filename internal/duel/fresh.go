package duel

import (
	"time"

	"github.com/semabench/semabench/reports/gate"
)

const (
	freshTime   = 10 * time.Millisecond // of a process: it takes half as long to start one
	freshValues = 4                     // of a side in a pair, each of a process
)

// standIn lets ordinary test binaries stand in for workers, on both sides if one of them needs it: values
// of two methods cannot be compared.
func (m *match) standIn(goos string) {
	switch {
	case goos == "windows":
		m.fresh = "Windows passes no pipes to a process"
	case m.old.unable != nil:
		m.fresh = "old: " + lines(m.old.unable.Error(), 1)
	case m.new.unable != nil:
		m.fresh = "new: " + lines(m.new.unable.Error(), 1)
	default:
		return
	}
	for _, s := range []*side{m.old, m.new} {
		s.overlay, s.roster = "", &roster{}
	}
	m.fact("fresh-processes", "for every value, which finds less than a duel: "+m.fresh)
}

// freshly is the plan of a row whose values each have a process.
func (p *plan) freshly(o Options, why string, traits [2]trait) {
	p.Mode, p.slices, p.pairs, p.Why = gate.Fresh, freshValues, o.Pairs, ""
	if p.Contended {
		p.pairs *= 2
	}
	value := traits[0].wall + traits[1].wall
	if traits[0].least > unsliceable || traits[1].least > unsliceable {
		p.slices = 1
	}
	p.because("%s", why)
	p.cost = time.Duration(p.slices) * value
	if most := int(o.RowTime / max(p.cost, 1)); most < p.pairs {
		planned := p.pairs
		p.pairs = min(planned, max(fewest, most))
		p.because("a pair takes %v: %d pairs instead of %d", round(p.cost), p.pairs, planned)
	}
}
