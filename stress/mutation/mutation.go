// Package mutation asks how good the tests of a package with concurrent code are.
//
//	report, err := mutation.Run(ctx, mutation.Options{Package: "./queue", Time: 5 * time.Second})
//	report.WriteText(os.Stdout)
//
// It breaks the synchronization of the package one place at a time: a lock is left out, a Signal
// stands in the place of a Broadcast, a channel loses its buffer. Each such mutant is judged twice by
// the package's own tests, unmodified: by go test with a limit on time, and by the explorer, which
// plays many schedules of each test (see explore.Suite). A mutant that neither notices is left. It
// shows a place that the tests do not guard, or a change that makes no difference.
//
// # How to run it
//
// The command semabench explore -mutate calls this package. Run takes four steps:
//
//  1. It lists the package, and makes the mutants from its types; see mutate.Synchronization.
//  2. It runs the tests of the original, natively and explored. Tests that fail natively end the
//     run: they cannot tell a mutant from the original. Tests that the explorer refuses, or that fail in
//     some schedule of the original, do not judge mutants when explored; the report names them.
//  3. It judges one mutant after the other. Each reaches the go command by an overlay, so no file of the
//     user is written.
//  4. It sums up: made, noticed natively, noticed explored, left.
//
// # What this does not show
//
// A mutant that is left may be equivalent: a change that no program can observe. Run does not tell
// those apart. It says whether every schedule of the tests was played: then these tests cannot notice
// the mutant at all, and otherwise more time may show it. Without Race a lock that is left out around
// plain variables may go unnoticed, because the explorer preempts at operations only. The race detector
// sees the rest.
package mutation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/internal/mutate"
)

// Run makes the mutants of a package and judges them. The error has an exit code, see package
// exitcode: it wraps exitcode.ErrFailed if a mutant is left, and exitcode.ErrInterrupted if ctx ended
// the run. The report then has the mutants that were judged, and names the other ones. Without a report the run was
// refused: the package has no tests, or they fail before any mutant, or there is nothing to mutate.
//
// Mutants are judged one after the other. Several at once would take processor time from each other, and a
// native run is judged by its time: a slow mutant would then count as noticed.
func Run(ctx context.Context, o Options) (*Report, error) {
	o.setDefaults()
	scratch, err := os.MkdirTemp("", "semabench-mutation-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	r := &run{Options: o, scratch: scratch}
	within, cancel := ctx, context.CancelFunc(func() {})
	if o.Within > 0 {
		within, cancel = context.WithTimeout(ctx, o.Within)
	}
	defer cancel()
	defer func() { r.judged.close() }()
	switch err := r.prepare(within); {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%w: no mutant was judged by then", exitcode.ErrInterrupted)
	case within.Err() != nil:
		return nil, exitcode.Error{Code: exitcode.Unknown, Err: fmt.Errorf(
			"unknown: no mutant was judged within %v, in which the tests of the original had not come to an end",
			o.Within)}
	case err != nil:
		return nil, err
	}
	err = r.judgeAll(within)
	r.report.Interrupted = ctx.Err() != nil && len(r.report.NotJudged) > 0
	return r.report, errors.Join(r.report.outcome(), err)
}

// judgeAll judges the mutants in the order of the source, or takes their verdicts from the file of verdicts. A
// verdict that the end of ctx cut off is not known: that mutant and the later ones are named as not judged. Verdicts
// of later mutants that the file has still count.
//
// The error is about the file, and does not end the run: the verdicts themselves are right.
func (r *run) judgeAll(ctx context.Context) (failed error) {
	all := r.report.Mutants
	r.report.Mutants = all[:0]
	for i := range all {
		m := all[i]
		kept := r.judged.take(&m)
		if !kept {
			if ctx.Err() == nil {
				r.step("mutant %d of %d: %s", i+1, len(all), m.where())
				r.judge(ctx, &m)
			}
			if ctx.Err() != nil {
				r.report.NotJudged = append(r.report.NotJudged, m.ID)
				continue
			}
			failed = cmp.Or(failed, r.judged.add(&m))
		} else {
			r.report.Kept++
		}
		r.report.Mutants = append(r.report.Mutants, m)
		if r.OnMutant != nil {
			r.OnMutant(r.report, m)
		}
	}
	return failed
}

// prepare makes the mutants and judges the original. The cheap refusals come first: a package
// without tests or without synchronization needs no build.
func (r *run) prepare(ctx context.Context) (err error) {
	r.step("looking for synchronization in %s", r.Package)
	if r.target, err = r.find(ctx); err != nil {
		return err
	}
	all, broken, err := r.target.mutants()
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", r.target.ImportPath, err)
	case len(all) == 0:
		return fmt.Errorf("%w: %s has no synchronization to break: no lock, channel, Cond, WaitGroup, "+
			"atomic variable, select, go statement or cancel function", ErrNothing, r.target.ImportPath)
	}
	r.report = &Report{
		Version: reportVersion, Package: r.target.ImportPath, Made: len(all), Broken: broken,
		Race: r.Race, Seconds: r.Time.Seconds(),
	}
	chosen, err := r.choose(all)
	if err != nil {
		return err
	}
	r.report.chosen = len(chosen)
	for _, m := range chosen {
		r.report.Mutants = append(r.report.Mutants, r.newMutant(m))
	}
	if r.judged, err = readJudged(r.Judged); err != nil {
		return err
	}
	if err := r.judgeOriginal(ctx); err != nil {
		return err
	}
	if r.judged != nil {
		key, err := r.key(ctx)
		if err != nil {
			return err
		}
		r.judged.use(key)
	}
	for i := range r.report.Mutants {
		m := &r.report.Mutants[i]
		m.Reached = r.target.reached(m.source.File, m.Line)
	}
	return nil
}

