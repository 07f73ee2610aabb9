package duel

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/reports"
)

// fitBudget chooses the likely controls, and drops pairs if they would take
// longer than MaxTime. Every row loses the same share. linkTime is the time to
// link one binary. Every row keeps at least half of fewestPairs. With fewer
// pairs a row could show nothing.
//
// Dropping whole rows instead would leave code without a judgement. Fewer pairs for all rows is
// a loss that the report can state: the slowdown that would still be seen.
func (m *measurer) fitBudget(linkTime time.Duration) {
	m.likelyControls = m.chooseControls()
	planned := m.allPairs()
	if m.MaxTime > 0 {
		left := m.MaxTime - time.Since(m.begun) - m.linkingTime(linkTime)
		if !m.OneStage {
			left -= left / 5 // for the second stage of suspects
		}
		if cost := m.allCost(); cost > left {
			share := max(0, float64(left)/float64(cost))
			for _, p := range m.plans {
				p.pairs = min(p.pairs, max(fewestPairs/2, int(float64(p.pairs)*share)))
			}
		}
	}
	if dropped := planned - m.allPairs(); dropped > 0 {
		m.addFact("pairs-dropped", fmt.Sprintf("%d of %d, to keep to %v", dropped, planned, m.MaxTime))
	}
	m.progress.Total = m.allPairs()
}

// linkingTime returns how long the linking of all binaries will take on all
// cores. It is counted apart from the pairs, because links run on all cores and
// pairs on one.
//
// It ignores the second stage, for which a fifth of the time is held back.
func (m *measurer) linkingTime(each time.Duration) time.Duration {
	packages := 0
	for _, path := range m.packagePaths() {
		if len(m.measurable(path)) > 0 {
			packages++
		}
	}
	binaries := 2 * m.Layouts * packages
	return each * time.Duration(binaries) / time.Duration(runtime.NumCPU())
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
		pairs += m.pairsOfControl(p, 0) + m.pairsOfControl(p, plantedSlowdown)
	case 1:
		pairs += m.pairsOfControl(p, 0)
	}
	return pairs
}

// allCost returns the estimated time of all pairs, and allPairs their number.
// Both count the pairs of the likely controls, which cost more than a row each.
func (m *measurer) allCost() (all time.Duration) {
	for _, p := range m.plans {
		all += p.cost * time.Duration(m.pairsOf(p))
	}
	return all
}

func (m *measurer) allPairs() (all int) {
	for _, p := range m.plans {
		if !p.unpaired() {
			all += m.pairsOf(p)
		}
	}
	return all
}

// isLate reports whether a measurement that was made to fit into MaxTime
// exceeds it. The costs are estimates, so a tenth more is allowed. It is asked
// before each row of each pair, which bounds the delay by one row.
//
// Without the tenth nearly every run that was made to fit would stop in its last package.
func (m *measurer) isLate() bool {
	return m.MaxTime > 0 && time.Since(m.begun) > m.MaxTime+m.MaxTime/10
}

// addFact adds a line to the head of the run. Facts are written once, so they
// must be added before the first row.
func (m *measurer) addFact(key, value string) {
	m.run.Facts = append(m.run.Facts, reports.Fact{Key: key, Value: value})
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
