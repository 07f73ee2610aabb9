// Package duel measures the benchmarks of Go packages on two sides, an old and a new one, so that
// they can be compared on a busy machine: as two processes that take turns of half a millisecond,
// or of one, each linked with a code layout of its own, many times over. Where that is allowed they get
// a core before anything else that runs (the fact "priority").
//
//	d, err := duel.Measure(ctx, duel.Options{Old: duel.Source{Revision: "origin/main"}})
//	if err != nil {
//		return err
//	}
//	defer d.Close()
//	err = d.SecondStage(ctx, gate.Suspects(d.Run(), judge))
//
// Package duel measures and gives no verdict; reports/gate judges the run. The benchmarks need nothing: test
// binaries are built with a package testing that can run a benchmark again and again at a command.
//
// What this does not show: collections of garbage come in few slices as short as that, so their cost
// is in the counted bytes rather than in the time; a slice begins with warm caches; what slows down
// fewer than seven slices in eight goes unseen where one goroutine runs, and where several run it has to
// be so much that their mean shows it; goroutines that hardly meet in a slice are hardly contended, which
// a row then says (Row.Why). The processes serve
// all rows of a package, in an order drawn anew for each pair, so a benchmark that leaves goroutines
// running makes the others noisier.
//
// On Windows, which passes no open files to processes, and with a Go version whose package testing is not
// one that is known (1.22 and later ones are), every value has a fresh process, still interleaved and with random
// layouts. The run says so in its facts and in each row; it finds less, and counts whole allocations
// for each operation only. Nothing of that was measured on Windows.
package duel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// Options say what is measured and how. The zero value compares the working tree with itself.
type Options struct {
	Old, New Source
	Packages []string // patterns of the go command; none: ./...
	Bench    string   // as of go test -bench; "": all

	Pairs   int           // of processes for each row, twice that for contended rows; 0: 24
	Slices  int           // of a process in a pair, three quarters as many of several goroutines; 0: 16
	Slice   time.Duration // twice that of several goroutines; 0: 0.5 ms
	Layouts int           // most binaries of a package on each side, twice that in the second stage; 0: 24
	Repeats int           // of what is counted; 0: 5
	Seed    uint64        // of layouts and orders; 0: from the clock

	MaxTime time.Duration // of it all; pairs are dropped evenly to keep it; 0: as long as it takes
	RowTime time.Duration // of a slow row, which gets fewer pairs, but at least 10; 0: 10 s
	Silence time.Duration // after which a benchmark is given up; 0: 30 s

	goos string // in tests: another system

	Self bool // also old against old, as many pairs, for every row

	// OneStage declares beforehand that SecondStage will not be called. The run records it, because a
	// single stage needs a stricter correction. It also frees the fifth of MaxTime that is otherwise
	// reserved for the second stage.
	OneStage bool

	Command  string           // begins the command that measures a row again; "": semabench gate
	Out      io.Writer        // the run is written to, row by row, in the format of gate.Read
	Progress func(p Progress) // is called often
}

// Progress is how far a measurement is.
type Progress struct {
	Doing       string
	Done, Total int // pairs of rows; Total is 0 before that is known
}