// find lists the package with its imports. -export has the go command compile the imports, so the
// mutants are checked against the types of the build. A pattern that matches several packages is refused: the
// limit on time, the reached lines and the tests that judge all belong to one package.
func (r *run) find(ctx context.Context) (*target, error) {
	const fields = "ImportPath,Dir,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,ImportMap,Export,DepOnly,Module,Error"
	tool := gotool.Tool{Dir: r.Dir}
	out, err := tool.Run(ctx, "list", "-deps", "-export", "-tags="+r.Tags, "-json="+fields, r.Package)
	if err != nil {
		return nil, fmt.Errorf("looking for package %s: %w", r.Package, err)
	}
	var found []*target
	exports := map[string]string{}
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		p := &target{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading the output of go list: %w", err)
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s are %s: want one", r.Package, plural.Of(len(found), "package"))
	}
	t := found[0]
	t.exports = exports
	return t, t.check()
}

// choose returns the mutants to judge, in the order of the source. A sample is drawn by a seed, which the report
// names: the same seed draws the same mutants as long as the source is the same. Every sample of one size is
// equally likely. Every n-th mutant would not do: operators repeat in the order of the source, so some
// operators might never be drawn.
//
// An unknown ID is an error and no empty list, which would exit as if all mutants were noticed.
func (r *run) choose(all []mutate.Mutant) ([]mutate.Mutant, error) {
	if len(r.Only) > 0 {
		for _, id := range r.Only {
			if !slices.ContainsFunc(all, func(m mutate.Mutant) bool { return m.ID == id }) {
				return nil, fmt.Errorf("%s has no mutant %s: its source may have changed since. "+
					"semabench explore -mutate without -mutant lists all", r.target.ImportPath, id)
			}
		}
		return slices.DeleteFunc(all, func(m mutate.Mutant) bool { return !slices.Contains(r.Only, m.ID) }), nil
	}
	if r.Sample == 0 || r.Sample >= len(all) {
		return all, nil
	}
	r.report.Seed = r.Seed
	drawn := rand.New(rand.NewPCG(r.Seed, 0)).Perm(len(all))[:r.Sample]
	slices.Sort(drawn)
	var chosen []mutate.Mutant
	for _, i := range drawn {
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// newMutant returns the row of a mutant that was not judged yet. The command names the package as the
// user did, so it works in the folder in which this run was started. It has the flags that decide which code is
// built and which tests judge. It leaves out -time: the usual reason to play a mutant again is to give it more.
func (r *run) newMutant(m mutate.Mutant) Mutant {
	again := []string{r.Command}
	if r.Race {
		again = append(again, "-race")
	}
	if r.Tags != "" {
		again = append(again, "-tags="+r.Tags)
	}
	if r.Run != "" {
		again = append(again, "-run='"+r.Run+"'")
	}
	again = append(again, "-mutant="+m.ID, r.Package)
	return Mutant{
		ID: m.ID, Operator: m.Operator, What: mutate.SynchronizationOperators()[m.Operator],
		File: r.target.relative(m.File), Line: m.Line, Func: m.Func, Diff: m.Diff(),
		Again: strings.Join(again, " "), source: m,
	}
}

// judge has both judges look at a mutant. The explorer is asked even if go test has noticed it: the
// report compares the two.
//
// A mutant is left only if go test passes. If the explorer cannot say, it is still left: the tests of the user have
// run with the mutant and have not failed. If go test cannot say, no test has passed, and the mutant is undecided.
func (r *run) judge(ctx context.Context, m *Mutant) {
	overlay, err := r.write(m)
	if err != nil {
		m.Native = Outcome{Verdict: Undecided, Why: err.Error()}
		m.Explored = m.Native
		return
	}
	// One after the other: both judges bound the time of a mutant, and beside each other each would take
	// the processor from the other.
	m.Native = r.native(ctx, overlay)
	m.Explored = r.explored(ctx, overlay)
	m.Left = m.Native.Verdict == Passed && m.Explored.Verdict != Noticed
}

// write writes the changed file of a mutant, and returns the overlay with it. Each mutant replaces the
// file of the one before, so the folder does not grow.
func (r *run) write(m *Mutant) (map[string]string, error) {
	path := filepath.Join(r.scratch, "mutant", filepath.Base(m.source.File))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return map[string]string{m.source.File: path}, os.WriteFile(path, []byte(m.source.Text), 0o644)
}

// outcome returns the error that says how the run ended, for the exit code. An interrupted run is interrupted
// whatever it found, because its counts are of a part. A mutant that is left comes before one without a verdict:
// more verdicts could not take the finding back.
func (r *Report) outcome() error {
	left, undecided := r.count()
	all := plural.Of(len(r.Mutants), "mutant")
	switch {
	case r.Interrupted:
		return fmt.Errorf("%w: %s of %d were judged by then, and %d are left", exitcode.ErrInterrupted,
			all, r.chosen, left)
	case len(r.NotJudged) > 0:
		code := exitcode.Unknown
		if left > 0 {
			code = exitcode.Failed
		}
		return exitcode.Error{Code: code, Err: fmt.Errorf("the time is over: %s of %d were judged by then, and %d are left",
			all, r.chosen, left)}
	case left > 0:
		return fmt.Errorf("%w: the tests do not notice %d of %s", exitcode.ErrFailed, left, all)
	case undecided > 0:
		return exitcode.Error{Code: exitcode.Unknown, Err: fmt.Errorf(
			"unknown: %d of %s could not be judged", undecided, all)}
	}
	return nil
}
