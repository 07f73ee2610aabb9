package duel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/gate"
	"golang.org/x/sync/errgroup"
)

// findRows builds one binary of each package on each side, asks it for its
// benchmarks, and makes a plan for each benchmark that both sides have. Packages that are the
// same on both sides are not built again.
//
// Packages of one side only are listed too: their benchmarks are missing or new, which the judge
// has to know.
func (m *measurer) findRows(ctx context.Context) error {
	paths := slices.Sorted(maps.Keys(m.old.packages))
	for path := range m.new.packages {
		if _, both := m.old.packages[path]; !both {
			paths = append(paths, path)
		}
	}
	same := m.findSame(ctx)
	needed := func(path string) bool { s, ok := same[path]; return !ok || s.rest }
	if slices.ContainsFunc(paths, needed) {
		m.findMeter(ctx)
	}
	for _, path := range paths {
		if s, ok := same[path]; ok {
			m.identicalRows(path, s)
		}
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { return !needed(path) })
	m.listed = len(paths) == 0
	for i, path := range paths {
		if m.isLate() {
			return errLate
		}
		m.show(fmt.Sprintf("building %s", path), i, len(paths))
		if err := m.findRowsOf(ctx, path, same[path].functions, paths[i:]); err != nil {
			return err
		}
	}
	if len(m.skipped) > 0 {
		m.addFact("skipped", strings.Join(m.skipped, ", "))
	}
	return m.timeLink(ctx)
}

// timeLink finds out how long the link of a binary takes while the other cores link too. The package is
// compiled by now, so only links are timed. The links of each stage correct it.
func (m *measurer) timeLink(ctx context.Context) error {
	i := slices.IndexFunc(m.plans, func(p *plan) bool { return !p.unpaired() })
	if i < 0 || m.MaxTime == 0 {
		return nil // only a limit needs it
	}
	all, err := m.link(ctx, m.plans[i].Package, slices.Repeat([]*side{m.old}, min(4, runtime.NumCPU())))
	all.remove()
	return err
}

