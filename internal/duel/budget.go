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
	"github.com/semabench/semabench/reports/gate"
)

// allot chooses the rows for the controls and drops pairs, the same share of every row, if they would take
// longer than there is time. It is told what it takes to link a binary.
func (m *match) allot(link time.Duration) {
	m.controls = m.chooseControls()
	planned := m.pairs()
	if m.MaxTime > 0 {
		left := m.MaxTime - time.Since(m.begun) - m.linking(link)
		if !m.OneStage {
			left -= left / 5 // for suspects
		}
		if cost := m.cost(); cost > left {
			share := max(0, float64(left)/float64(cost))
			for _, p := range m.plans {
				p.pairs = min(p.pairs, max(fewest/2, int(float64(p.pairs)*share)))
			}
		}
	}
	if dropped := planned - m.pairs(); dropped > 0 {
		m.fact("pairs-dropped", fmt.Sprintf("%d of %d, to keep to %v", dropped, planned, m.MaxTime))
	}
	m.progress.Total = m.pairs()
}

// linking is how long the linking of all binaries will take.
func (m *match) linking(each time.Duration) time.Duration {
	binaries := 2 * m.Layouts * len(m.paths())
	return each * time.Duration(binaries) / time.Duration(runtime.NumCPU())
}

// pairsOf is how many pairs a row is good for: for itself, its own noise, and the controls.
func (m *match) pairsOf(p *plan) int {
	pairs := p.pairs
	if m.Self {
		pairs *= 2
	}
	switch slices.Index(m.controls, p) {
	case 0:
		pairs += controlPairs(p, 0) + controlPairs(p, planted)
	case 1:
		pairs += controlPairs(p, 0)
	}
	return pairs
}

func (m *match) cost() (all time.Duration) {
	for _, p := range m.plans {
		all += p.cost * time.Duration(m.pairsOf(p))
	}
	return all
}

func (m *match) pairs() (all int) {
	for _, p := range m.plans {
		if p.Mode != gate.Failed {
			all += m.pairsOf(p)
		}
	}
	return all
}

// late reports whether a measurement that was made to fit into its time does not. A tenth more
// is the slack of an estimate.
func (m *match) late() bool {
	return m.MaxTime > 0 && time.Since(m.begun) > m.MaxTime+m.MaxTime/10
}

func (m *match) fact(key, value string) {
	m.run.Facts = append(m.run.Facts, reports.Fact{Key: key, Value: value})
}

// addFacts adds what a figure depends on.
func (m *match) addFacts() {
	here := machine.Read()
	m.fact("goos", here.GOOS)
	m.fact("goarch", here.GOARCH)
	m.fact("cpu", here.CPU)
	m.fact("kernel", here.Kernel)
	m.fact("gomaxprocs", fmt.Sprint(here.GOMAXPROCS))
	m.fact("load", load())
	m.fact("priority", machine.Priority())
	m.fact("seed", fmt.Sprint(m.Seed))
	m.fact("pairs", fmt.Sprintf("%d, contended %d", m.Pairs, 2*m.Pairs))
	m.fact("slices", fmt.Sprintf("%d of %v", m.Slices, m.Slice))
	m.fact("layouts", fmt.Sprint(m.Layouts))
	m.fact("started", m.begun.UTC().Format(time.RFC3339))
}

// load is how many processes wanted a core when the measurement began.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 0 {
		return fields[0]
	}
	return "unknown"
}
