package main

import (
	"fmt"
	"strings"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/layout"
)

// choose picks the items that a comma-separated flag names, in the order of the table.
// "all" means all. An unknown name is an error that lists those there are.
func choose[T any](kind, names string, table []T, nameOf func(T) string) ([]T, error) {
	if names == "all" {
		return table, nil
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		wanted[strings.TrimSpace(name)] = true
	}
	if wanted["all"] {
		return nil, fmt.Errorf("%s %q: all stands alone", kind, names)
	}
	var chosen []T
	var known []string
	for _, item := range table {
		name := nameOf(item)
		known = append(known, name)
		if wanted[name] {
			chosen = append(chosen, item)
			delete(wanted, name)
		}
	}
	for name := range wanted {
		return nil, fmt.Errorf("unknown %s %q; known are %s, or all", kind, name, list(known))
	}
	return chosen, nil
}

func chooseImpls(names string, table []impls.Impl) ([]impls.Impl, error) {
	return choose("implementation", names, table, func(i impls.Impl) string { return i.Name })
}

// chooseMeasured also takes constructors of packages: see layout.Parse.
func chooseMeasured(names string, table []impls.Impl) (
	chosen []impls.Impl, constructors []layout.Constructor, err error) {
	var ours []string
	for name := range strings.SplitSeq(names, ",") {
		c, ok, err := layout.Parse(strings.TrimSpace(name))
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("-impl %w", err)
		case ok:
			constructors = append(constructors, c)
		default:
			ours = append(ours, name)
		}
	}
	if len(ours) > 0 {
		chosen, err = chooseImpls(strings.Join(ours, ","), table)
	}
	return chosen, constructors, err
}

func list(names []string) string { return strings.Join(names, ", ") }
