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

// A controlRow is a row that will be measured as a control, with the binaries of
// the old side.
type controlRow struct {
	row *plan
	old binaries
}

// A probeResult describes a row on one side.
type probeResult struct {
	ops        int           // iterations of a slice
	perOp      float64       // ns, median
	wall       time.Duration // of a slice with its preparation, median
	least      time.Duration // of a slice with its preparation
	entering   time.Duration // until the first slice: the preparation by parents
	spread     float64       // how much slower the median slice is than the fastest
	busy       float64       // cores in use
	goroutines int64         // started in a slice
	allocates  bool
	bytes      float64 // allocated by an operation
}

// parallel reports whether several goroutines run. Other busy cores of a
// benchmark that allocates may be the garbage collector's.
func (r probeResult) parallel() bool {
	return r.goroutines > 0 || r.busy > manyCores && !r.allocates
}

const (
	// longestSlice is the longest slice that is worth alternating. Processes that
	// take turns more slowly do not feel the same disturbances, so many turns
	// gain nothing.
	longestSlice = 20 * time.Millisecond

	parallelFactor = 2   // of the length of slices with several goroutines, so that these meet
	fewestPairs    = 10  // with these the signed rank test reaches p = 0.001
	manyCores      = 1.5 // cores in use that show several goroutines, which would use two or more
)

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