func (o Options) withDefaults() Options {
	o.Pairs = cmp.Or(o.Pairs, 24)
	o.Slices = cmp.Or(o.Slices, 16)
	o.Layouts = cmp.Or(o.Layouts, 24)
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

// A match is a measurement under way.
type match struct {
	Options
	begun    time.Time
	temp     string // removed by close
	ended    bool   // the last line of the run is written
	random   *rand.Rand
	old, new *side
	run      *gate.Run
	out      *gate.Writer
	plans    []*plan
	kept     []*plan // those of run.Rows
	controls []*plan // rows that are likely to be measured against themselves
	stakes   []stake // those that will be, so far
	skipped  []string
	fresh    string // why all rows have fresh processes; "" if they do not
	progress Progress
}

// errNothing is a set of benchmarks without any: what judges nothing must not pass.
var errNothing = errors.New("no benchmarks")

// A Duel is a measurement whose sides are still on disk, so that rows can be measured again. Close
// removes them.
type Duel struct{ m *match }

// Measure measures the first stage of every row, and the controls.
//
// A row that cannot be measured is in the run and says why. The error is about all rows: no such
// revision, nothing to build, no benchmarks. Then Measure returns no Duel and leaves nothing behind.
// When ctx is done, Measure returns what was measured by then, with Stopped set in the run.
func Measure(ctx context.Context, o Options) (*Duel, error) {
	m := &match{Options: o.withDefaults(), begun: time.Now(), run: &gate.Run{}}
	m.run.Command = m.whole()
	m.random = rand.New(rand.NewPCG(m.Seed, 0))
	temp, err := os.MkdirTemp("", "semabench-duel-")
	if err != nil {
		return nil, err
	}
	if m.temp, err = filepath.EvalSymlinks(temp); err != nil {
		return nil, errors.Join(err, os.RemoveAll(temp))
	}
	d := &Duel{m}
	if err := m.interruptible(ctx, m.measure(ctx)); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Run returns what was measured so far. The caller may not change it before Close.
func (d *Duel) Run() *gate.Run { return d.m.run }

// SecondStage measures rows again, given by their indices in the run, with fresh processes and
// layouts. The pairs go into Row.Second. A run that has stopped gets no second stage.
//
// Call it once, with the rows that gate.Suspects names: the promise on false alarms rests on that.
func (d *Duel) SecondStage(ctx context.Context, rows []int) error {
	return d.m.interruptible(ctx, d.m.second(ctx, rows))
}

// Profile writes CPU profiles of both sides of rows, given by their indices in the run, into dir. It
// sets OldProfile and NewProfile of the rows, relative to dir. A profile is of an ordinary run of the
// benchmark for a second. When ctx is done, the remaining rows have no profile.
func (d *Duel) Profile(ctx context.Context, dir string, rows []int) error {
	if err := d.m.profile(ctx, dir, rows); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// Close ends the run in Options.Out and removes the sides from the disk. It may be called twice.
func (d *Duel) Close() error {
	m := d.m
	var err error
	if m.out != nil && !m.ended { // without rows there is no file to end
		err = m.out.End(m.run.Stopped)
	}
	m.ended = true
	return errors.Join(err, os.RemoveAll(m.temp))
}

// interruptible turns the error of an interrupted stage into a run that stopped early, and notes any
// other error in the run.
func (m *match) interruptible(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		if m.run.Stopped == "" {
			m.run.Stopped = fmt.Sprintf("interrupted after %v", time.Since(m.begun).Round(time.Second))
		}
		return nil
	}
	if err != nil {
		m.run.Stopped, _, _ = strings.Cut(err.Error(), "\n")
	}
	return err
}

// measure is the course of a match.
func (m *match) measure(ctx context.Context) (err error) {
	if m.old, err = newSide(ctx, "old", m.Old, m.Packages, filepath.Join(m.temp, "old")); err != nil {
		return err
	}
	m.run.Old = m.old.Side
	if m.new, err = newSide(ctx, "new", m.New, m.Packages, filepath.Join(m.temp, "new")); err != nil {
		return err
	}
	m.run.New = m.new.Side
	m.standIn(cmp.Or(m.goos, runtime.GOOS))
	if m.old.work == "" != (m.new.work == "") {
		m.fact("workspace", "only one side is built in a workspace, "+m.old.work+m.new.work+
			", so the sides may have other versions of other modules: GOWORK=off builds both without")
	}
	if m.OneStage {
		m.run.Stages = 1
	}
	link, err := m.meet(ctx)
	if err := m.stopped(err); err != nil {
		return err
	}
	if m.run.Stopped != "" { // out of time with looking
		m.addFacts()
		m.out, err = gate.NewWriter(m.Options.Out, m.run)
		return err
	}
	if m.run.Planned == 0 && len(m.run.OnlyOld)+len(m.run.OnlyNew) == 0 {
		return m.nothing()
	}
	m.allot(link)
	m.addFacts()
	m.plantingFact()
	if m.out, err = gate.NewWriter(m.Options.Out, m.run); err != nil {
		return err
	}
	for _, path := range m.paths() {
		if err := m.first(ctx, path); err != nil {
			return err
		}
	}
	return m.checkAll(ctx)
}

// nothing is the error of a run without rows.
func (m *match) nothing() error {
	but := ""
	if len(m.skipped) > 0 {
		but = "; skipped: " + strings.Join(m.skipped, ", ")
	}
	return fmt.Errorf("%w match -bench %q in %v%s: name packages that have some; those behind a build tag "+
		"need GOFLAGS=-tags=…", errNothing, m.Bench, m.Packages, but)
}

// keep puts rows into the run when they have come to an end, and writes them. A row that was not
// reached is in no run.
func (m *match) keep(plans []*plan) error {
	for _, p := range plans {
		if p.Mode != gate.Failed && p.Mode != gate.Untimed && len(p.Pairs) == 0 {
			continue
		}
		i := slices.Index(m.kept, p)
		if i < 0 {
			i = len(m.kept)
			m.kept = append(m.kept, p)
			m.run.Rows = append(m.run.Rows, gate.Row{})
		}
		m.run.Rows[i] = p.Row
		if err := m.out.Row(&p.Row); err != nil {
			return err
		}
	}
	return nil
}
