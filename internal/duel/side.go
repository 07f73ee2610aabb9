package duel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

// A Source is where the code of a side comes from. The zero value is the working directory as it is.
type Source struct {
	Revision string // of the repository around Dir; "": the files as they are
	Dir      string // "": the working directory
}

// A side is a Source that is on disk and can be built.
type side struct {
	gate.Side
	label    string  // old or new
	bin      string  // where binaries go
	overlay  string  // "" for none
	unable   error   // to be given a worker
	roster   *roster // of a side without one, else nil
	work     string  // the go.work that it is built in; "" for none
	packages map[string]pkg
}

// A pkg is a package whose test files hold benchmarks.
type pkg struct {
	ImportPath, Dir           string
	TestGoFiles, XTestGoFiles []string
	Error                     *struct{ Err string } // of the go command: there is no such package, or it is broken
}

// newSide puts a source on disk, below temp if it is a revision, and looks for its packages.
func newSide(ctx context.Context, label string, from Source, patterns []string, temp string) (*side, error) {
	s := &side{label: label, bin: filepath.Join(temp, "bin"), packages: map[string]pkg{}}
	dir, err := filepath.Abs(from.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.bin, 0o777); err != nil {
		return nil, err
	}
	if from.Revision == "" {
		s.Side = workingTree(ctx, dir)
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("%s: %w: name a directory with Go packages", label, err)
		}
	} else if s.Side, err = checkout(ctx, dir, from.Revision, temp); err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	if err := s.findPackages(ctx, patterns); err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	return s, s.prepare(ctx, temp)
}

// prepare writes the overlay of the Go distribution that the side is built with: its go.mod may
// want another than that of the other side.
func (s *side) prepare(ctx context.Context, temp string) error {
	env, err := output(ctx, s.Dir, nil, "go", "env",
		"GOROOT", "GOVERSION", "GOFLAGS", "GOAMD64", "GOEXPERIMENT", "GOWORK")
	if err != nil {
		return fmt.Errorf("%s: %w", s.label, err)
	}
	values := append(strings.Split(env, "\n"), make([]string, 6)...) // empty ones at the end are trimmed
	if s.work = values[5]; s.work == "off" {
		s.work = ""
	}
	s.Facts = []reports.Fact{
		{Key: "cpu", Value: machine.Read().CPU}, {Key: "go", Value: values[1]},
		{Key: "goflags", Value: values[2]}, {Key: "goamd64", Value: values[3]},
		{Key: "goexperiment", Value: values[4]},
	}
	s.overlay, err = overlay(values[0], filepath.Join(temp, "overlay"))
	if err == nil {
		err = s.compiles(ctx)
	}
	if errors.Is(err, errTesting) {
		s.unable, err = err, nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.label, err)
	}
	return nil
}

// compiles reports as an error that package testing with the worker in it does not build: another Go
// version may have renamed what it uses. What is built here is what every test binary needs.
func (s *side) compiles(ctx context.Context) error {
	_, err := output(ctx, s.Dir, nil, "go", "build", "-overlay="+s.overlay, "testing")
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errTesting, err)
	}
	return err
}

// findPackages looks for those with benchmarks. One that is broken is among them, to be named when it does not
// build; the others can be judged all the same.
func (s *side) findPackages(ctx context.Context, patterns []string) error {
	args := append([]string{"list", "-e", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles,Error"}, patterns...)
	out, err := output(ctx, s.Dir, nil, "go", args...)
	if err != nil {
		return unloadable(err, patterns)
	}
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading go list: %w", err)
		}
		if p.Error != nil && p.Dir == "" {
			return unloadable(errors.New(p.Error.Err), patterns)
		}
		has, err := p.hasBenchmarks()
		if err != nil {
			return err
		}
		if has || p.Error != nil { // which may hide files
			s.packages[p.ImportPath] = p
		}
	}
}

func unloadable(err error, patterns []string) error {
	return fmt.Errorf("%w\nthe packages must load on both sides: go list %s\n(./... leaves out what a side "+
		"does not have; of a workspace name the modules; a revision has no ignored files)",
		err, strings.Join(patterns, " "))
}

// hasBenchmarks saves building the packages that have none. Which there are the binary will tell.
func (p pkg) hasBenchmarks() (bool, error) {
	for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
		text, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			return false, err
		}
		if bytes.Contains(text, []byte("func Benchmark")) {
			return true, nil
		}
	}
	return false, nil
}
