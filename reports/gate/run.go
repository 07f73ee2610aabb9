package gate

import (
	"time"

	"github.com/semabench/semabench/reports"
)

// A Run is what was measured of two sides, before any judgement. [Write] keeps it as JSON lines,
// a header and then one row a line, so that a run which was cut off is still readable.
type Run struct {
	Old, New Side
	Facts    []reports.Fact // of the machine and of the measurement: layout seed, slices, pairs
	Rows     []Row
	Controls []Control

	Planned int    // rows
	Stages  int    // 1 if no suspect was to be measured afresh, declared beforehand; 0 means 2
	Stopped string // why it ended early; "" if it did not
	Command string // that repeats it

	OnlyOld, OnlyNew []string
}

// A Side is one of the two programs.
type Side struct {
	Name     string // as the user gave it: origin/main, a directory, a file
	Revision string
	Dir      string
	Dirty    bool           // with changes that no revision has
	Facts    []reports.Fact // those that must be equal on both sides: the processor, the Go version
}

// A Mode says how a row was measured.
type Mode string

const (
	Sliced Mode = "sliced" // two processes that alternate slices of about a millisecond
	Fresh  Mode = "fresh"  // could not be sliced: one process for each value, interleaved; Row.Why
	Failed Mode = "failed" // not measured at all; Row.Err

	// Untimed rows say themselves that their time means nothing, so they are only counted.
	Untimed Mode = "untimed"
)

// A Row is one benchmark on both sides.
type Row struct {
	Package   string // import path
	Name      string // without the -N of GOMAXPROCS
	Mode      Mode
	Why       string `json:",omitempty"` // it could not be sliced
	Err       string `json:",omitempty"` // "new: panic: …", "old: no answer in 30s"
	Contended bool   `json:",omitempty"` // several goroutines, or it allocates: needs twice the pairs

	Pairs     []Pair  `json:",omitempty"` // first stage
	Second    []Pair  `json:",omitempty"` // on fresh processes, of a suspect of the first stage
	SelfPairs []Pair  `json:",omitempty"` // old against old: what this row differs by when nothing did
	Exact     []Exact `json:",omitempty"`

	Spent                  time.Duration
	Reproduce              string // command
	OldProfile, NewProfile string `json:",omitempty"` // paths of CPU profiles, relative to the report
}

// A Pair is two processes, one of each side, each linked with a code layout of its own, that took
// turns in ABBA order. Processes and not slices are independent of each other, so a pair is one
// value of every test, together with those that have the same two layouts; see [Estimate].
type Pair struct {
	Old, New             float64       // what is typical of its slices, ns/op
	OldMean, NewMean     float64       `json:",omitempty"` // of all its slices, where several goroutines run
	OldSlices, NewSlices []float64     `json:",omitempty"` // in the order of time; may be left out
	OldLayout, NewLayout uint64        // seeds of the linker; 0 is not known, and no other pair's
	At                   time.Duration // since the run began
}

// An Exact is a metric that is counted and not timed: a total over Ops operations, as often as it
// was repeated. The least counts: what else runs in a process can only add to a total.
type Exact struct {
	Unit     string // allocs/op
	Ops      int64
	Old, New []int64
	Alone    bool `json:",omitempty"` // on one processor, where goroutines do not meet
}

// A Control is a row that was measured to check the gate itself: the old side against itself, as
// it is or with a slowdown planted into the second one.
type Control struct {
	Row     Row
	Planted float64 // 0, or 0.10 for 10 %
}
