package duel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// meet builds one binary of each package on each side, finds out which rows there are, and makes
// plans for those that both sides have. It returns what it takes to link a binary.
func (m *match) meet(ctx context.Context) (link time.Duration, err error) {
	paths := slices.Sorted(maps.Keys(m.old.packages))
	for path := range m.new.packages {
		if _, both := m.old.packages[path]; !both {
			paths = append(paths, path)
		}
	}
	for i, path := range paths {
		m.say(fmt.Sprintf("building %s", path), i, len(paths))
		if err := m.meetAt(ctx, path); err != nil {
			return 0, err
		}
	}
	if len(m.skipped) > 0 {
		m.fact("skipped", strings.Join(m.skipped, ", "))
	}
	return m.timeLink(ctx)
}

// timeLink returns what it takes to link a binary.
func (m *match) timeLink(ctx context.Context) (time.Duration, error) {
	i := slices.IndexFunc(m.plans, func(p *plan) bool { return p.Mode != gate.Failed })
	if i < 0 {
		return 0, nil
	}
	begin := time.Now()
	b, err := m.old.build(ctx, m.old.packages[m.plans[i].Package], m.seed())
	pool{b}.remove()
	return time.Since(begin), err
}

// meetAt does so for one package. One that does not build, or whose benchmarks cannot be listed, is a row
// that failed: whoever gates many packages wants to know about the others too.
func (m *match) meetAt(ctx context.Context, path string) error {
	begin := time.Now()
	oldBinary, oldRows, oldErr := m.look(ctx, m.old, path)
	newBinary, newRows, newErr := m.look(ctx, m.new, path)
	defer pool{oldBinary, newBinary}.remove()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := errors.Join(oldErr, newErr); err != nil {
		p := &plan{Row: gate.Row{Package: path, Reproduce: m.Command + " " + Quote(path), Spent: time.Since(begin)}}
		p.fail(err)
		m.add(p)
		return nil
	}
	m.skipped = append(m.skipped, bothSkipped(path, oldRows, newRows)...)
	plans := m.pairUp(path, oldRows, newRows)
	m.add(plans...)
	begin = time.Now()
	err := m.probe(ctx, oldBinary, newBinary, plans)
	for _, p := range plans {
		p.Spent += time.Since(begin) / time.Duration(len(plans))
	}
	return err
}

func (m *match) add(plans ...*plan) {
	m.plans = append(m.plans, plans...)
	m.run.Planned = len(m.plans)
}

// look builds a package on a side, if it has it, and lists its benchmarks.
func (m *match) look(ctx context.Context, s *side, path string) (binary, listing, error) {
	p, ok := s.packages[path]
	if !ok {
		return binary{}, listing{}, nil
	}
	b, err := s.build(ctx, p, m.seed())
	if err != nil {
		return b, listing{}, err
	}
	l, err := m.list(ctx, s, b)
	if err != nil {
		return b, l, fmt.Errorf("listing the benchmarks of %s: %w", path, err)
	}
	return b, l, nil
}

// pairUp makes a plan for each row that both sides have or that failed on one.
func (m *match) pairUp(path string, old, new listing) (plans []*plan) {
	for _, name := range union(old, new) {
		p := &plan{Row: gate.Row{Package: path, Name: name, Reproduce: m.command(path, name)}}
		failed := failure(name, old, new)
		inOld, inNew := slices.Contains(old.names, name), slices.Contains(new.names, name)
		switch {
		case failed != nil:
			p.fail(failed)
		case !inOld && old.unknown(name), !inNew && new.unknown(name):
			continue // the row that failed stands for it
		case !inOld:
			m.run.OnlyNew = append(m.run.OnlyNew, p.ID())
			continue
		case !inNew:
			m.run.OnlyOld = append(m.run.OnlyOld, p.ID())
			continue
		}
		plans = append(plans, p)
	}
	return plans
}

func bothSkipped(path string, old, new listing) (ids []string) {
	if old.none && new.none {
		return []string{path + " (TestMain did not come to m.Run)"}
	}
	for _, name := range old.skipped {
		if slices.Contains(new.skipped, name) {
			ids = append(ids, (&gate.Row{Package: path, Name: name}).ID())
		}
	}
	return ids
}

// command measures one row again.
func (m *match) command(path, name string) string {
	return fmt.Sprintf("%s -bench %s %s", m.Command, Quote(pattern(name)), Quote(path))
}

// whole measures all rows again.
func (m *match) whole() string {
	words := []string{m.Command}
	if m.Bench != "." {
		words = append(words, "-bench", Quote(m.Bench))
	}
	for _, p := range m.Packages {
		words = append(words, Quote(p))
	}
	return strings.Join(words, " ")
}

// plain is what a shell takes as it is.
var plain = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// Quote returns a word for a shell that means s.
func Quote(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// paths are the packages that there are plans for, in order.
func (m *match) paths() (paths []string) {
	for _, p := range m.plans {
		if !slices.Contains(paths, p.Package) {
			paths = append(paths, p.Package)
		}
	}
	return paths
}

// all returns the plans of a package, and of those that have not failed.
func (m *match) all(path string) (plans []*plan) {
	for _, p := range m.plans {
		if p.Package == path {
			plans = append(plans, p)
		}
	}
	return plans
}

func (m *match) of(path string) []*plan {
	return slices.DeleteFunc(m.all(path), func(p *plan) bool { return p.Mode == gate.Failed })
}

func (m *match) say(doing string, done, total int) { m.Progress(Progress{doing, done, total}) }
