package duel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

var (
	oldNew = [2]string{"old", "new"}
	oldOld = [2]string{"old", "old"}
)

// first measures a package for the first time.
func (m *match) first(ctx context.Context, path string) error {
	plans := m.of(path)
	if len(plans) == 0 || m.run.Stopped != "" {
		return m.keep(m.all(path))
	}
	m.say("linking "+path, 0, 0)
	planned := func(p *plan) int { return p.pairs }
	old, new, err := m.link(ctx, path, min(most(plans, planned), m.Layouts))
	if err != nil {
		return err
	}
	defer m.release(old)
	defer new.remove()
	m.progress.Doing = path
	err = m.fight(ctx, bout{
		a: old, b: new, labels: oldNew, plans: plans, pairs: planned,
		keep: func(p *plan, pair gate.Pair) { p.Pairs = append(p.Pairs, pair) },
	})
	if err == nil && m.Self {
		err = m.fight(ctx, bout{
			a: old, b: old, labels: oldOld, plans: plans, pairs: planned,
			keep: func(p *plan, pair gate.Pair) { p.SelfPairs = append(p.SelfPairs, pair) },
		})
	}
	if err = errors.Join(err, m.keep(m.all(path))); err == nil {
		m.offer(plans, old)
	}
	return m.stopped(err)
}

// stopped turns running out of time into a run that ended early.
func (m *match) stopped(err error) error {
	if !errors.Is(err, errLate) {
		return err
	}
	m.run.Stopped = fmt.Sprintf("%v: %v had passed of %v", errLate,
		time.Since(m.begun).Round(time.Second), m.MaxTime)
	return nil
}

// second measures suspects again, in processes and layouts that nobody has seen yet.
func (m *match) second(ctx context.Context, rows []int) error {
	if m.run.Stopped != "" {
		return nil
	}
	suspects := map[string][]*plan{}
	for _, i := range rows {
		p := m.kept[i]
		suspects[p.Package] = append(suspects[p.Package], p)
		m.progress.Total += gate.SecondPairs(len(p.Pairs))
	}
	for _, path := range slices.Sorted(maps.Keys(suspects)) {
		if err := m.again(ctx, path, suspects[path]); err != nil {
			return m.stopped(err)
		}
	}
	return nil
}

func (m *match) again(ctx context.Context, path string, plans []*plan) error {
	m.say("linking "+path, 0, 0)
	planned := func(p *plan) int { return gate.SecondPairs(len(p.Pairs)) }
	old, new, err := m.link(ctx, path, min(most(plans, planned), gate.SecondPairs(m.Layouts)))
	if err != nil {
		return err
	}
	defer old.remove()
	defer new.remove()
	m.progress.Doing = "once more " + path
	err = m.fight(ctx, bout{
		a: old, b: new, labels: oldNew, plans: plans,
		pairs: planned,
		keep:  func(p *plan, pair gate.Pair) { p.Second = append(p.Second, pair) },
	})
	if err != nil {
		for _, p := range plans { // the rule is for all pairs of a stage or none
			p.Second = nil
		}
	}
	return errors.Join(err, m.keep(plans))
}

// profile writes CPU profiles of both sides of chosen rows. A profile is of an ordinary run of the
// benchmark for a second.
func (m *match) profile(ctx context.Context, dir string, rows []int) error {
	for _, i := range rows {
		p := m.kept[i]
		if p.Mode == gate.Failed {
			continue
		}
		m.say("profiling "+p.Name, 0, 0)
		var err error
		p.OldProfile, err = m.profileOne(ctx, m.old, p, dir, fmt.Sprintf("%d-old.pprof", i))
		if err == nil {
			p.NewProfile, err = m.profileOne(ctx, m.new, p, dir, fmt.Sprintf("%d-new.pprof", i))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // the verdict does not need it
			m.say(fmt.Sprintf("no profile of %s: %v", p.Name, err), 0, 0)
		}
		if err := m.keep([]*plan{p}); err != nil {
			return err
		}
	}
	return nil
}

func (m *match) profileOne(ctx context.Context, s *side, p *plan, dir, name string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o777)
	}
	if err != nil {
		return "", err
	}
	b, err := s.build(ctx, s.packages[p.Package], m.seed())
	if err != nil {
		return "", err
	}
	defer pool{b}.remove()
	ctx, cancel := context.WithTimeout(ctx, m.Silence+10*time.Second)
	defer cancel()
	_, err = output(ctx, b.dir, []string{"SEMABENCH_SLICE=1"}, b.path, "-test.run=^$",
		"-test.bench="+pattern(p.Name), "-test.benchtime=1s", "-test.cpuprofile="+filepath.Join(dir, name))
	if err != nil {
		return "", err
	}
	return name, nil
}
