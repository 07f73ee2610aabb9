package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/layout"
)

// A plan is what is to be measured, and how often. Its text is the flags of run that make it again.
type plan struct {
	size
	impls        []impls.Impl         // of the table
	constructors []layout.Constructor // of others
	params       bench.Params         // which workloads, in which shapes
	cases        []bench.Case
	seed         uint64
}

// A size is how much run measures.
type size struct {
	// With 8 samples, 4 implementations have each place in a round equally often, and the smallest p
	// of a U test, 1.6e-4, survives the correction for the 24 comparisons of the largest table; that
	// of 6, 2.2e-3, does not.
	samples   int
	benchtime time.Duration // of one sample
	full      bool          // with the shapes in Workload.More
}

var (
	quickSize   = size{samples: 8, benchtime: 40 * time.Millisecond}
	defaultSize = size{samples: 8, benchtime: 80 * time.Millisecond}
	fullSize    = size{samples: 20, benchtime: 250 * time.Millisecond, full: true}
)

// mostSamples is more than anybody waits for, and what the list of a plan's samples has memory for.
const mostSamples = 1000

// planFlags are the flags of run that make a plan.
type planFlags struct {
	impl        string
	params      bench.Params
	quick, full bool
	samples     *uint64
	benchtime   time.Duration
	seed        *uint64
}

func (p *planFlags) addTo(f *flagSet) {
	f.StringVar(&p.impl, "impl", "all", "implementations to measure, separated by commas: "+byName+
		",\nand constructors of yours, ./folder.New or import/path.New or name=import/path.New")
	p.params.AddFlags(f.FlagSet, "")
	f.BoolVar(&p.quick, "quick", false, fmt.Sprintf("%v per sample instead of %v",
		quickSize.benchtime, defaultSize.benchtime))
	f.BoolVar(&p.full, "full", false, fmt.Sprintf("all workloads and shapes, %d samples of %v: takes most of an hour",
		fullSize.samples, fullSize.benchtime))
	p.samples = f.number("samples", 0, 1, mostSamples, fmt.Sprintf("take `N` samples of each row, in N rounds "+
		"(default %d)", defaultSize.samples))
	f.DurationVar(&p.benchtime, "benchtime", 0, fmt.Sprintf("`time` of one sample (default %v)",
		defaultSize.benchtime))
	p.seed = f.number("seed", 0, 0, 1<<64-1, "`S` decides the code layout of each round; the text has it "+
		"(default drawn)")
}

// plan makes the plan, after the flags have been parsed.
func (p *planFlags) plan(a app) (plan, error) {
	var made plan
	var err error
	if made.impls, made.constructors, err = a.chooseMeasured(p.impl); err != nil {
		return made, err
	}
	if made.size, err = p.size(); err != nil {
		return made, err
	}
	made.params = p.params
	if made.cases, err = p.params.Cases(made.full); err != nil {
		return made, err
	}
	if made.seed = *p.seed; made.seed == 0 {
		made.seed = uint64(rand.Uint32()) + 1 // 32 bits are plenty, and short to type
	}
	return made, nil
}

func (p *planFlags) size() (size, error) {
	s := defaultSize
	switch {
	case p.quick && p.full:
		return s, errors.New("-quick and -full exclude each other")
	case p.benchtime < 0:
		return s, fmt.Errorf("-benchtime=%v: want a positive time", p.benchtime)
	case p.quick:
		s = quickSize
	case p.full:
		s = fullSize
	}
	if *p.samples > 0 {
		s.samples = int(*p.samples)
	}
	if p.benchtime > 0 {
		s.benchtime = p.benchtime
	}
	return s, nil
}

// String returns flags that say everything, so that no default of another version is taken for it.
func (p plan) String() string {
	var names, workloads []string
	for _, impl := range p.impls {
		names = append(names, impl.Name)
	}
	for _, c := range p.constructors {
		names = append(names, c.String())
	}
	for _, c := range p.cases {
		if !slices.Contains(workloads, c.Workload.Name) {
			workloads = append(workloads, c.Workload.Name)
		}
	}
	p.params.Workload = strings.Join(workloads, ",")
	s := fmt.Sprintf("-impl %s %v -samples %d -benchtime %v -seed %d",
		strings.Join(names, ","), &p.params, p.samples, p.benchtime, p.seed)
	if p.full {
		s += " -full"
	}
	return s
}

// parsePlan reads what String wrote.
func (a app) parsePlan(s string) (plan, error) {
	f := &flagSet{flag.NewFlagSet("plan", flag.ContinueOnError), func() {}}
	f.SetOutput(io.Discard) // resume says what is wrong
	f.Usage = func() {}
	var flags planFlags
	flags.addTo(f)
	err := f.parse(strings.Fields(s))
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("unexpected %q", f.Arg(0))
	}
	if err != nil {
		return plan{}, err
	}
	return flags.plan(a)
}

// rows returns what is to be measured, in the order of the samples.
func (p plan) rows() []row {
	all := slices.Clone(p.impls)
	for _, c := range p.constructors {
		all = append(all, impls.Impl{Name: c.Name}) // only the program can make one
	}
	return schedule(p.cases, all, p.samples)
}

// schedule returns the rows in the order in which samples are taken: one of each, then one of each
// again. Implementations of one case follow each other at once, so that they meet the same
// moods of the machine, and who goes first changes from round to round.
func schedule(cases []bench.Case, all []impls.Impl, samples int) []row {
	var rows []row
	for round := range samples {
		for _, c := range cases {
			for _, impl := range turn(all, round) {
				rows = append(rows, row{c, impl, round, c.Name(impl)})
			}
		}
	}
	return rows
}

// turn returns all in an order in which, over the rounds, each takes each place equally often:
// rotated, and every other time backwards.
func turn(all []impls.Impl, round int) []impls.Impl {
	first := round / 2 % len(all)
	turned := slices.Concat(all[first:], all[:first])
	if round%2 == 1 {
		slices.Reverse(turned)
	}
	return turned
}

// A row is a case with the implementation that it measures, in one round.
type row struct {
	bench.Case
	impl  impls.Impl
	round int
	name  string // as in benchmark names
}

func (r row) String() string { return r.name }
