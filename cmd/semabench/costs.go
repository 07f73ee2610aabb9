package main

import (
	"time"

	"github.com/semabench/semabench/cmd/semabench/sampler"
)

// costs knows how long things take: at first by a model, then as measured.
type costs struct {
	benchtime time.Duration
	rows      map[string]mean // of a sample, by row
	links     mean
	firstLink time.Duration // what to expect until one was measured
}

type mean struct {
	sum time.Duration
	n   int
}

func (m mean) of() time.Duration { return m.sum / time.Duration(m.n) }

func newCosts(benchtime, link time.Duration) *costs {
	return &costs{benchtime: benchtime, rows: map[string]mean{}, firstLink: link}
}

func (c *costs) sample(r row, spent time.Duration) {
	m := c.rows[r.String()]
	c.rows[r.String()] = mean{m.sum + spent, m.n + 1}
}

func (c *costs) link(spent time.Duration) { c.links = mean{c.links.sum + spent, c.links.n + 1} }

// of returns what a sample of r will take: as those before, or what package bench says of a quiet
// machine if there were none.
func (c *costs) of(r row) time.Duration {
	if m, ok := c.rows[r.String()]; ok {
		return m.of()
	}
	return r.Estimate(c.benchtime) + sampler.WarmUp
}

func (c *costs) ofLink() time.Duration {
	if c.links.n > 0 {
		return c.links.of()
	}
	return c.firstLink
}

// timeLeft is what the samples from the i'th on will take, with the programs to link for them.
func (m *measurement) timeLeft(from int) (left time.Duration) {
	round := m.linked
	for i := from; i < len(m.rows); i++ {
		if !m.left(i) {
			continue
		}
		left += m.costs.of(m.rows[i])
		if m.rows[i].round != round {
			round = m.rows[i].round
			left += m.costs.ofLink()
		}
	}
	return left
}
