// Package duel measures the benchmarks of Go packages on two sides, an old and a
// new one, so that they can be compared on a busy machine.
//
//	d, err := duel.Measure(ctx, duel.Options{Old: duel.Source{Revision: "origin/main"}})
//	if err != nil {
//		return err
//	}
//	defer d.Close()
//	err = d.SecondStage(ctx, gate.Suspects(d.Run(), judge))
//	err = d.SecondStage(ctx, gate.Open(d.Run(), judge))
//
// Package duel measures and gives no verdict; package gate judges the run, and says after each look which
// rows need more pairs.
//
// # How it measures
//
// A pair is two processes, one of each side, that take turns of half a
// millisecond, or of one where several goroutines run. Both feel the same
// disturbances of the machine, so their quotient hardly does. Each process is
// linked with a code layout of its own, because a layout alone moves times by
// several percent. A row has many pairs. Where the system allows it, the
// processes get a core before anything else that runs (the fact "priority").
//
// The benchmarks need no changes. Test binaries are built with a package testing
// that can run a benchmark again and again on command: such a binary is called a
// worker.
//
// On Windows, which passes no open files to processes, every value has a fresh
// process of an ordinary test binary. The same holds for a Go version whose
// package testing is unknown; versions from 1.22 on are known. Fresh processes
// are interleaved and have random layouts too, but they find less, and count only
// whole allocations per operation. The run says so in its facts and in each row.
// None of that was measured on Windows.
//
// # What this does not show
//
// The garbage collector runs in few slices as short as that, so its cost shows in
// the counted bytes rather than in the time. A slice begins with warm caches.
//
// Where one goroutine runs, a slowdown of fewer than three slices in four goes
// unseen. Where several run, such a slowdown must be so large that the mean of
// all slices shows it. Goroutines that hardly meet in a slice are hardly
// contended; the row then says so (Row.Why).
//
// A process serves all rows of a package, in an order drawn anew for each pair.
// So a benchmark that leaves goroutines running makes the other rows noisier.
package duel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/spelling"
	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

// A Duel is a measurement whose sides are still on disk, so that rows can be
// measured again. Close removes them. It is not safe for concurrent use: one
// process may run at a time, or times would mean nothing.
//
// The sides stay on disk between the stages because the suspects are known only after the first:
// checking out and compiling again would take longer than measuring them.
type Duel struct{ m *measurer }

// errNoBenchmarks is an error and not an empty run, because a gate without rows
// must not pass.
var errNoBenchmarks = errors.New("no benchmarks")

