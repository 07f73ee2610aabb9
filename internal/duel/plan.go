package duel

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// A plan is a row and how it is going to be measured.
type plan struct {
	gate.Row
	ops    int // iterations of a slice, the same on both sides
	slices int // of each side in a pair
	pairs  int
	cost   time.Duration // of a pair
	spread float64       // of slices, relative to their median

	parallel bool // several goroutines
}

func (p *plan) fail(err error) {
	p.Mode, p.Err = gate.Failed, strings.ReplaceAll(err.Error(), "\n", "; ")
	p.Pairs, p.SelfPairs, p.Second = nil, nil, nil
}

const (
	// unsliceable is what a slice may take. Processes that take turns as slowly as that do not meet the
	// same moods of the machine, so there is nothing to gain from many turns.
	unsliceable = 20 * time.Millisecond
	longer      = 2   // times, slices of several goroutines, so that they meet
	fewest      = 10  // pairs: the signed rank test reaches p = 0.001
	manyCores   = 1.5 // of the two or more that goroutines would use
)

// decide plans a row from what the probes of both sides found.
func (p *plan) decide(o Options, old, new trait) {
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
		slice, p.slices = longer*slice, max(2, o.Slices*3/4)
	}
	switch {
	case least > unsliceable:
		p.Mode, p.slices = gate.Fresh, 1
		p.because("a slice takes at least %v: one for each process", round(least))
	case least > 4*slice:
		if fewer := max(4, int(float64(4*p.slices)*float64(slice)/float64(least))); fewer < p.slices {
			p.slices = fewer
			p.because("a slice takes at least %v: %d for each process", round(least), p.slices)
		}
	}
	p.cost = old.entering + new.entering + time.Duration(p.slices+1)*(old.wall+new.wall)
	if most := int(o.RowTime / max(p.cost, 1)); most < p.pairs {
		planned := p.pairs
		p.pairs = min(planned, max(fewest, most))
		p.because("a pair takes %v, of which %v before the first slice: %d pairs instead of %d",
			round(p.cost), round(entering), p.pairs, planned)
	}
}

// because adds to what Why says.
func (p *plan) because(format string, args ...any) {
	if p.Why != "" {
		p.Why += "; "
	}
	p.Why += fmt.Sprintf(format, args...)
}

func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}

// opsFor returns how many iterations fill a time.
func opsFor(d time.Duration, perOp float64) int {
	return int(min(max(math.Round(float64(d)/perOp), 1), 1e9))
}
