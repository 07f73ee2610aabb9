package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/layout"
	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/mutation"
)

// The flags that -mutate takes beside its own. Any other flag of the verb is refused: it would choose
// one schedule, or another form of output, and be ignored.
var mutateFlags = []string{"mutate", "mutant", "sample", "memory", "json", "run", "race", "tags", "workers", "time",
	"seed", "steps", "strategy"}

// A mutateCall has the flags of -mutate. The rest of its flags are of the verb.
type mutateCall struct {
	on     bool
	mutant string // IDs, separated by commas
	sample *uint64
	memory *uint64 // in MB

	seed, workers, steps *uint64 // flags of the verb that -mutate takes, too
}

func (m *mutateCall) add(f *flagSet) {
	f.BoolVar(&m.on, "mutate", false, "break the synchronization of the package, one place at a time, and "+
		"say which mutants\nits unmodified tests notice, under go test and explored")
	f.StringVar(&m.mutant, "mutant", "", "with -mutate: judge only the mutants with these `IDs`, separated by commas, "+
		"and print\nthe schedule that fails")
	m.sample = f.number("sample", 0, 0, maxCount, "with -mutate: judge `N` mutants, drawn by -seed; 0: all")
	m.memory = f.number("memory", 2048, 64, 1<<20, "with -mutate: kill a process of a mutant that uses more than `MB` "+
		"(on Linux)")
}

// mutation judges the mutants of the package.
func (e *exploreCall) mutation(ctx context.Context) error {
	o, err := e.mutationOptions()
	if err != nil {
		return err
	}
	line := progress.New(e.stderr)
	defer line.Clear()
	o.OnStep = line.Show
	began := false
	o.OnMutant = func(r *mutation.Report, m mutation.Mutant) {
		if e.JSON {
			return
		}
		line.Clear()
		if !began {
			began = true
			fmt.Fprintf(e.stdout, "%s\n", r.Heading())
		}
		fmt.Fprintln(e.stdout, r.Row(m))
		if e.mutate.mutant != "" && m.Explored.Text != "" {
			fmt.Fprintf(e.stdout, "%s\n", strings.TrimRight(m.Explored.Text, "\n"))
		}
	}
	report, err := mutation.Run(ctx, o)
	line.Clear()
	if report == nil {
		return err
	}
	write := report.WriteText
	if e.JSON {
		write = report.WriteJSON
	}
	return errors.Join(err, write(e.stdout))
}

// mutationOptions turns the flags into options, and refuses the flags that do not fit.
func (e *exploreCall) mutationOptions() (mutation.Options, error) {
	o := mutation.Options{
		Package: e.Package, Run: e.Run, Tags: e.Tags, Race: e.Race, Suite: layout.SourceDir(),
		Sample: int(*e.mutate.sample), Memory: int64(*e.mutate.memory) << 20, Seed: *e.mutate.seed,
		Explore: explore.Options{Workers: int(*e.mutate.workers)},
	}
	var wrong error
	e.flags.Visit(func(given *flag.Flag) {
		if !slices.Contains(mutateFlags, given.Name) {
			wrong = fmt.Errorf("-%s is not for -mutate, which judges many mutants by all schedules of all tests",
				given.Name)
		}
	})
	if wrong != nil {
		return o, wrong
	}
	if e.flags.given("time") {
		o.Time = e.Limit
	}
	if e.flags.given("steps") {
		o.Explore.Steps = int(*e.mutate.steps)
	}
	o.Explore.Strategy = e.flags.Lookup("strategy").Value.String()
	if e.mutate.mutant != "" {
		o.Only = strings.Split(e.mutate.mutant, ",")
	}
	return o, nil
}