// Measure measures the first stage of every row, and the controls.
//
// A row that cannot be measured is in the run and says why. The error is about
// all rows: no such revision, nothing to build, no benchmarks. Then Measure
// returns no Duel and leaves nothing behind. When ctx is done, Measure returns
// what was measured by then, with Stopped set in the run. The caller judges the
// run, calls SecondStage with the suspects and then Close. The order of the
// rows in the run does not change between the stages.
func Measure(ctx context.Context, o Options) (*Duel, error) {
	m, err := newMeasurer(o)
	if err != nil {
		return nil, err
	}
	d := &Duel{m}
	ctx, cancel := m.within(ctx)
	defer cancel()
	if err := m.endStage(ctx, m.measure(ctx)); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// newMeasurer makes a measurement that has a directory and nothing in it. The caller removes the directory.
func newMeasurer(o Options) (*measurer, error) {
	m := &measurer{Options: o.withDefaults(), begun: time.Now(), run: &gate.Run{}}
	m.run.Command, m.run.Shard, m.run.Shards = m.reproduceAll(), m.Shard.Index, m.Shard.Of
	m.random = rand.New(rand.NewPCG(m.Seed, 0))
	temp, err := os.MkdirTemp("", "semabench-duel-")
	if err != nil {
		return nil, err
	}
	if m.temp, err = filepath.EvalSymlinks(temp); err != nil { // the go command prints real paths
		return nil, errors.Join(err, os.RemoveAll(temp))
	}
	return m, nil
}

// A Compared is a benchmark function that both sides have.
type Compared struct {
	Package, Function string
	Identical         bool   // Measure would call its row IDENTICAL
	Why               string // what this rests on
}

// Identity compares the benchmark functions of both sides, and measures nothing. It decides exactly as Measure does,
// and costs what Measure spends before its first measurement. Functions are found in the source: a package that
// does not build has them too, and none of them is identical.
func Identity(ctx context.Context, o Options) (all []Compared, err error) {
	m, err := newMeasurer(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(m.temp)) }()
	if err := m.prepareSides(ctx); err != nil {
		return nil, err
	}
	same := m.findSame(ctx)
	if ctx.Err() != nil { // whatever could not be compared any more would be taken for different
		return nil, ctx.Err()
	}
	for _, path := range slices.Sorted(maps.Keys(m.new.packages)) {
		old, both := m.old.packages[path]
		if !both {
			continue
		}
		had := old.benchmarks()
		for _, name := range m.new.packages[path].benchmarks() {
			if !slices.Contains(had, name) || !selects(m.Bench, name) {
				continue
			}
			c := Compared{Package: path, Function: name}
			if c.Identical = slices.Contains(same[path].functions, name); c.Identical {
				c.Why = same[path].why
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// Counts finds the rows of both sides and counts their instructions, and measures no time. It counts as Measure does,
// also rows that are the same on both sides, and costs what Measure spends before its first pair. Each row has its
// Instructions, which say why if there are none.
func Counts(ctx context.Context, o Options) (rows []gate.Row, err error) {
	o.MeasureSame = true
	m, err := newMeasurer(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(m.temp)) }()
	if err := m.prepareSides(ctx); err != nil {
		return nil, err
	}
	if err := m.findRows(ctx); err != nil {
		return nil, err
	}
	if m.meter == nil {
		i := slices.IndexFunc(m.run.Facts, func(f reports.Fact) bool { return f.Key == gate.InstructionsFact })
		if i < 0 {
			return nil, m.noBenchmarks()
		}
		return nil, errors.New("instructions " + m.run.Facts[i].Value)
	}
	for _, p := range m.plans {
		rows = append(rows, p.Row)
	}
	return rows, nil
}

// Run returns what was measured so far. The caller must not change it before
// Close.
func (d *Duel) Run() *gate.Run { return d.m.run }

// SecondStage measures rows again, given by their indices in the run, with fresh
// processes and layouts. The pairs go into Row.Second. A run that has stopped
// gets no second stage. The numbers of pairs at which it looks are declared in Row.SecondLooks
// before the first of its pairs. A row whose stage does not fit into MaxTime stays as it is.
//
// Call it with the rows that gate.Suspects names, and then once more with the rows that gate.Open names:
// the promise on false alarms rests on that.
//
// Measuring every row twice would cost as much as a first stage with twice the pairs, and would
// find less: most rows are not suspect.
func (d *Duel) SecondStage(ctx context.Context, rows []int) error {
	ctx, cancel := d.m.within(ctx)
	defer cancel()
	return d.m.endStage(ctx, d.m.secondStage(ctx, rows))
}

// Profile writes CPU profiles of both sides of rows, given by their indices in
// the run, into dir. It sets OldProfile and NewProfile of the rows, relative to
// dir. A profile is of an ordinary run of the benchmark for a second.
//
// A row that cannot be profiled has no profile. When ctx is done, or MaxTime leaves no time, the
// remaining rows get none either: verdicts do not need profiles. The error is about
// writing the run.
func (d *Duel) Profile(ctx context.Context, dir string, rows []int) error {
	ctx, cancel := d.m.within(ctx)
	defer cancel()
	if err := d.m.profile(ctx, dir, rows); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// Reasons finds, for rows given by their indices in the run, the functions that their benchmarks reach and whose
// machine code differs, and the line of each benchmark.
//
// It comes after all measuring, since few rows need it. It compiles nothing anew: the go command has the archives
// in its cache. A row whose functions cannot be told has none: the verdict does not need them. The error is about
// writing the run.
func (d *Duel) Reasons(ctx context.Context, rows []int) error { return d.m.reasons(ctx, rows) }

// Close ends the run in Options.Out and removes the sides from the disk. It may
// be called twice.
//
// The last line of the run is written here and not by the last stage, since only the caller
// knows which stage is the last.
func (d *Duel) Close() error {
	m := d.m
	var err error
	if m.out != nil && !m.ended {
		err = m.out.End(m.run)
	}
	m.ended = true
	return errors.Join(err, os.RemoveAll(m.temp))
}

// endStage turns the error of an interrupted stage into a run that stopped
// early, and notes any other error in the run. An interruption wins over the
// error: what a killed process says is the consequence of the kill.
//
// A run that is out of time is no error, and has not stopped early either: what was measured is judged,
// and each row says what it lacks.
func (m *measurer) endStage(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errLate), ctx.Err() != nil && errors.Is(context.Cause(ctx), errLate):
		return m.late()
	case ctx.Err() != nil:
		if m.run.Stopped == "" {
			m.run.Stopped = fmt.Sprintf("interrupted after %v", time.Since(m.begun).Round(time.Second))
		}
		return nil
	case err != nil:
		m.run.Stopped, _, _ = strings.Cut(err.Error(), "\n")
	}
	return err
}

// measure puts both sides on disk, finds the rows, and measures the first stage
// and the controls. The head of the run is written before the first row, so
// everything that stands in it is decided by then. The controls come last,
// because rows that were measured show which of them are steady.
func (m *measurer) measure(ctx context.Context) (err error) {
	if err := m.prepareSides(ctx); err != nil {
		return err
	}
	if m.OneStage {
		m.run.Stages = 1
	}
	err = m.findRows(ctx)
	if err != nil {
		return err
	}
	if m.run.Planned == 0 && len(m.run.OnlyOld)+len(m.run.OnlyNew) == 0 {
		return m.noBenchmarks()
	}
	m.fitBudget()
	m.addFacts()
	m.addPlantingFact()
	if m.out, err = gate.NewWriter(m.Options.Out, m.run); err != nil {
		return err
	}
	paths := m.packagePaths()
	for i, path := range paths {
		m.fit(paths[i:])
		if err := m.firstStage(ctx, path); err != nil {
			return err
		}
	}
	if err := m.measureControls(ctx); err != nil {
		return err
	}
	return m.recordUnreached() // rows that counts settle, for which there was no time
}

// prepareSides puts both sides on disk, ready to be built.
func (m *measurer) prepareSides(ctx context.Context) (err error) {
	m.old, err = newSide(ctx, "old", m.Old, m.Packages, filepath.Join(m.temp, "old"))
	if err != nil {
		return err
	}
	m.run.Old = m.old.Side
	m.new, err = newSide(ctx, "new", m.New, m.Packages, filepath.Join(m.temp, "new"))
	if err != nil {
		return err
	}
	m.run.New = m.new.Side
	m.chooseFreshProcesses(cmp.Or(m.goos, runtime.GOOS))
	if m.old.work == "" != (m.new.work == "") {
		m.addFact("workspace", "only one side is built in a workspace, "+m.old.work+m.new.work+
			", so the sides may have other versions of other modules: GOWORK=off builds both without")
	}
	return nil
}

// noBenchmarks returns the error of a run without rows.
func (m *measurer) noBenchmarks() error {
	skipped := ""
	if len(m.skipped) > 0 {
		skipped = "; skipped: " + strings.Join(m.skipped, ", ")
	}
	if elsewhere := m.leftOut(); elsewhere != "" {
		return fmt.Errorf("%w match -bench %q in %v%s: %s", errNoBenchmarks, m.Bench, m.Packages, skipped, elsewhere)
	}
	if names := m.benchmarkNames(); len(names) > 0 && skipped == "" && m.Bench != "." {
		const shown = 5
		first, _, _ := strings.Cut(m.Bench, "/")
		list := strings.Join(names[:min(shown, len(names))], ", ")
		if len(names) > shown {
			list += fmt.Sprintf(" and %d more", len(names)-shown)
		}
		return fmt.Errorf("%w match -bench %q in %v: correct the pattern; the source has %s%s", errNoBenchmarks, m.Bench,
			m.Packages, list, spelling.Suggest(strings.Trim(first, "^$"), slices.Concat(names, withoutBenchmark(names)), ""))
	}
	return fmt.Errorf("%w match -bench %q in %v%s: name packages that have some; those behind a build tag "+
		"need GOFLAGS=-tags=…", errNoBenchmarks, m.Bench, m.Packages, skipped)
}

// benchmarkNames returns the benchmark functions in the source of the new side.
func (m *measurer) benchmarkNames() (names []string) {
	if m.new == nil {
		return nil
	}
	for _, path := range slices.Sorted(maps.Keys(m.new.packages)) {
		names = append(names, m.new.packages[path].benchmarks()...)
	}
	return names
}

// withoutBenchmark returns the names as most users write them in a pattern, without their first word.
func withoutBenchmark(names []string) (short []string) {
	for _, name := range names {
		short = append(short, strings.TrimPrefix(name, "Benchmark"))
	}
	return short
}

// leftOut names a folder whose benchmarks no pattern with dots selects, and what to do about it, or returns "". The go
// command leaves out modules within a module, and folders whose names begin with _ or a dot. Benchmarks that need other
// modules for a comparison often are in such a folder. Folders named testdata and vendor are left out here, too: their
// benchmarks are of others.
func (m *measurer) leftOut() (advice string) {
	if m.new == nil || len(m.new.packages) > 0 {
		return ""
	}
	_ = filepath.WalkDir(m.new.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipDir
		}
		name := d.Name()
		if d.IsDir() && (name == "testdata" || name == "vendor" || name == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, "_test.go") || len((pkg{Dir: filepath.Dir(path), TestGoFiles: []string{name}}).benchmarks()) == 0 {
			return nil
		}
		dir, err := filepath.Rel(m.new.Dir, filepath.Dir(path))
		if err != nil {
			return err
		}
		for at := dir; at != "."; at = filepath.Dir(at) {
			if _, err := os.Stat(filepath.Join(m.new.Dir, at, "go.mod")); err == nil {
				advice = fmt.Sprintf("%s has some, and is a module of its own: run the gate in that folder", at)
				return filepath.SkipAll
			}
			if base := filepath.Base(at); base[0] == '_' || base[0] == '.' {
				advice = fmt.Sprintf("./%s has some, and ./... leaves it out: name it", filepath.ToSlash(dir))
				return filepath.SkipAll
			}
		}
		return nil
	})
	return advice
}
