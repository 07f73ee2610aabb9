package main

import (
	"fmt"
	"strings"

	"github.com/semabench/semabench/impls"
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

func list(names []string) string { return strings.Join(names, ", ") }
