package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/cmd/internal/layout"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/spelling"
)

// known returns every implementation that the user can name. It is a new slice: a caller that appends to it must
// not write into the table.
func (a app) known() []impls.Impl { return slices.Concat(a.table, a.shared) }

// chooseImpls chooses among the tables of a.
func (a app) chooseImpls(names string) ([]impls.Impl, error) {
	return chooseImpls(names, a.table, a.shared...)
}

// chooseImpls returns the implementations that a comma-separated flag names, in the order of the
// table. "all" means the table, without the implementations that processes share. The error for an
// unknown name lists the known names.
//
// The result is in the order of the table and not of the flag, and a name given twice counts
// once. So two spellings of one choice make the same plan and the same columns.
func chooseImpls(names string, table []impls.Impl, shared ...impls.Impl) ([]impls.Impl, error) {
	if names == "all" {
		return table, nil
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		wanted[strings.TrimSpace(name)] = true
	}
	if wanted["all"] {
		return nil, fmt.Errorf("implementation %q: all stands alone", names)
	}
	var chosen []impls.Impl
	var known []string
	for _, impl := range slices.Concat(table, shared) {
		known = append(known, impl.Name)
		if wanted[impl.Name] {
			chosen = append(chosen, impl)
			delete(wanted, impl.Name)
		}
	}
	// What is left in wanted was found in no table. One name is enough for the message; with two
	// typing errors the user corrects one after the other.
	for name := range wanted {
		return nil, fmt.Errorf("unknown implementation %q%s; known are %s, or all", name,
			spelling.Suggest(name, known, ""), strings.Join(known, ", "))
	}
	return chosen, nil
}

// isShared reports whether processes can share the implementation. It compares names, which are
// unique over both tables: an Impl holds functions, and functions cannot be compared.
func (a app) isShared(impl impls.Impl) bool {
	return slices.ContainsFunc(a.shared, func(s impls.Impl) bool { return s.Name == impl.Name })
}

// mustExist makes a semaphore of each chosen implementation that processes share: not every system
// has all of them.
//
// A System V semaphore, for example, needs a kernel that has them and a container that permits
// them. The attempt is made here, because the alternative is a failed row in every round of the
// run. The semaphore is closed at once: it may hold a file or a kernel object.
func (a app) mustExist(chosen []impls.Impl) error {
	for _, impl := range chosen {
		if !a.isShared(impl) {
			continue
		}
		sem, err := impl.Make(1)
		if err == nil {
			err = impls.Close(sem)
		}
		if err != nil {
			return fmt.Errorf("-impl %s: not to be had here: %w", impl.Name, err)
		}
	}
	return nil
}

// constructorNames is for the help of flags that also take constructors. The forms are explained once, in the help
// of run.
const constructorNames = ";\nor constructors, yours or others', as ./mine.New (see run -h)"

// chooseMeasured is choose for verbs that also call the implementations, so all of them must exist. The verb
// policies uses choose: it prints what an implementation promises, also where this system lacks it.
func (a app) chooseMeasured(names string) ([]impls.Impl, []layout.Constructor, error) {
	chosen, constructors, err := a.choose(names)
	if err == nil {
		err = a.mustExist(chosen)
	}
	return chosen, constructors, err
}

// choose also accepts constructors of other packages, see layout.Parse, and the name rivals, which
// stands for the table of package bench/rivals.
//
// A constructor is told apart from a name of the table by its form: it contains a dot or a
// slash, and no name of the table does.
func (a app) choose(names string) (
	chosen []impls.Impl, constructors []layout.Constructor, err error) {
	var ours []string
	for name := range strings.SplitSeq(names, ",") {
		c, ok, err := layout.Parse(strings.TrimSpace(name))
		if strings.TrimSpace(name) == "rivals" {
			c, ok = layout.Rivals(), true
		}
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
		chosen, err = a.chooseImpls(strings.Join(ours, ","))
	}
	return chosen, constructors, err
}
