package duel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/semabench/semabench/cmd/internal/callcost"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/reports/gate"
)

// firstStage measures the rows of a package for the first time. Its rows are
// recorded even on an error, so a run that was interrupted has all rows that
// were measured.
//
// It looks at half of the pairs, and links and measures the other half only for rows that are not
// UNCHANGED by then. That saves most where it costs most: half of the time goes into links.
func (m *measurer) firstStage(ctx context.Context, path string) error {
	plans := slices.DeleteFunc(m.measurable(path), func(p *plan) bool { return p.pairs == 0 })
	if len(plans) == 0 || m.run.Stopped != "" {
		return m.record(m.plansOf(path))
	}
	for _, p := range plans {
		p.Looks = gate.Looks(p.pairs, 2)
	}
	layouts := min(mostPairs(plans, func(p *plan) int { return p.pairs }), m.Layouts)
	var olds, news binaries
	defer func() {
		m.release(olds)
		news.remove()
	}()
	err := m.inLooks(ctx, path, plans, layouts, func(p *plan) ([]int, int) { return p.Looks, len(p.Pairs) },
		func(old, new binaries, open []*plan, planned func(*plan) int) error {
			olds, news = append(olds, old...), append(news, new...)
			m.progress.Doing = path
			err := m.measureBatch(ctx, batch{
				a: old, b: new, labels: oldNew, plans: open, pairs: planned,
				add: func(p *plan, pair gate.Pair) { p.Pairs = append(p.Pairs, pair) },
			})
			if err == nil && m.Self {
				err = m.measureBatch(ctx, batch{
					a: old, b: old, labels: oldOld, plans: open, pairs: planned,
					add: func(p *plan, pair gate.Pair) { p.SelfPairs = append(p.SelfPairs, pair) },
				})
			}
			return errors.Join(err, m.record(m.plansOf(path)))
		})
	if err == nil {
		err = m.record(m.plansOf(path))
		m.considerControls(plans, olds)
	}
	return err
}

// inLooks measures rows of a package up to each of their looks in turn. stage returns the looks of a row and
// how many pairs it has. Each look has binaries of its own, as many as are in proportion to its pairs.
// Between the looks the judge says which rows need more.
func (m *measurer) inLooks(ctx context.Context, path string, plans []*plan, layouts int,
	stage func(*plan) (looks []int, pairs int),
	measure func(old, new binaries, open []*plan, planned func(*plan) int) error) error {
	missing := func(p *plan) int { // until the next look
		looks, pairs := stage(p)
		for _, n := range looks {
			if n > pairs {
				return n - pairs
			}
		}
		return 0
	}
	last := func(p *plan) int { looks, _ := stage(p); return looks[len(looks)-1] }
	all := mostPairs(plans, last)
	for open := plans; len(open) > 0; {
		most := mostPairs(open, missing)
		need := map[*plan]int{} // missing changes while pairs are added
		for _, p := range open {
			need[p] = missing(p)
		}
		m.show("linking "+path, 0, 0)
		old, new, err := m.linkBoth(ctx, path, max(1, min(most, (most*layouts+all-1)/all)))
		if err != nil {
			return err
		}
		if err := measure(old, new, open, func(p *plan) int { return need[p] }); err != nil {
			return err
		}
		now := m.unsettled(open)
		for _, p := range open {
			if _, pairs := stage(p); !slices.Contains(now, p) {
				m.progress.Total -= max(0, last(p)-pairs) // what a settled row does not need
			}
		}
		open = now
	}
	return nil
}

// unsettled returns the rows that need the pairs of their next look.
func (m *measurer) unsettled(plans []*plan) (open []*plan) {
	var rows []int
	for _, p := range plans {
		if i := slices.Index(m.recorded, p); i >= 0 && !p.unpaired() {
			rows = append(rows, i)
		}
	}
	for _, i := range gate.Unsettled(m.run, m.Judge, rows) {
		open = append(open, m.recorded[i])
	}
	return open
}

