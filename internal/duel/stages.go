package duel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// first measures a package for the first time, and the controls if its row is the one that serves for
// them: old against old, as it is and with a slowdown planted.
func (m *match) first(ctx context.Context, path string) error {
	plans := m.of(path)
	if len(plans) == 0 {
		return nil
	}
	m.say("linking "+path, 0, 0)
	old, new, err := m.link(ctx, path)
	if err != nil {
		return err
	}
	defer old.remove()
	defer new.remove()
	m.progress.Doing = path
	planned := func(p *plan) int { return p.pairs }
	err = m.fight(ctx, bout{
		a: old, b: new, labels: [2]string{"old", "new"}, plans: plans, pairs: planned,
		keep: func(p *plan, pair gate.Pair) { p.Pairs = append(p.Pairs, pair) },
	})
	if err == nil && m.Self {
		err = m.fight(ctx, bout{
			a: old, b: old, labels: [2]string{"old", "old"}, plans: plans, pairs: planned,
			keep: func(p *plan, pair gate.Pair) { p.SelfPairs = append(p.SelfPairs, pair) },
		})
	}
	if err == nil && slices.Contains(plans, m.control) {
		err = m.controls(ctx, old)
	}
	m.keep()
	return m.stopped(err)
}

func (m *match) controls(ctx context.Context, old pool) error {
	for _, planted := range []float64{0, 0.10} {
		p := *m.control
		p.Pairs, p.SelfPairs, p.Exact, p.Spent = nil, nil, nil, 0
		err := m.fight(ctx, bout{
			a: old, b: old, labels: [2]string{"old", "old"}, plans: []*plan{&p}, planted: planted,
			pairs: func(p *plan) int { return p.pairs },
			keep:  func(p *plan, pair gate.Pair) { p.Pairs = append(p.Pairs, pair) },
		})
		m.run.Controls = append(m.run.Controls, gate.Control{Row: p.Row, Planted: planted})
		if err != nil {
			return err
		}
	}
	return nil
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
func (m *match) second(ctx context.Context) error {
	if m.Second == nil || m.run.Stopped != "" {
		return nil
	}
	wanted := m.Second(m.run)
	for _, path := range m.paths() {
		var plans []*plan
		for _, p := range m.of(path) {
			if wanted[p.ID()] > 0 {
				plans = append(plans, p)
				m.progress.Total += wanted[p.ID()]
			}
		}
		if len(plans) == 0 {
			continue
		}
		m.say("linking "+path, 0, 0)
		old, new, err := m.link(ctx, path)
		if err != nil {
			return err
		}
		m.progress.Doing = "once more " + path
		err = m.fight(ctx, bout{
			a: old, b: new, labels: [2]string{"old", "new"}, plans: plans,
			pairs: func(p *plan) int { return wanted[p.ID()] },
			keep:  func(p *plan, pair gate.Pair) { p.Second = append(p.Second, pair) },
		})
		old.remove()
		new.remove()
		if err := m.stopped(err); err != nil {
			return err
		}
	}
	m.keep()
	return nil
}

// profile writes CPU profiles of both sides of chosen rows. A profile is of an ordinary run of the
// benchmark for a second.
func (m *match) profile(ctx context.Context) error {
	if m.Profile == nil || m.Profiles == "" {
		return nil
	}
	chosen := m.Profile(m.run)
	for i, p := range m.plans {
		if !slices.Contains(chosen, p.ID()) || p.Mode == gate.Failed {
			continue
		}
		if err := os.MkdirAll(m.Profiles, 0o777); err != nil {
			return err
		}
		p.OldProfile, p.NewProfile = fmt.Sprintf("%d-old.pprof", i), fmt.Sprintf("%d-new.pprof", i)
		for name, s := range map[string]*side{p.OldProfile: m.old, p.NewProfile: m.new} {
			m.say("profiling "+p.Name, 0, 0)
			if err := m.profileOne(ctx, s, p, filepath.Join(m.Profiles, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *match) profileOne(ctx context.Context, s *side, p *plan, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	b, err := s.build(ctx, s.packages[p.Package], m.seed())
	if err != nil {
		return err
	}
	defer pool{b}.remove()
	ctx, cancel := context.WithTimeout(ctx, m.Silence+10*time.Second)
	defer cancel()
	_, err = output(ctx, b.dir, []string{"SEMABENCH_SLICE=1"}, b.path, "-test.run=^$",
		"-test.bench="+pattern(p.Name), "-test.benchtime=1s", "-test.cpuprofile="+path)
	return err
}
