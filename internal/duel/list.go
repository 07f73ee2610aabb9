package duel

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A listing is the benchmarks of a package on one side.
type listing struct {
	names   []string
	failed  map[string]error
	skipped []string
	none    bool // it ended well before any: TestMain did not run them
}

// errTwice is of a package and its external test package that use the same name. The figures of
// `go test -bench` cannot be told apart then either.
var errTwice = errors.New("two functions have this name: rename the one in the external test package")

// list runs every benchmark once, without which sub-benchmarks are not known, and asks for its name. One that
// kills the process is noted, and another process goes on with the next.
func (m *match) list(ctx context.Context, s *side, b binary) (listing, error) {
	l := listing{failed: map[string]error{}}
	tried := map[string]bool{}
	for {
		p, err := start(ctx, s.label, b, m.Silence, "-test.v")
		if err != nil {
			return l, err
		}
		done, err := l.add(p, m.Bench, tried)
		if ctx.Err() != nil {
			p.kill()
			return l, ctx.Err()
		}
		p.close()
		l.hear(s.label, p.said.String())
		if done || err != nil {
			return l, err
		}
	}
}

// add lists the functions that were not tried, until one kills the process.
func (l *listing) add(p *process, pattern string, tried map[string]bool) (done bool, err error) {
	functions, err := p.names()
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
		if tried[f] {
			continue
		}
		tried[f] = true
		err := p.each(f, pattern, func(name string) error {
			l.names = append(l.names, name)
			return nil
		})
		if err != nil {
			name := f
			if under := running.FindAllString(p.said.String(), -1); len(under) > 0 {
				name = under[len(under)-1]
			}
			l.failed[name] = err
			return false, nil
		}
	}
	return true, nil
}

// running is what -test.v prints when a benchmark begins, outcome what it prints of one that did not
// come to an end, after what that logged.
var (
	running = regexp.MustCompile(`(?m)^Benchmark\S*$`)
	outcome = regexp.MustCompile(`(?m)((?:^\s+\S.*\n)*)^--- (FAIL|SKIP): (\S+)$`)
)

// hear looks in what a process printed for benchmarks that failed or were skipped. A parent fails with
// its child, which comes first.
func (l *listing) hear(label, said string) {
	for _, found := range outcome.FindAllStringSubmatch(said, -1) {
		name, why := found[3], strings.Join(strings.Fields(found[1]), " ")
		if found[2] == "SKIP" {
			l.skipped = append(l.skipped, name)
			continue
		}
		if !l.hasFailed(name) {
			l.failed[name] = fmt.Errorf("%s: it failed: %s", label, why)
		}
	}
}

// hasFailed reports whether a benchmark, or one below it, failed.
func (l *listing) hasFailed(name string) bool {
	for other := range l.failed {
		if other == name || strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}

// unknown reports whether nothing can be said of a name that is not listed: a parent of it failed,
// or the function died on the way to it.
func (l *listing) unknown(name string) bool {
	for other := range l.failed {
		if other == name || strings.HasPrefix(name, other+"/") || function(other) == function(name) {
			return true
		}
	}
	return false
}

// failure joins what went wrong on both sides with one benchmark; nil if nothing did.
func failure(name string, sides ...listing) error {
	var errs []error
	for _, l := range sides {
		errs = append(errs, l.failed[name])
	}
	return errors.Join(errs...)
}

// union returns the names of both sides in the order of the first one.
func union(old, new listing) []string {
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
		var failed []string
		for name := range l.failed {
			failed = append(failed, name)
		}
		slices.Sort(failed)
		add(failed)
	}
	return names
}