// secondStage measures rows again, given by their indices in the run. It
// uses new processes and layouts, so that its pairs are independent of the
// pairs that raised the suspicion. With old layouts a lucky layout that raised it would raise it again.
//
// Packages are taken in the order of their first row, because the caller puts the rows first that
// need it most.
func (m *measurer) secondStage(ctx context.Context, rows []int) error {
	if m.run.Stopped != "" {
		return nil
	}
	var paths []string
	chosen := map[string][]*plan{} // by package
	for _, i := range rows {
		p := m.recorded[i]
		if len(chosen[p.Package]) == 0 {
			paths = append(paths, p.Package)
		}
		chosen[p.Package] = append(chosen[p.Package], p)
	}
	suspects := gate.Suspects(m.run, m.Judge)
	for i, path := range paths {
		plans := chosen[path]
		// A package may use all of the time but what the packages after it need for their least.
		left := m.left() / time.Duration(len(paths)-i)
		if i == 0 {
			left = m.left()
			for _, other := range paths[1:] {
				left -= m.demandAgain(chosen[other], 1)
			}
		}
		isSuspect := func(p *plan) bool { return slices.Contains(suspects, slices.Index(m.recorded, p)) }
		// If the time is too short for all rows, it goes to the first ones, which look slowest: one row that is found
		// again decides the run, and rows that are all left open do not.
		planned := m.planAgain(plans, left)
		for !planned && len(plans) > 1 {
			plans = plans[:len(plans)/2]
			planned = m.planAgain(plans, left)
		}
		if !planned {
			if m.run.Late == "" && slices.ContainsFunc(plans, isSuspect) {
				m.run.Late = fmt.Sprintf("%v: %v of %v were left, too little to measure rows again", errLate,
					max(0, m.MaxTime-time.Since(m.begun)).Round(time.Second), m.MaxTime)
			}
			continue
		}
		if err := m.measureAgain(ctx, path, plans); err != nil {
			return err
		}
	}
	return nil
}

// planAgain declares the looks of the second stage of some rows of a package, as many pairs as fit into the
// time that is left. It reports whether any do: fewer pairs than the first stage has are not worth
// their time, and neither are so few that no p is small enough.
//
// It does not know the pairs that are to come, so whatever it declares is declared beforehand.
func (m *measurer) planAgain(plans []*plan, left time.Duration) bool {
	limit := float64(gate.MostPairs(1))
	if m.MaxTime > 0 {
		fit, least := 0., 1.
		for _, p := range plans {
			least = max(least, float64(gate.LeastUnits(m.run, m.Judge))/float64(len(p.Pairs)))
		}
		for factor := limit; factor >= least; factor /= 1.25 {
			if m.demandAgain(plans, factor) <= left {
				fit = factor
				break
			}
		}
		limit = fit
	}
	if limit == 0 {
		return false
	}
	for _, p := range plans {
		p.SecondLooks = gate.Looks(int(limit*float64(len(p.Pairs))), 3)
		m.progress.Total += p.SecondLooks[len(p.SecondLooks)-1]
	}
	return true
}

// demandAgain estimates the time of a second stage with a multiple of the pairs of the first.
func (m *measurer) demandAgain(plans []*plan, factor float64) (all time.Duration) {
	most := 0
	for _, p := range plans {
		most = max(most, len(p.Pairs))
		all += time.Duration(factor * float64(len(p.Pairs)) * float64(p.cost))
	}
	return all + m.linking(int(2*factor*float64(min(most, m.Layouts))))
}

// measureAgain measures the chosen rows of one package.
//
// A stage that the clock or the user cut short keeps its pairs: neither knows the result.
func (m *measurer) measureAgain(ctx context.Context, path string, plans []*plan) error {
	first := mostPairs(plans, func(p *plan) int { return len(p.Pairs) })
	last := mostPairs(plans, func(p *plan) int { return p.SecondLooks[len(p.SecondLooks)-1] })
	layouts := last * min(first, m.Layouts) / first
	return m.inLooks(ctx, path, plans, layouts, func(p *plan) ([]int, int) { return p.SecondLooks, len(p.Second) },
		func(old, new binaries, open []*plan, planned func(*plan) int) error {
			defer old.remove()
			defer new.remove()
			m.progress.Doing = "once more " + path
			err := m.measureBatch(ctx, batch{
				a: old, b: new, labels: oldNew, plans: open, pairs: planned,
				add: func(p *plan, pair gate.Pair) { p.Second = append(p.Second, pair) },
			})
			return errors.Join(err, m.record(open))
		})
}

// profile writes CPU profiles of both sides of rows, given by their indices in
// the run. It comes after all measuring: a profiler slows a process down.
func (m *measurer) profile(ctx context.Context, dir string, rows []int) error {
	for _, i := range rows {
		p := m.recorded[i]
		if p.unpaired() {
			continue
		}
		// Two links, two runs of a second, and what a benchmark does before its second.
		if took := m.linking(2*runtime.NumCPU()) + 4*time.Second; m.MaxTime > 0 && m.left() < took {
			m.show(fmt.Sprintf("no profile of %s: -max-time leaves no time for it", p.Name), 0, 0)
			continue
		}
		m.show("profiling "+p.Name, 0, 0)
		var err error
		p.OldProfile, err = m.profileSide(ctx, m.old, p, dir, fmt.Sprintf("%d-old.pprof", i))
		if err == nil {
			p.NewProfile, err = m.profileSide(ctx, m.new, p, dir, fmt.Sprintf("%d-new.pprof", i))
		}
		if err == nil {
			p.Costs, err = callcost.Compare(filepath.Join(dir, p.OldProfile), filepath.Join(dir, p.NewProfile))
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
