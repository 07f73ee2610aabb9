package duel

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// A plan is a row and how it will be measured. ops and slices are the same on
// both sides, so that noise that depends on them is too.
type plan struct {
	gate.Row
	ops    int           // iterations of a slice, the same on both sides
	slices int           // of each side in a pair
	pairs  int           // of the first stage
	full   int           // pairs of the first stage if there is time
	cost   time.Duration // of a pair
	spread float64       // of slices, relative to their median

	parallel    bool   // several goroutines run
	waiting     string // why its goroutines may wait without being seen; "" if they do not
	uncountable string // why its instructions say little; "" if they are to be counted
}

// fail makes the row a failed one. Its pairs are dropped, because a row has all
// of a stage or nothing.
func (p *plan) fail(err error) {
	p.Mode, p.Err = gate.Failed, strings.ReplaceAll(err.Error(), "\n", "; ")
	p.Pairs, p.SelfPairs, p.Second = nil, nil, nil
}

// unpaired reports whether the row gets no pairs: it failed, or its code is the
// same on both sides.
func (p *plan) unpaired() bool { return p.Mode == gate.Failed || p.Mode == gate.Identical }

const (
	// longestSlice is the longest slice that is worth alternating. Processes that
	// take turns more slowly do not feel the same disturbances, so many turns
	// gain nothing.
	longestSlice = 20 * time.Millisecond

	parallelFactor = 2   // of the length of slices with several goroutines, so that these meet
	fewestPairs    = 10  // with these the signed rank test reaches p = 0.001
	manyCores      = 1.5 // cores in use that show several goroutines, which would use two or more
)

// decide plans a row from the probes of both sides. The slower side decides,
// because both sides run the same number of operations. Pairs are given up
// last, because the test needs them more than it needs exact values.
//
// The numbers are fixed from here on. A plan that adapted to what the pairs show would stop when
// the result pleases.
func (p *plan) decide(o Options, old, new probeResult) {
	least, entering := max(old.least, new.least), max(old.entering, new.entering)
	p.spread = max(old.spread, new.spread)
	p.parallel = old.parallel() || new.parallel()
	p.Contended = p.parallel || old.allocates || new.allocates
	p.Mode, p.slices, p.pairs = gate.Sliced, o.Slices, o.Pairs
	if p.Contended {
		p.pairs *= 2
	}
	slice := o.Slice
	if p.parallel {
		slice, p.slices = parallelFactor*slice, max(2, o.Slices*3/4)
	}
	switch {
	case least > longestSlice:
		p.Mode, p.slices = gate.Fresh, 1
		p.because("a slice takes at least %v: one for each process", rounded(least))
	case least > 4*slice:
		fewer := max(4, int(float64(4*p.slices)*float64(slice)/float64(least)))
		if fewer < p.slices {
			p.slices = fewer
			p.because("a slice takes at least %v: %d for each process", rounded(least), p.slices)
		}
	}
	p.cost = old.entering + new.entering + time.Duration(p.slices+1)*(old.wall+new.wall)
	if most := int(o.RowTime / max(p.cost, 1)); most < p.pairs {
		planned := p.pairs
		p.pairs = min(planned, max(fewestPairs, most))
		p.because("a pair takes %v, of which %v before the first slice: %d pairs instead of %d",
			rounded(p.cost), rounded(entering), p.pairs, planned)
	}
}

// because adds a reason to Why.
func (p *plan) because(format string, args ...any) {
	if p.Why != "" {
		p.Why += "; "
	}
	p.Why += fmt.Sprintf(format, args...)
}

// rounded drops digits that no reader of Why needs.
func rounded(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}

// opsFor returns how many iterations fill a time, if one takes perOp nanoseconds:
// at least 1, and at most as many as package testing ever runs.
//
// Package testing has the same bound of 1e9.
func opsFor(d time.Duration, perOp float64) int {
	return int(min(max(math.Round(float64(d)/perOp), 1), 1e9))
}
