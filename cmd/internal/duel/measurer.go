package duel

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/semabench/semabench/cmd/internal/instructions"
	"github.com/semabench/semabench/cmd/internal/shards"
	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

// Options say what is measured and how. The zero value compares the working tree
// with itself.
type Options struct {
	Old, New Source
	Packages []string // patterns of the go command; none means ./...
	Bench    string   // as go test -bench has it; "" means all

	Pairs   int           // pairs of a row, twice that for contended rows; 0 means 24
	Slices  int           // of a process in a pair, 3/4 of that with several goroutines; 0 means 16
	Slice   time.Duration // length, twice that with several goroutines; 0 means 0.5 ms
	Layouts int           // most binaries of a package and side, twice that in stage 2; 0 means 24
	Repeats int           // of each count; 0 means 5
	Seed    uint64        // of layouts and orders; 0 takes it from the clock

	MaxTime time.Duration // of everything, kept within a tenth: pairs are dropped to keep it; 0 means no limit
	RowTime time.Duration // of a slow row, which gets fewer pairs, but at least 10; 0 means 10 s
	Silence time.Duration // after which a benchmark that does not answer is given up; 0 means 30 s

	goos         string // the system to behave for, in tests; "" means this one
	controlPairs int    // least pairs and layouts of a control, in tests; 0 means leastControlPairs

	// MeasureSame measures rows even if their code is the same on both sides. The
	// gate itself is tested that way.
	MeasureSame bool

	// Shard is the part of the rows that is measured here. The others are found and counted, so that the corrections
	// cover the whole run.
	Shard shards.Shard

	// Judge has the options of the judge. After each look of a stage the judge is asked which rows are
	// settled; see gate.Unsettled.
	Judge gate.Options

	NoInstructions bool // counts no instructions, even where an instrument can

	Self bool // also measures old against old, with as many pairs, for every row

	// OneStage declares beforehand that SecondStage will not be called. The run
	// records it, because a single stage needs a stricter correction. It also
	// frees the part of MaxTime that is otherwise kept for the second stage.
	OneStage bool

	Command  string           // begins the command that measures a row again; "" means semabench gate
	Out      io.Writer        // gets the run row by row, in the format of gate.Read; nil means none
	Progress func(p Progress) // is called often, never twice at once; nil means never
}

// Progress says how far a measurement is. It is a value that the callback may
// keep.
type Progress struct {
	Doing       string
	Done, Total int // pairs of rows; Total is 0 while it is unknown
}

// leastControlPairs is the least number of pairs and layouts of a control,
// whatever the budget. With these the signed rank test finds the planted
// slowdown among 3000 rows. A row may be left with 5 pairs, which find
// nothing; a run that is only short of time would then be called invalid.
const leastControlPairs = 16

