package duel

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/reports/gate"
)

// This file keeps a measurement within MaxTime.
//
// Everything is planned before the first pair: links, pairs, controls, and a second stage for some rows.
// The plan is made anew before each package, by what the clock says, so that a wrong estimate takes its
// time from all packages that are left. It never looks at the times of rows: a plan that did would stop
// when the result pleases.
//
// If time is short, it is taken first from rows that counts settle already, whatever time says: as many
// instructions and allocations, or more allocations. The others lose the same share each.

// leastForInterval is the least number of pairs that have an interval.
const leastForInterval = 6

// fitBudget chooses the likely controls, and drops pairs if everything would take longer than MaxTime.
//
// Dropping whole rows instead would leave code without a judgement. Fewer pairs for all rows is
// a loss that the report can state: the slowdown that would still be seen.
func (m *measurer) fitBudget() {
	m.likelyControls = m.chooseControls()
	if m.MaxTime > 0 {
		const spare = 2 // one pair that is off must not decide
		m.controlPairs = min(m.controlPairs, spare+gate.LeastUnits(m.run, m.Judge))
	}
	planned := m.allPairs()
	m.fit(m.packagePaths())
	if dropped := planned - m.allPairs(); dropped > 0 {
		m.addFact("pairs-dropped", fmt.Sprintf("%d of %d, to keep to %v", dropped, planned, m.MaxTime))
	}
	m.progress.Total = m.allPairs()
}

// fit sets the numbers of pairs of the packages that are left, so that they fit into the time that is left.
// If even the least numbers do not fit, some rows get no pairs: a few pairs for each row would decide none.
func (m *measurer) fit(paths []string) {
	if m.MaxTime == 0 {
		return
	}
	if !m.fitInto(paths, m.demand, m.left()) {
		// There is no time for controls and a second stage. The first stage alone says at least which rows look slower.
		m.fitInto(paths, m.demandOfFirst, m.left()/2)
	}
}

