package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/internal/mutate"
)

// options are the flags. Budgets are part of a verdict: "survived" means within these.
type options struct {
	root                string         // of this module
	out                 string         // the table
	sample              int            // how many mutants to play; 0 means all
	seed                uint64         // of the sample
	designs             *regexp.Regexp // play these only
	again               *regexp.Regexp // play these although they have a result
	limit               time.Duration  // of a process of package stress
	idle                time.Duration  // for which such a process may do nothing
	explore             time.Duration  // for which the explorer may explore one mutant
	schedules           int            // of each program
	ops                 int            // of random programs
	byStress, byExplore bool           // the judges to ask
	byOwn               bool           // and the tests of the mutant's package
	batch               int            // mutants in one test binary
	workers             int            // processes of package stress at a time
}

const module = "github.com/semabench/semabench"

// A subject is a correct semaphore of which mutants are made. files are as few as compile, because
// each copy is compiled anew: the rest of the package would be compiled two thousand times.
type subject struct {
	name   string
	dir    string   // of its package in this module
	files  []string // that compile together without the rest of the package
	only   []string // of these, the files that are changed
	extra  string   // one more file of the copy, with an exported constructor
	impls  []string // the semaphores to judge: fields of an impls.Impl, in which %s is the package
	tests  bool     // its package has tests that judge mutants, too
	source mutate.Source
	all    []mutate.Mutant
}

// A choice is a mutant to play. Its mutant is the zero value but for the ID if it is the original.
// The subject goes along, because a mutant does not know of which package it is.
type choice struct {
	s *subject
	m mutate.Mutant
}

// subjects returns the designs. In package designs each is one file, and they share the helpers in
// designs.go; the helpers are changed with the first design only. impls/semaphore has methods that the
// contract of impls.Semaphore does not know, Resize and Stats, so its own tests judge it as well.
//
// The designs differ in what protects the permits: a mutex, several of them, one atomic, or two
// kinds of state with a protocol between them. The three teaching implementations and the one for
// services are subjects as well, because users copy the first and run the second.
func subjects() []*subject {
	var all []*subject
	design := func(name, constructor, policies string) {
		s := &subject{name: name, dir: "stress/internal/designs", files: []string{"designs.go", name + ".go"}}
		s.only = s.files[1:]
		if len(all) == 0 {
			s.only = s.files
		}
		s.export("designs", constructor, policies)
		all = append(all, s)
	}
	design("list", "newList", "Order: impls.FIFO")
	design("lockfree", "newLockFree", "Order: impls.Barging")
	design("tickets", "newTickets", "Order: impls.FIFO")
	design("striped", "newStriped", "Order: impls.Barging")
	design("parking", "newParking", "Order: impls.Barging")
	design("lifo", "newLIFO", "")
	design("small", "newSmall", "Order: impls.Barging")
	design("hybrid", "newHybrid", "Order: impls.Barging")
	teaching := func(name, constructor, policies string) {
		s := &subject{name: name, dir: "impls", files: []string{"semaphore.go", name + ".go"}}
		s.only = s.files[1:]
		s.export("impls", constructor, policies)
		all = append(all, s)
	}
	teaching("cond", "newCond", "Order: impls.Barging")
	teaching("channel", "newChannel", "Order: impls.FIFO")
	teaching("spin", "newSpin", "Order: impls.Barging, Waits: impls.Spinning")
	// Both modes of the semaphore are judged for each mutant: one of them refutes it, or none does.
	return append(all, &subject{
		name: "bypass", dir: "impls/semaphore",
		files: []string{"ledger.go", "pace.go", "resize.go", "semaphore.go", "stats.go", "waiter.go"},
		tests: true,
		impls: []string{
			"New: func(size int64) impls.Semaphore { return %s.NewWeighted(size) }, StarvationFree: true",
			"New: func(size int64) impls.Semaphore { return %s.NewFIFO(size) }, Order: impls.FIFO",
		},
	})
}

// export adds the exported constructor New to the copy of a package. The constructors are not
// exported in the package. A second file adds one, so the file under test stays as it is, and its
// mutants' lines, too.
func (s *subject) export(pkg, constructor, policies string) {
	result := "impls.Semaphore"
	text := "package " + pkg + "\n\nimport \"" + module + "/impls\"\n\n"
	s.extra = text + fmt.Sprintf("func New(size int64) %s { return %s(size) }\n", result, constructor)
	s.impls = []string{"New: %s.New, " + policies}
}

// load reads the files and makes the mutants.
func (s *subject) load(root string) error {
	s.source = mutate.Source{Files: map[string]string{}, Only: s.only, Importer: mutate.Standard()}
	for _, name := range s.files {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(s.dir), name))
		if err != nil {
			return err
		}
		s.source.Files[name] = string(text)
	}
	var err error
	if s.all, err = mutate.Package(s.source); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// literals returns the implementations of one copy as the fields of an impls.Impl. The name holds
// the ID: it is the name of a subtest, by which a process is told what to play.
func (s *subject) literals(pkg, id string) (all []string) {
	for i, fields := range s.impls {
		name := s.name + "-" + id
		if i > 0 {
			name += fmt.Sprintf("-%d", i+1)
		}
		all = append(all, fmt.Sprintf("{Name: %q, %s}", name, strings.ReplaceAll(fields, "%s", pkg)))
	}
	return all
}
