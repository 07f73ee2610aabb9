package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/semabench/semabench/internal/gotool"
)

// original begins the ID of a copy without a change. The name of the design follows.
const original = "original"

// A workshop is a temporary module with copies of designs, a package each, and one test for all.
// The module is apart from this one, so an interrupted run leaves no package behind here.
type workshop struct {
	dir  string
	tool gotool.Tool
}

// moduleFile takes the requirements of this module, so that nothing is resolved anew. The replace
// directive takes the judges from the working tree, so a change of them counts at once.
const moduleFile = `module generated

go 1.26

require %s v0.0.0

replace %s => %q

%s`

// testFile judges all copies. A process judges the copies that -test.run or the variable MUTANTS
// chooses. One file registers all copies, because a test binary has one main package.
const testFile = `package generated

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"` + module + `/impls"
	"` + module + `/stress"
	"` + module + `/stress/explore"
%s)

type mutated struct {
	id    string
	impls []impls.Impl
}

var all = []mutated{
%s}

func TestStress(t *testing.T) {
	for _, m := range all {
		t.Run(m.id, func(t *testing.T) {
			for _, impl := range m.impls {
				t.Run(impl.Name, func(t *testing.T) { stress.Run(t, impl) })
			}
		})
	}
}

// A player process has no variable MUTANTS of its own, and inherits it.
func TestExplore(t *testing.T) {
	wanted := strings.Split(os.Getenv("MUTANTS"), ",")
	for _, m := range all {
		for i, id := range wanted {
			if id != m.id {
				continue
			}
			for _, impl := range m.impls {
				t.Run(impl.Name, func(t *testing.T) {
					r := explore.CheckSemaphore(t, explore.Options{Time: %d, Schedules: %d}, impl)
					what, _, _ := strings.Cut(r.What+" "+r.Bound, "\n")
					fmt.Printf("\nexplored %%s %%d %%v %%d %%s\n", m.id, i, r.Verdict, r.Schedules, what)
				})
			}
			fmt.Printf("\nexplored %%s %%d end 0\n", m.id, i)
		}
	}
}
`

// newWorkshop writes the module. The folder stays in the user's cache: the go command and the
// explorer build again only what has changed since the last run.
//
// Each copy has the ID of its mutant as its package name, after an m: an ID may begin with a digit,
// which no Go name does.
func (o options) newWorkshop(copies []choice) (*workshop, error) {
	dir, err := gotool.CacheFolder("semabench-generated")
	if err != nil {
		return nil, err
	}
	w := &workshop{dir: dir}
	w.tool = gotool.Tool{Dir: w.dir, Env: []string{"GOFLAGS=-mod=mod", "GOWORK=off"}}
	if err := os.RemoveAll(w.dir); err != nil {
		return nil, err
	}
	var imports, table strings.Builder
	for _, c := range copies {
		s, m := c.s, c.m
		pkg := "m" + strings.TrimPrefix(m.ID, original+"-")
		files := map[string]string{}
		for name, text := range s.source.Files {
			files[name] = text
		}
		if m.Text != "" {
			files[m.File] = m.Text
		}
		if s.extra != "" {
			files["export.go"] = s.extra
		}
		for name, text := range files {
			if err := gotool.WriteIfChanged(filepath.Join(w.dir, pkg, name), []byte(text)); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(&imports, "\t%s \"generated/%s\"\n", pkg, pkg)
		fmt.Fprintf(&table, "\t{%q, []impls.Impl{%s}},\n", m.ID, strings.Join(s.literals(pkg, m.ID), ", "))
	}
	gomod, err := os.ReadFile(filepath.Join(o.root, "go.mod"))
	if err != nil {
		return nil, err
	}
	// Only the blocks are taken. The go directive and the replace directives of this module would
	// not fit.
	requirements := strings.Join(regexp.MustCompile(`(?s)require \(.*?\n\)\n`).FindAllString(string(gomod), -1), "\n")
	sum, err := os.ReadFile(filepath.Join(o.root, "go.sum"))
	if err != nil {
		return nil, err
	}
	for name, text := range map[string]string{
		"go.mod":            fmt.Sprintf(moduleFile, module, module, o.root, requirements),
		"go.sum":            string(sum),
		"generated_test.go": fmt.Sprintf(testFile, imports.String(), table.String(), o.explore, o.schedules),
	} {
		if err := gotool.WriteIfChanged(filepath.Join(w.dir, name), []byte(text)); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// build makes the test binary, with or without the race detector. Vet is not asked: some mutants
// are faults that it reports.
func (w *workshop) build(ctx context.Context, raced bool) (string, error) {
	name, flag := "plain.test", "-race=false"
	if raced {
		name, flag = "raced.test", "-race"
	}
	_, err := w.tool.Run(ctx, "test", "-c", flag, "-vet=off", "-o", name, ".")
	return filepath.Join(w.dir, name), err
}
