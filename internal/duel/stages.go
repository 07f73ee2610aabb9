package duel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/reports/gate"
)

// Labels of the two sides of a batch.
var (
	oldNew = [2]string{"old", "new"}
	oldOld = [2]string{"old", "old"}
)

// firstStage measures the rows of a package for the first time. Its rows are
// recorded even on an error, so a run that was interrupted has all rows that
// were measured.
func (m *measurer) firstStage(ctx context.Context, path string) error {
	plans := m.measurable(path)
	if len(plans) == 0 || m.run.Stopped != "" {
		return m.record(m.plansOf(path))
	}
	m.show("linking "+path, 0, 0)
	planned := func(p *plan) int { return p.pairs }
	old, new, err := m.linkBoth(ctx, path, min(mostPairs(plans, planned), m.Layouts))
	if err != nil {
		return err
	}
	defer m.release(old)
	defer new.remove()
	m.progress.Doing = path
	err = m.measureBatch(ctx, batch{
		a: old, b: new, labels: oldNew, plans: plans, pairs: planned,
		add: func(p *plan, pair gate.Pair) { p.Pairs = append(p.Pairs, pair) },
	})
	if err == nil && m.Self {
		err = m.measureBatch(ctx, batch{
			a: old, b: old, labels: oldOld, plans: plans, pairs: planned,
			add: func(p *plan, pair gate.Pair) { p.SelfPairs = append(p.SelfPairs, pair) },
		})
	}
	if err = errors.Join(err, m.record(m.plansOf(path))); err == nil {
		m.considerControls(plans, old)
	}
	return m.stopIfLate(err)
}

// stopIfLate turns errLate into a run that stopped early. A run that is out of
// time is no error: what was measured is judged, and the report says what is
// missing.
func (m *measurer) stopIfLate(err error) error {
	if !errors.Is(err, errLate) {
		return err
	}
	m.run.Stopped = fmt.Sprintf("%v: %v had passed of %v", errLate,
		time.Since(m.begun).Round(time.Second), m.MaxTime)
	return nil
}

// secondStage measures suspects again, given by their indices in the run. It
// uses new processes and layouts, so that its pairs are independent of the
// pairs that raised the suspicion. Packages are taken in the order of their
// names, so that the same suspects are measured in the same order.
//
// A stage that is cut short leaves its row without a second stage and not with half of one,
// whose test would promise too much.
func (m *measurer) secondStage(ctx context.Context, rows []int) error {
	if m.run.Stopped != "" {
		return nil
	}
	suspects := map[string][]*plan{} // by package
	for _, i := range rows {
		p := m.recorded[i]
		suspects[p.Package] = append(suspects[p.Package], p)
		m.progress.Total += gate.SecondPairs(len(p.Pairs))
	}
	for _, path := range slices.Sorted(maps.Keys(suspects)) {
		if err := m.measureAgain(ctx, path, suspects[path]); err != nil {
			return m.stopIfLate(err)
		}
	}
	return nil
}

// fitting returns the rows whose second stage fits into the time that is left. Each package costs its
// links once. A row that does not fit is left out, and smaller ones after it are still tried: the time
// would be lost otherwise.
func (m *measurer) fitting(rows []int) (fit []int) {
	if m.MaxTime == 0 {
		return rows
	}
	left := m.MaxTime - time.Since(m.begun)
	linked := map[string]bool{}
	for _, i := range rows {
		p := m.recorded[i]
		pairs := gate.SecondPairs(len(p.Pairs))
		cost := p.cost * time.Duration(pairs)
		if !linked[p.Package] {
			binaries := 2 * min(pairs, gate.SecondPairs(m.Layouts))
			cost += m.linkTime * time.Duration(binaries) / time.Duration(runtime.NumCPU())
		}
		if cost <= left {
			left -= cost
			linked[p.Package] = true
			fit = append(fit, i)
		}
	}
	return fit
}

// measureAgain measures the suspects of one package.
//
// New layouts are drawn. With the old ones a lucky layout that raised the suspicion would raise
// it again.
func (m *measurer) measureAgain(ctx context.Context, path string, plans []*plan) error {
	m.show("linking "+path, 0, 0)
	planned := func(p *plan) int { return gate.SecondPairs(len(p.Pairs)) }
	layouts := min(mostPairs(plans, planned), gate.SecondPairs(m.Layouts))
	old, new, err := m.linkBoth(ctx, path, layouts)
	if err != nil {
		return err
	}
	defer old.remove()
	defer new.remove()
	m.progress.Doing = "once more " + path
	err = m.measureBatch(ctx, batch{
		a: old, b: new, labels: oldNew, plans: plans, pairs: planned,
		add: func(p *plan, pair gate.Pair) { p.Second = append(p.Second, pair) },
	})
	if err != nil {
		for _, p := range plans { // the rule of the gate is for all pairs of a stage or none
			p.Second = nil
		}
	}
	return errors.Join(err, m.record(plans))
}

// profile writes CPU profiles of both sides of rows, given by their indices in
// the run. It comes after all measuring: a profiler slows a process down.
func (m *measurer) profile(ctx context.Context, dir string, rows []int) error {
	for _, i := range rows {
		p := m.recorded[i]
		if p.unpaired() {
			continue
		}
		m.show("profiling "+p.Name, 0, 0)
		var err error
		p.OldProfile, err = m.profileSide(ctx, m.old, p, dir, fmt.Sprintf("%d-old.pprof", i))
		if err == nil {
			p.NewProfile, err = m.profileSide(ctx, m.new, p, dir, fmt.Sprintf("%d-new.pprof", i))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // the verdict does not need the profile
			m.show(fmt.Sprintf("no profile of %s: %v", p.Name, err), 0, 0)
		}
		if err := m.record([]*plan{p}); err != nil {
			return err
		}
	}
	return nil
}

// profileSide writes one profile into dir and returns its name. It builds with
// a layout of its own, since the binaries of the stages are removed by then.
func (m *measurer) profileSide(
	ctx context.Context, s *side, p *plan, dir, name string,
) (string, error) {
	dir, err := filepath.Abs(dir) // the benchmark runs in another directory
	if err == nil {
		err = os.MkdirAll(dir, 0o777)
	}
	if err != nil {
		return "", err
	}
	b, err := s.build(ctx, s.packages[p.Package], m.newLayout())
	if err != nil {
		return "", err
	}
	defer binaries{b}.remove()
	ctx, cancel := context.WithTimeout(ctx, m.Silence+10*time.Second)
	defer cancel()
	_, err = child.Output(ctx, b.dir, []string{"SEMABENCH_SLICE=1"}, b.path, "-test.run=^$",
		"-test.bench="+pattern(p.Name), "-test.benchtime=1s",
		"-test.cpuprofile="+filepath.Join(dir, name))
	if err != nil {
		return "", err
	}
	return name, nil
}
