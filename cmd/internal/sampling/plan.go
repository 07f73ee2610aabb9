package sampling

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/bench/sampler"
	"github.com/semabench/semabench/cmd/internal/layout"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/flags"
	"github.com/semabench/semabench/internal/machine"
)

// Options are the surroundings of a run.
//
// Choose is a function because the tables belong to the command. Resume needs it again for the
// names in the text.
type Options struct {
	// Choose returns the implementations of the tables and the constructors of other packages that the
	// flag -impl names.
	Choose func(names string) ([]impls.Impl, []layout.Constructor, error)

	Known  []impls.Impl // in every program; no constructor may get their names
	Make   Maker
	Stderr io.Writer // for progress and messages
}

// A Program takes samples. Its arguments are Args, followed by the arguments of a sampler.Request.
//
// Code identifies what is measured without the layout: equal sources, compiler and flags.
// Programs of one text must agree in it.
type Program struct {
	Path string
	Args []string
	Code string // equal for programs of the same code
}

// run runs the program once and returns its standard output. Standard error becomes part of the error: the
// first lines name the cause. The process starts with the highest priority where the system allows it. It is
// in a group of its own, so that Ctrl-C reaches this process alone, which then ends the sample.
//
// There is no pipe between the processes, only buffers: a sample must not wait for its parent to
// read.
func (p Program) run(ctx context.Context, r sampler.Request) (string, error) {
	cmd := exec.CommandContext(ctx, p.Path, append(p.Args, r.Args()...)...)
	child.OwnGroup(cmd)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := machine.StartFirst(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	child.AwaitSignal(ctx, err)
	if cause := excerpt.Lines(stderr.String(), 3); err != nil && cause != "" {
		return "", fmt.Errorf("%w: %s", err, cause)
	}
	return stdout.String(), err
}

// Programs makes the program of each round. A program is valid until the next call of Link or
// Close.
//
// Two implementations exist, a linker and the running executable. A round asks for its program
// in the same way in both.
type Programs interface {
	// Layout returns "random" or "one", for the configuration line of the text.
	Layout() string

	// Constructors returns the constructors in the programs, with the names that they got.
	Constructors() []layout.Constructor

	// Link makes the program with a code layout that the seed decides.
	Link(ctx context.Context, seed uint32) (Program, error)

	Close() error
}

// A Maker prepares the programs of a plan and links the first one. A plan without a program must be
// refused before anything is written.
type Maker func(ctx context.Context, o Options, p Plan, seed uint32) (Programs, Program, error)

// ImplNames is for the help of flags that take implementations.
const ImplNames = "names, all, or by name\nthose that processes share: slots, jobserver, sysv, broker"

// A Plan says which rows to measure, and how often. Its text is the flags of semabench run that
// make the same plan. It is a value, and holds no process and no file. Two plans with the same text
// take the same samples in the same order.
//
// The text and not the struct is stored. A struct would change with the version, and the flags
// are documented and stay.
type Plan struct {
	size
	impls        []impls.Impl         // of the tables
	constructors []layout.Constructor // of other packages
	built        []impls.Impl         // that the constructors gave, without New; set by prepare
	params       bench.Params         // workloads and their shapes
	cases        []bench.Case
	seed         uint64 // of the code layouts
}

// A size says how much to measure.
//
// The three parts are one type because -quick and -full replace them together.
type size struct {
	// With 8 samples, 4 implementations have each place in a round equally often. The smallest p-value
	// of a U test is then 1.6e-4, which is significant after the correction for the 24 comparisons of
	// the largest table. The smallest p-value of 6 samples, 2.2e-3, is not.
	samples   int
	benchtime time.Duration // of one sample
	full      bool          // includes the shapes in Workload.More
}

// -quick saves time at each sample and not at their number. Fewer samples would leave most
// comparisons undecided.
var (
	// The sizes of -quick, of no flag, and of -full. The default takes three to four minutes on two cores
	// that are free.
	quickSize   = size{samples: 8, benchtime: 40 * time.Millisecond}
	defaultSize = size{samples: 8, benchtime: 60 * time.Millisecond}
	fullSize    = size{samples: 20, benchtime: 250 * time.Millisecond, full: true}
)

// MostSamples bounds the samples of a row. A thousand take longer than a user waits, and their list
// still fits into memory.
const MostSamples = 1000

// PlanFlags are the flags that make a plan.
//
// The two pointers come from flags.Number, which checks the bounds while parsing.
type PlanFlags struct {
	impl        string
	params      bench.Params
	quick, full bool
	samples     *uint64
	benchtime   time.Duration
	seed        *uint64
}

// AddTo adds the flags to f.
func (p *PlanFlags) AddTo(f *flag.FlagSet) {
	f.StringVar(&p.impl, "impl", "all", "implementations to measure, separated by commas: "+ImplNames+
		",\nrivals for semaphores of other modules, and constructors of yours, ./folder.New or\n"+
		"import/path.New or name=import/path.New, or a table of several, import/path.All")
	p.params.AddFlags(f, "")
	f.BoolVar(&p.quick, "quick", false, fmt.Sprintf("%v per sample instead of %v",
		quickSize.benchtime, defaultSize.benchtime))
	f.BoolVar(&p.full, "full", false, fmt.Sprintf("all workloads and shapes, %d samples of %v: "+
		"takes most of an hour",
		fullSize.samples, fullSize.benchtime))
	p.samples = flags.Number(f, "samples", 0, 1, MostSamples,
		fmt.Sprintf("take `N` samples of each row, in N rounds "+
			"(default %d)", defaultSize.samples))
	f.DurationVar(&p.benchtime, "benchtime", 0, fmt.Sprintf("`time` of one sample (default %v)",
		defaultSize.benchtime))
	p.seed = flags.Number(f, "seed", 0, 0, 1<<64-1,
		"`S` decides the code layout of each round; the text has it "+
			"(default drawn)")
}

// Plan makes the plan, after the flags have been parsed. An error names the flag. Nothing was
// started by then.
//
// The seed is drawn here and not by the flag's default, so that the help shows no random number
// and String writes the drawn one.
func (p *PlanFlags) Plan(o Options) (Plan, error) {
	var made Plan
	var err error
	if made.impls, made.constructors, err = o.Choose(p.impl); err != nil {
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
		made.seed = uint64(rand.Uint32()) + 1 // 32 bits are enough, and short to type
	}
	return made, nil
}

// size returns how much to measure: -quick or -full as a whole, and then the flags for one part. A
// flag for one part wins over -quick and -full, whatever their order on the command line.
func (p *PlanFlags) size() (size, error) {
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

// String returns flags for every part of the plan, so that another version with other defaults
// makes the same plan of them. It writes defaults too, and the seed that was drawn.
//
// A duration prints in the form that a duration flag parses. Names contain no spaces, so
// strings.Fields splits the text again.
func (p Plan) String() string {
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

// ParsePlan reads the text that [Plan.String] returned. It uses the same flags as the command line,
// so a plan cannot be read differently from how it was written.
//
// The implementations are looked up again by name. A plan of another version may name an
// implementation that is gone. That is an error here and not a shorter plan.
func ParsePlan(o Options, s string) (Plan, error) {
	f := flag.NewFlagSet("plan", flag.ContinueOnError)
	f.SetOutput(io.Discard) // the caller prints the error
	f.Usage = func() {}
	var made PlanFlags
	made.AddTo(f)
	err := f.Parse(strings.Fields(s))
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("unexpected %q", f.Arg(0))
	}
	if err != nil {
		return Plan{}, err
	}
	return made.Plan(o)
}

// rows returns one row for each sample, in the order in which samples are taken. The same plan
// gives the same order: Resume finds the samples of an earlier text by it.
func (p Plan) rows() []row {
	return schedule(p.cases, slices.Concat(p.impls, p.built), p.samples)
}

// schedule returns the rows of all rounds. A round has each row once. The implementations of a case
// follow each other directly, so that they meet the machine in the same state, and their order
// changes from round to round. Rounds are the outer loop, so that a disturbance of some minutes
// hits a few samples of each row and not all samples of one.
//
// The rows of one round are len(rows)/samples, which progress and failures rely on: every round
// has the same rows.
func schedule(cases []bench.Case, all []impls.Impl, samples int) []row {
	var rows []row
	for round := range samples {
		for _, c := range cases {
			for _, impl := range c.MeasuredOn(orderOf(all, round)) {
				rows = append(rows, row{c, impl, round, c.Name(impl)})
			}
		}
	}
	return rows
}

// orderOf returns all in the order of a round: rotated, and reversed in every other round. Over
// 2*len(all) rounds each implementation has each place twice. A plain rotation would give every
// implementation the same neighbour in front in each round.
//
// Order matters because the sample before leaves the machine in a state: a warm core, a
// frequency, a full cache. Rotation and reversal let every implementation meet every one of
// those states.
func orderOf(all []impls.Impl, round int) []impls.Impl {
	first := round / 2 % len(all)
	order := slices.Concat(all[first:], all[:first])
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// A row is one sample of the plan: a case with the implementation to measure, in one round.
type row struct {
	bench.Case
	impl  impls.Impl
	round int
	name  string // as in benchmark names
}

func (r row) String() string { return r.name }