// withDefaults replaces zero values. The default of 24 pairs finds a slowdown
// of 5 % in 85 % of uncontended rows (reports/gate/selftest.md); 16 slices of
// half a millisecond cost a second for such a row.
func (o Options) withDefaults() Options {
	o.Pairs = cmp.Or(o.Pairs, 24)
	o.Slices = cmp.Or(o.Slices, 16)
	o.Layouts = cmp.Or(o.Layouts, 24)
	o.controlPairs = cmp.Or(o.controlPairs, leastControlPairs)
	o.Repeats = cmp.Or(o.Repeats, 5)
	o.Slice = cmp.Or(o.Slice, 500*time.Microsecond)
	o.RowTime = cmp.Or(o.RowTime, 10*time.Second)
	o.Silence = cmp.Or(o.Silence, 30*time.Second)
	o.Bench = cmp.Or(o.Bench, ".")
	o.Seed = cmp.Or(o.Seed, uint64(time.Now().UnixNano()))
	o.Command = cmp.Or(o.Command, "semabench gate")
	if len(o.Packages) == 0 {
		o.Packages = []string{"./..."}
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	return o
}

// A measurer holds the state of one measurement. The methods in this file read the clock and the lists of
// rows; all stages need them. The methods of a stage stand in the file of that stage: rows.go finds the
// rows, probe.go plans them, stages.go measures them. So a stage uses this file, and this file uses no
// stage.
//
// Everything in it belongs to the goroutine that called Measure. Only link and findSame start goroutines,
// and both wait for them.
type measurer struct {
	Options
	begun    time.Time
	temp     string // directory of sides and binaries; Close removes it
	random   *rand.Rand
	old, new *side

	run   *gate.Run
	out   *gate.Writer // nil until the rows are known
	ended bool         // the last line of the run is written

	plans    []*plan
	recorded []*plan  // the plans of run.Rows, by index
	skipped  []string // IDs of benchmarks that both sides skip
	listed   bool     // all benchmarks of both sides are known
	whyFresh string   // why all rows have fresh processes; "" if they have workers
	progress Progress

	meter   instructions.Meter // nil if instructions cannot be counted
	counted time.Duration      // spent on counting instructions

	linkTime time.Duration // of one binary

	likelyControls []*plan      // guessed before rows are measured, one of each kind
	controls       []controlRow // the steadiest rows so far, by kind as in likelyControls
}

// grace is how far beyond MaxTime the clock may go: a fiftieth for one row that is being measured, and a
// twentieth before every process is killed. The rest of the promised tenth is for the report.
const softGrace, hardGrace = 50, 20

// errLate says that MaxTime is over.
var errLate = errors.New("out of time")

// within returns ctx with the end of MaxTime. Its cause is errLate, which tells it from an interruption.
func (m *measurer) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if m.MaxTime == 0 {
		return ctx, func() {}
	}
	return context.WithDeadlineCause(ctx, m.begun.Add(m.MaxTime+m.MaxTime/hardGrace), errLate)
}

// left returns how much of MaxTime is left. A twentieth is kept for estimates that are too low.
func (m *measurer) left() time.Duration {
	return m.MaxTime - m.MaxTime/20 - time.Since(m.begun)
}

// isLate reports whether MaxTime is over. It is asked before each row of each pair, which bounds the delay
// by one row; what takes longer than that is killed, see within.
func (m *measurer) isLate() bool {
	return m.MaxTime > 0 && time.Since(m.begun) > m.MaxTime+m.MaxTime/softGrace
}

// packagePaths returns the packages that have plans, in order.
func (m *measurer) packagePaths() (paths []string) {
	for _, p := range m.plans {
		if !slices.Contains(paths, p.Package) {
			paths = append(paths, p.Package)
		}
	}
	return paths
}

// plansOf returns the plans of a package, and measurable the plans that get pairs.
func (m *measurer) plansOf(path string) (plans []*plan) {
	for _, p := range m.plans {
		if p.Package == path {
			plans = append(plans, p)
		}
	}
	return plans
}

func (m *measurer) measurable(path string) []*plan {
	return slices.DeleteFunc(m.plansOf(path), (*plan).unpaired)
}

// record puts rows into the run, or replaces them there, and writes them. A row
// that was not reached does not enter the run. A row may be recorded several
// times, by each stage anew. A reader of the file takes the last one.
func (m *measurer) record(plans []*plan) error {
	for _, p := range plans {
		if !p.unpaired() && p.Mode != gate.Untimed && p.Mode != gate.Unreached && len(p.Pairs) == 0 {
			continue
		}
		i := slices.Index(m.recorded, p)
		if i < 0 {
			i = len(m.recorded)
			m.recorded = append(m.recorded, p)
			m.run.Rows = append(m.run.Rows, gate.Row{})
		}
		m.run.Rows[i] = p.Row
		if err := m.out.Row(&p.Row); err != nil {
			return err
		}
	}
	return nil
}

// addFact adds a line to the head of the run. Facts are written once, so they
// must be added before the first row.
func (m *measurer) addFact(key, value string) {
	m.run.Facts = append(m.run.Facts, reports.Fact{Key: key, Value: value})
}

// show reports progress outside the pairs.
func (m *measurer) show(doing string, done, total int) { m.Progress(Progress{doing, done, total}) }
