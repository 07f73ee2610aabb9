package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/spelling"
	"github.com/semabench/semabench/reports"
)

const runDoc = `Measures implementations on this machine and writes ` + sampling.TextName + ` and a report as text,
Markdown and HTML. It first prints how many samples it takes, and about how long that lasts.

Each sample is taken in a process of its own, implementations in turns. A round takes one
sample of each row, with a program that is linked for it in a random order. The place of code in
memory can make it 5 to 9 % faster or slower; that luck varies between samples and is not one
program's. Linking needs the go tool, and the working directory in this module or in one that
requires it. Elsewhere this executable takes all samples, a message says so, and the text has
"layout: one" instead of "layout: random".

-impl also takes constructors of packages, yours or others', internal ones too: a function with one
whole number as its parameter, the size, whose result has the methods Acquire(ctx, n) error,
TryAcquire(n) bool and Release(n), or, for one permit at a time, Acquire(ctx) error, Release() and
TryAcquire() bool, which stress and explore do without. For instance

    semabench run -impl all,./mine.New,fair=example.org/sem.NewFair

in any module. The verbs stress, explore and policies take the same. Nothing is written into the
module, and its go.mod stays as it is. A function All that returns []impls.Impl is a table of several
with their policies, and with the clauses of the contract that they are known to break. rivals is the
table of bench/rivals, a module of its own: semaphores of other modules that a program could use
instead.

Warm-up: each process keeps all cores busy for 20 ms, and then runs the row for an eighth of the
time to find out how many operations fill the whole time. The figures include none of that.

` + priorityDoc + `

Noise: on Linux each line has figures of the machine while its process ran. noise-foreign-cores and
noise-steal-cores are cores that other processes and other guests of the hypervisor kept busy;
noise-psi-cpu is the share of the time in which some thread, of the sample too, waited for a core;
noise-load1 is the load average. They describe a sample and not an implementation, so neither more
nor less is better.

Answer: the report recommends the best implementation that meets what a service needs, and says what
the best of the others would save. -require and -weight say other needs; the verb report has them too,
for a text that exists.

Ctrl-C keeps the samples so far and reports them. -resume DIR goes on with the plan in DIR at the
sample where it ended, after a crash too. It refuses, and says why, if the machine, its settings,
Go, the commit or the code changed.`

// run measures and reports. The report can be made again from the text at any time, with the verb
// report.
//
// All checks come before the first sample, also the checks of flags that only the report needs.
// A typing error in -require must not show up after an hour of measuring.
//
// -resume takes no other flag, since the plan is in the text. A second source for the number of
// samples or for the implementations could only contradict it.
func (a app) run(ctx context.Context, args []string) error {
	f := a.flags("run", "[flags]", runDoc)
	var planFlags sampling.PlanFlags
	planFlags.AddTo(f.FlagSet)
	needs := addNeeds(f)
	dir := f.String("o", "", "folder for the results (default results/<time>)")
	resume := f.String("resume", "", "go on with an interrupted run, whose results are in this folder")
	priority := f.priorityFlag()
	f.configFlag()
	if err := f.parse(args); err != nil {
		return err
	}
	if _, err := a.configure(f); err != nil {
		return err
	}
	priority.use()
	if err := f.noArguments(); err != nil {
		return err
	}
	show, err := needs()
	if err == nil {
		err = knowsNeeds(show.Require)
	}
	if err != nil {
		return err
	}
	// A resumed run writes into the folder of its beginning, so -o would name a second one.
	o := a.samplingOptions()
	if *resume != "" {
		if f.NFlag() > 1 {
			return fmt.Errorf("-resume goes on with the plan in %s: it takes no other flag", *resume)
		}
		text, err := sampling.Resume(ctx, o, *resume)
		return a.reportOn(show, text, *resume, err)
	}
	if time := f.Lookup("benchtime"); f.given("benchtime") && time.Value.String() == "0s" {
		return errors.New("-benchtime 0: want a time above 0, or no such flag")
	}
	plan, err := planFlags.Plan(o)
	if err != nil {
		return err
	}
	if *dir == "" {
		*dir = defaultResults()
	}
	text, err := sampling.Start(ctx, o, plan, *dir)
	return a.reportOn(show, text, *dir, err)
}

// knowsNeeds refuses an unknown need before anything is measured. The list of needs comes from
// an Impl without values, because every implementation declares the same needs and only the
// answers differ. The verb report must not check so: its text may be of another project, with
// needs of its own.
func knowsNeeds(required []string) error {
	var known []string
	for _, need := range (impls.Impl{}).Needs() {
		known = append(known, need.Name)
	}
	for _, need := range required {
		if !slices.Contains(known, need) {
			return fmt.Errorf("unknown need %q%s; known are %s, or none", need,
				spelling.Suggest(need, known, ""), strings.Join(known, ", "))
		}
	}
	return nil
}

// samplingOptions returns the surroundings of a run. Resume needs the same ones as Start,
// because it makes the plan again from its text, and a name in it must mean the same
// implementation.
func (a app) samplingOptions() sampling.Options {
	return sampling.Options{Choose: a.chooseMeasured, Known: a.known(), Make: a.maker,
		Stderr: a.stderr}
}

// defaultResults returns a folder that is named for the time, in UTC and with the largest unit
// first. So the folders sort by age, on machines of any time zone. Two runs within one second
// get the same name; the second one is refused, because its text exists.
func defaultResults() string {
	return filepath.Join("results", time.Now().UTC().Format("20060102-150405"))
}

// reportOn writes the report on a text, also if the measurement ended early with an error.
// Without a text there is nothing to report. Both errors are joined: the exit code then is the
// code of the measurement, unless that went well.
func (a app) reportOn(o reports.Options, text, dir string, measured error) error {
	if text == "" {
		return measured
	}
	return errors.Join(measured, a.writeReport(o, text, dir, measured))
}

// writeReport compares the samples of a text and writes all formats beside it. A text without
// one sample cannot be compared; after an interrupt this is expected, and is told in other words
// than a broken text. Every other error wraps ErrFailed, because the text exists and was kept:
// it is never a refusal.
func (a app) writeReport(o reports.Options, text, dir string, measured error) error {
	c, err := compare(o, reports.Input{Name: text})
	if err != nil {
		if measured != nil {
			return errors.New("no report: nothing was measured")
		}
		return fmt.Errorf("%w: %w", exitcode.ErrFailed, err)
	}
	var page reports.HTML
	page.Attachments, err = a.attachments(c, "")
	s, wrong := a.screen("auto")
	if err = errors.Join(err, wrong); err == nil {
		err = a.writeDir(dir, c, page, s, text)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", exitcode.ErrFailed, err)
	}
	return nil
}
