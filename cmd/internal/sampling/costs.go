package sampling

import (
	"time"

	"github.com/semabench/semabench/bench/sampler"
)

// costs estimates how long samples and links take: at first by a model, and from the first measured
// value on by the mean of the measured values. It serves the estimates that the user sees, and no
// decision about what is measured.
//
// It takes the mean and not the median, because it estimates a sum, the time of all samples that are
// left. If one sample in ten is slow so far, one in ten will be slow there, too.
type costs struct {
	benchtime time.Duration
	rows      map[string]mean // time of a sample, by the name of its row
	links     mean            // time of a link
	firstLink time.Duration   // estimate until a link was measured
}

// A mean is the mean of durations; it has a value once n is above 0.
type mean struct {
	sum time.Duration
	n   int
}

func (m mean) value() time.Duration { return m.sum / time.Duration(m.n) }

// newCosts returns costs without any measurement. link is the first estimate for a link.
//
// The caller has just built a program, so it can estimate a link.
func newCosts(benchtime, link time.Duration) *costs {
	return &costs{benchtime: benchtime, rows: map[string]mean{}, firstLink: link}
}

// addSample adds the measured time of a sample of r, with the start of its process.
func (c *costs) addSample(r row, spent time.Duration) {
	m := c.rows[r.String()]
	c.rows[r.String()] = mean{m.sum + spent, m.n + 1}
}

// addLink adds the measured time of a link.
func (c *costs) addLink(spent time.Duration) { c.links = mean{c.links.sum + spent, c.links.n + 1} }

// sample estimates the time of a sample of r. The model is in package bench, for a quiet
// machine.
//
// A row that was measured once is estimated by that one value, which is closer than the model:
// the model does not know this machine.
func (c *costs) sample(r row) time.Duration {
	if m, ok := c.rows[r.String()]; ok {
		return m.value()
	}
	return r.Estimate(c.benchtime) + sampler.WarmUp
}

// link estimates the time of a link.
func (c *costs) link() time.Duration {
	if c.links.n > 0 {
		return c.links.value()
	}
	return c.firstLink
}