// fitInto squeezes the pairs of packages until they take no longer than a time. It reports whether they do, or else
// squeezes the most.
func (m *measurer) fitInto(paths []string, demand func([]string) time.Duration, left time.Duration) bool {
	// Zero squeezes nothing, and steps the most. The time falls with it, so halving finds the place.
	fits := func(squeeze float64) bool {
		m.squeeze(paths, squeeze)
		return demand(paths) <= left
	}
	const steps = 5
	low, high := 0., float64(steps)
	if fits(low) {
		return true
	}
	if !fits(high) {
		return false
	}
	for range 12 {
		if middle := (low + high) / 2; fits(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	m.squeeze(paths, high)
	return true
}

// squeeze sets the pairs of rows, in five steps, of which a fraction does a part. First, rows that counts
// settle lose pairs. Second, the other rows lose pairs. Third, rows that counts settle lose all their pairs,
// one row after the other. Fourth, the other rows keep only as many pairs as an interval needs. Fifth, they
// lose those, too, one after the other. The rows that keep pairs are spread over all rows. Which rows is
// decided before any pair, so no result decides it.
func (m *measurer) squeeze(paths []string, by float64) {
	part := func(step float64) float64 { return min(1, max(0, by-step)) }
	between := func(most, least int, share float64) int {
		least = min(most, least)
		return most - int(float64(most-least)*share)
	}
	var settled, open []*plan
	for _, path := range paths {
		for _, p := range m.measurable(path) {
			if p.full == 0 {
				continue // it was not tried, and must not take the place of a row that can be timed
			}
			if p.CountsSettle() || p.CountsRegress() {
				p.pairs = between(p.full, fewestPairs, part(0))
				settled = append(settled, p)
				continue
			}
			p.pairs = between(between(p.full, fewestPairs, part(1)), leastForInterval, part(3))
			open = append(open, p)
		}
	}
	keepSome(settled, len(settled)-int(math.Ceil(part(2)*float64(len(settled)))))
	keepSome(open, max(1, len(open)-int(part(4)*float64(len(open)))))
}

// keepSome takes all pairs from some rows, so that n keep theirs.
func keepSome(plans []*plan, n int) {
	order := tryOrder(len(plans))
	for _, at := range order[min(n, len(order)):] {
		plans[at].pairs = 0
	}
}

// demand estimates the time of everything that is left: the first stage of some packages, the controls,
// and the second stage of the suspects that are to be expected.
func (m *measurer) demand(paths []string) (all time.Duration) {
	var largest time.Duration // second stage of a package
	for _, path := range paths {
		plans := m.measurable(path)
		planned := func(p *plan) int { return p.pairs }
		most := mostPairs(plans, planned)
		if most == 0 {
			continue
		}
		pairs, rows := time.Duration(0), 0
		for _, p := range plans {
			if p.pairs > 0 {
				pairs += p.cost * time.Duration(p.pairs)
				rows++
			}
		}
		first := pairs
		if m.Self {
			first *= 2
		}
		all += first + m.linking(2*min(most, m.Layouts))
		// One row in ten becomes a suspect, and one more: a run that is to find something has one.
		suspects := pairs/time.Duration(rows) + pairs/10
		again := m.linking(2*gate.SecondPairs(min(most, m.Layouts))) + suspects*time.Duration(gate.SecondPairs(1))
		largest = max(largest, again)
	}
	if all == 0 {
		return 0
	}
	if !m.OneStage {
		all += largest
	}
	return all + m.demandOfControls()
}

// demandOfFirst estimates the time of the first stage of some packages alone.
func (m *measurer) demandOfFirst(paths []string) (all time.Duration) {
	for _, path := range paths {
		plans := m.measurable(path)
		most := mostPairs(plans, func(p *plan) int { return p.pairs })
		for _, p := range plans {
			all += p.cost * time.Duration(p.pairs)
		}
		all += m.linking(2 * min(most, m.Layouts))
	}
	return all
}

// demandOfControls estimates the time of the controls. They use the binaries of a first stage, and
// link more if the stage has fewer layouts than a control needs.
func (m *measurer) demandOfControls() (all time.Duration) {
	for i, p := range m.likelyControls {
		pairs := m.pairsOfControl(p, false)
		if i == 0 {
			pairs += m.pairsOfControl(p, true)
		}
		all += p.cost*time.Duration(pairs) + m.linking(max(0, m.controlPairs-min(p.pairs, m.Layouts)))
	}
	return all
}

// linking returns how long some links take on all cores.
func (m *measurer) linking(binaries int) time.Duration {
	return m.linkTime * time.Duration(binaries) / time.Duration(runtime.NumCPU())
}

// pairsOf returns how many pairs a row needs: for itself, for its own noise, and
// as a likely control.
//
// It counts pairs and not processes: a pair serves all rows of a package, and each row adds its
// slices to it.
func (m *measurer) pairsOf(p *plan) int {
	pairs := p.pairs
	if m.Self {
		pairs *= 2
	}
	switch slices.Index(m.likelyControls, p) {
	case 0: // the slowdown is planted into the first control only
		pairs += m.pairsOfControl(p, false) + m.pairsOfControl(p, true)
	case 1:
		pairs += m.pairsOfControl(p, false)
	}
	return pairs
}

// allPairs returns the number of pairs of all rows and of the likely controls, which have more than a row
// each.
func (m *measurer) allPairs() (all int) {
	for _, p := range m.plans {
		if !p.unpaired() {
			all += m.pairsOf(p)
		}
	}
	return all
}

// late notes that MaxTime is over. Rows that were not measured are recorded all the same, with what is known
// of them: a row whose instructions were counted may need no time. A run whose rows are not all known has
// stopped early: nothing says what the others would show.
func (m *measurer) late() (err error) {
	if m.run.Stopped != "" { // an earlier stage said so
		return nil
	}
	if m.out == nil && m.listed {
		m.addFacts()
		if m.out, err = gate.NewWriter(m.Options.Out, m.run); err != nil {
			return err
		}
	}
	if m.out == nil {
		m.run.Stopped = fmt.Sprintf("%v before all benchmarks were known: %v had passed of %v; give -max-time more, "+
			"or name fewer packages", errLate, time.Since(m.begun).Round(time.Second), m.MaxTime)
		m.addFacts()
		if m.out, err = gate.NewWriter(m.Options.Out, m.run); err != nil {
			return err
		}
		return m.recordUnreached()
	}
	if m.run.Late == "" {
		m.run.Late = fmt.Sprintf("%v: %v had passed of %v", errLate, time.Since(m.begun).Round(time.Second),
			m.MaxTime)
	}
	return m.recordUnreached()
}

// recordUnreached records the rows that have no pairs and no other result.
func (m *measurer) recordUnreached() error {
	if m.out == nil {
		return nil
	}
	var rest []*plan
	for _, p := range m.plans {
		if !slices.Contains(m.recorded, p) {
			if !p.unpaired() && p.Mode != gate.Untimed && len(p.Pairs) == 0 {
				p.Mode = gate.Unreached
				p.Why = "its time was not measured, because -max-time left none for it: give it more, or choose fewer " +
					"rows with -bench"
			}
			rest = append(rest, p)
		}
	}
	return m.record(rest)
}

// addFacts adds everything about the machine and the options that a time depends
// on.
//
// The judge compares runs by these facts, and a reader finds in them why two runs differ.
func (m *measurer) addFacts() {
	here := machine.Read()
	m.addFact("goos", here.GOOS)
	m.addFact("goarch", here.GOARCH)
	m.addFact("cpu", here.CPU)
	m.addFact("kernel", here.Kernel)
	m.addFact("gomaxprocs", fmt.Sprint(here.GOMAXPROCS))
	m.addFact("load", load())
	m.addFact("priority", machine.Priority())
	m.addFact("seed", fmt.Sprint(m.Seed))
	m.addFact("pairs", fmt.Sprintf("%d, contended %d", m.Pairs, 2*m.Pairs))
	m.addFact("slices", fmt.Sprintf("%d of %v", m.Slices, m.Slice))
	m.addFact("layouts", fmt.Sprint(m.Layouts))
	m.addFact("started", m.begun.UTC().Format(time.RFC3339))
}

// load returns the load average of the last minute, in processes that wanted a
// core.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 0 {
		return fields[0]
	}
	return "unknown"
}