// findRowsOf finds the rows of one package. A package that does not build, or
// whose benchmarks cannot be listed, becomes a row that failed: it must not
// keep the other packages from being judged. The binaries of the listing also
// serve the probes and the counts, and are removed afterwards. without are
// functions that need no rows; left are the packages that are left, with this one.
func (m *measurer) findRowsOf(ctx context.Context, path string, without, left []string) error {
	begin := time.Now()
	oldBinary, newBinary, oldErr, newErr := m.buildBoth(ctx, path)
	defer binaries{oldBinary, newBinary}.remove()
	var oldList, newList listing
	if oldErr == nil {
		oldList, oldErr = m.listPackage(ctx, m.old, path, oldBinary, without)
	}
	if newErr == nil {
		newList, newErr = m.listPackage(ctx, m.new, path, newBinary, without)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := errors.Join(oldErr, newErr); err != nil {
		if hint := m.ignoredFiles(ctx, path, oldErr, newErr); hint != "" {
			err = fmt.Errorf("%w\n%s", err, hint)
		}
		p := &plan{Row: gate.Row{Package: path, Spent: time.Since(begin),
			Reproduce: m.Command + " " + escape.Shell(path)}}
		p.fail(err)
		m.addPlans(p)
		return nil
	}
	m.skipped = append(m.skipped, skippedByBoth(path, oldList, newList)...)
	plans := m.deal(m.matchRows(path, oldList, newList))
	for _, p := range plans {
		if hint := m.ignoredFiles(ctx, path, oldList.failed[p.Name], newList.failed[p.Name]); hint != "" {
			p.Err += "; " + hint
		}
	}
	changed := m.changedBenchmarks(path)
	for _, p := range plans {
		p.Changed = changed(functionOf(p.Name))
	}
	m.addPlans(plans...)
	m.listed = len(left) == 1
	begin = time.Now()
	err := m.probe(ctx, oldBinary, newBinary, plans, m.probeDeadline(left))
	for _, p := range plans {
		p.Spent += time.Since(begin) / time.Duration(len(plans))
	}
	if err != nil {
		return err
	}
	return m.countInstructions(ctx, oldBinary, newBinary, plans, len(left))
}

// identicalRows makes a row for each benchmark function whose code is the same on
// both sides.
func (m *measurer) identicalRows(path string, same sameCode) {
	for _, name := range same.functions {
		m.addPlans(&plan{Row: gate.Row{Package: path, Name: name, Mode: gate.Identical, Why: same.why}})
	}
}

// deal returns the rows that are measured here, and counts the others. A row that failed when the rows were listed is
// in every shard: what it would have listed is unknown, so that no shard may pass.
func (m *measurer) deal(plans []*plan) (here []*plan) {
	for _, p := range plans {
		if p.Mode == gate.Failed || m.Shard.Has(p.ID()) {
			here = append(here, p)
		} else {
			m.run.Elsewhere++
		}
	}
	return here
}

// addPlans adds rows. The run counts them as planned at once, so that a run which
// stops early shows how much is missing.
func (m *measurer) addPlans(plans ...*plan) {
	m.plans = append(m.plans, plans...)
	m.run.Planned = len(m.plans) + m.run.Elsewhere
}

// buildBoth builds a package on the sides that have it, at the same time: a link keeps one core busy. A
// binary without a path is of a side that does not have it.
func (m *measurer) buildBoth(ctx context.Context, path string) (old, new binary, oldErr, newErr error) {
	var group errgroup.Group
	build := func(s *side, b *binary, err *error) {
		if p, ok := s.packages[path]; ok {
			layout := m.newLayout() // drawn here, because m.random is for one goroutine
			group.Go(func() error {
				*b, *err = s.build(ctx, p, layout)
				return nil
			})
		}
	}
	build(m.old, &old, &oldErr)
	build(m.new, &new, &newErr)
	_ = group.Wait() // the functions return no errors
	return old, new, oldErr, newErr
}

// listPackage lists the benchmarks of a package on a side, if the side has it.
func (m *measurer) listPackage(
	ctx context.Context, s *side, path string, b binary, without []string,
) (listing, error) {
	if b.path == "" {
		return listing{}, nil
	}
	l, err := m.list(ctx, s, b, without)
	if err != nil {
		return l, fmt.Errorf("listing the benchmarks of %s: %w", path, err)
	}
	return l, nil
}

// A listing is the benchmarks of a package on one side.
type listing struct {
	names   []string
	failed  map[string]error
	skipped map[string]string // why, by name
	none    bool              // the process exited well before any benchmark: TestMain did not run them
}

// errTwice is the error of a name that a package and its external test package
// share. The lines of `go test -bench` cannot be told apart then either.
var errTwice = errors.New("two functions have this name: rename the one in the external test package")

// list runs every benchmark once and collects the names; without running,
// sub-benchmarks are unknown. If a benchmark kills the process, list notes
// that, and continues with the next function in a new process. Each process
// that dies has tried one function at least, so the loop ends.
//
// The pattern of the user is applied in the binary, since only the binary knows the names of
// sub-benchmarks.
func (m *measurer) list(ctx context.Context, s *side, b binary, without []string) (listing, error) {
	l := listing{failed: map[string]error{}, skipped: map[string]string{}}
	tried := map[string]bool{} // functions
	for {
		w, err := startWorker(ctx, s.label, b, m.Silence, "-test.v")
		if err != nil {
			return l, err
		}
		done, err := l.add(w, m.Bench, tried, without)
		if ctx.Err() != nil {
			w.kill()
			return l, ctx.Err()
		}
		w.close()
		l.readOutcomes(s.label, w.output.String())
		if done || err != nil {
			return l, err
		}
	}
}

// add lists the functions that were not tried yet, until one of them kills the
// process. done reports that none is left.
//
// The name of the benchmark that was running is taken from the output, because a process that
// died can answer no question.
func (l *listing) add(
	w *worker, pattern string, tried map[string]bool, without []string,
) (done bool, err error) {
	functions, err := w.functions()
	if errors.Is(err, errEnded) && len(tried) == 0 {
		l.none = true
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w\nbenchmarks are run after TestMain calls m.Run", err)
	}
	for i, f := range functions {
		if slices.Contains(functions[:i], f) {
			l.failed[f] = errTwice
		}
		if tried[f] || slices.Contains(without, f) {
			continue
		}
		tried[f] = true
		err := w.each(f, pattern, func(name string) error {
			l.names = append(l.names, name)
			return nil
		})
		if err != nil {
			name := f
			if begun := startedLine.FindAllString(w.output.String(), -1); len(begun) > 0 {
				name = begun[len(begun)-1] // the sub-benchmark that was running
			}
			l.failed[name] = err
			return false, nil
		}
	}
	return true, nil
}

// startedLine matches the line that -test.v prints when a benchmark begins.
var startedLine = regexp.MustCompile(`(?m)^Benchmark\S*$`)

// readOutcomes finds benchmarks that failed or were skipped in the output of a
// process. A parent fails with its child, and the child comes first; then only
// the child counts.
func (l *listing) readOutcomes(label, output string) {
	for _, found := range outcomeLines.FindAllStringSubmatch(output, -1) {
		name, why := found[3], strings.Join(strings.Fields(found[1]), " ")
		if found[2] == "SKIP" {
			l.skipped[name] = why
			continue
		}
		if !l.hasFailed(name) {
			l.failed[name] = fmt.Errorf("%s: it failed: %s", label, why)
		}
	}
}

// hasFailed reports whether a benchmark, or a sub-benchmark of it, failed.
func (l *listing) hasFailed(name string) bool {
	for other := range l.failed {
		if other == name || strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}

// unknown reports whether the side may have a benchmark that it does not list:
// a parent of the benchmark failed, or its function died before it. A function
// that died may have had more sub-benchmarks. To call them missing would blame
// the other side.
func (l *listing) unknown(name string) bool {
	for other := range l.failed {
		parent := other == name || strings.HasPrefix(name, other+"/")
		if parent || functionOf(other) == functionOf(name) {
			return true
		}
	}
	return false
}

// failureOf joins the errors of both sides about one benchmark. It is nil if
// there are none.
func failureOf(name string, sides ...listing) error {
	var errs []error
	for _, l := range sides {
		errs = append(errs, l.failed[name])
	}
	return errors.Join(errs...)
}

// allNames returns the names of both sides: in the order of the old side, then
// names of the new side only, then names that failed before they were listed.
func allNames(old, new listing) []string {
	var names []string
	seen := map[string]bool{}
	add := func(more []string) {
		for _, name := range more {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	add(old.names)
	add(new.names)
	for _, l := range []listing{old, new} {
		add(slices.Sorted(maps.Keys(l.failed)))
	}
	return names
}

// matchRows makes a plan for each benchmark that both sides have, or that failed
// on one side.
//
// A benchmark that one side lacks is no row. It is in a list of its own, and the judge decides
// whether that fails the gate.
func (m *measurer) matchRows(path string, old, new listing) (plans []*plan) {
	for _, name := range allNames(old, new) {
		p := &plan{Row: gate.Row{Package: path, Name: name, Reproduce: m.reproduceRow(path, name)}}
		failed := failureOf(name, old, new)
		inOld, inNew := slices.Contains(old.names, name), slices.Contains(new.names, name)
		switch {
		case failed != nil:
			p.fail(failed)
		case !inOld && old.unknown(name), !inNew && new.unknown(name):
			continue // the row that failed stands for this one too
		case !inOld:
			m.run.OnlyNew = append(m.run.OnlyNew, p.ID())
			m.addWhyOnly(p.ID(), old.whySkipped("old", name))
			continue
		case !inNew:
			m.run.OnlyOld = append(m.run.OnlyOld, p.ID())
			m.addWhyOnly(p.ID(), new.whySkipped("new", name))
			continue
		}
		plans = append(plans, p)
	}
	return plans
}

// whySkipped says why a side lacks a benchmark: the benchmark skips itself there, or a parent of it does. It
// returns "" if the side does not have it.
func (l listing) whySkipped(side, name string) string {
	for ; name != ""; name = parentOf(name) {
		if why, ok := l.skipped[name]; ok {
			return strings.TrimSuffix("the "+side+" side skips it: "+why, ": ")
		}
	}
	return ""
}

// addWhyOnly notes why one side lacks a row, if it is known.
func (m *measurer) addWhyOnly(id, why string) {
	if why == "" {
		return
	}
	if m.run.WhyOnly == nil {
		m.run.WhyOnly = map[string]string{}
	}
	m.run.WhyOnly[id] = why
}

// skippedByBoth returns the IDs of benchmarks that skip themselves on both sides, each with its reason.
// A benchmark that only one side skips is missing there.
func skippedByBoth(path string, old, new listing) (ids []string) {
	if old.none && new.none {
		return []string{path + " (TestMain did not come to m.Run)"}
	}
	for _, name := range slices.Sorted(maps.Keys(old.skipped)) {
		if why, both := new.skipped[name]; both {
			id := (&gate.Row{Package: path, Name: name}).ID()
			if why != "" {
				id += " (" + why + ")"
			}
			ids = append(ids, id)
		}
	}
	return ids
}

// reproduceRow returns the command that measures one row again, and reproduceAll
// the one for all rows.
func (m *measurer) reproduceRow(path, name string) string {
	return fmt.Sprintf("%s -bench %s %s", m.Command, escape.Shell(pattern(name)), escape.Shell(path))
}

func (m *measurer) reproduceAll() string {
	words := []string{m.Command}
	if m.Shard.Of > 0 { // not in the command of a row, which would run it only if the shard has it
		words = append(words, "-shard="+m.Shard.String())
	}
	if m.Bench != "." {
		words = append(words, "-bench", escape.Shell(m.Bench))
	}
	for _, p := range m.Packages {
		words = append(words, escape.Shell(p))
	}
	return strings.Join(words, " ")
}
