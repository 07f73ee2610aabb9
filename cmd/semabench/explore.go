package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/cmd/internal/exploration"
	"github.com/semabench/semabench/cmd/internal/layout"
	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/mutation"
)

const exploreDoc = `Plays every schedule of the tests of packages that call explore.Run, explore.Semaphore,
explore.Tests or explore.Replay, or as many schedules as the bounds allow. The flags are those of
go test with -explore.…; in addition this command shows progress, and Ctrl-C keeps the results so far.
-impl needs no test: it explores implementations of this suite.

If the tests of the package do not import this suite, each Test function, each Example with
a comment for its output, and each Fuzz function with its seeds, is explored unmodified by the rules of explore.Tests. The module need not require this suite.

Several packages, named one by one or by a pattern such as ./..., are explored one after the other. A
package without tests, or without a test that matches -run, is left out. The exit code is the worst one,
and a package that is refused beside others makes the outcome unknown.

The schedules that are played, and the failure that is reported, depend on the flags alone. They do
not depend on -workers, nor on which process is faster. Only -time and Ctrl-C end an exploration at
a moment of their own; the result until then may then differ.

In GitHub Actions, failures are also annotations at their lines.

Coverage is counted as ordered pairs of dependent operations. A pair is two places in the source
whose operations came one right after the other, on the same object, in two goroutines.

A test that calls explore.Check has its own bounds, and takes only -workers from here.

-shard splits an exploration among several machines, as the jobs of a CI do. Each plays its share and
writes a file; -join plays nothing, and comes to the verdict, the counts and the failure of one process
with the same flags. A shard that finds no failure is unknown, with exit code 3. A missing or unfinished
shard leaves the joined result unknown, too; a failure stands:

	semabench explore -shard 1/3 -shardfile 1.json ./pkg    (and 2/3, 3/3)
	semabench explore -join 1.json,2.json,3.json ./pkg

-mutate asks how good the tests of a package are; they need not know this suite. It breaks the
package's own synchronization one place at a time, by an overlay: no file is written. Each mutant is
judged by go test, and by the explorer with all schedules of the same tests. A mutant that neither
notices is left, and the output has its place, its change, and the command that judges it again. There
-time is for each mutant, 5s by default: explored, and beyond twice the time that go test takes for
the original. Use -race too, if your locks guard plain variables. -max-time bounds the whole run, and
-judged keeps each verdict in a file, from which the same command goes on.

Exit codes: 0 all schedules were played and none failed; 1 a schedule failed, or a test failed for
another reason; 2 refused: nothing was explored; 3 unknown: no schedule failed, and a bound ended
the exploration; 130 interrupted, and no schedule had failed by then. With -mutate: 0 every mutant
was noticed; 1 mutants are left; 2 refused: the tests fail before any mutant, or there are none, or
nothing to break; 3 unknown: none is left, and some could not be judged, or not within -max-time; 130 interrupted.`

// passedOn are the flags that the tests take under the same name after "explore.".
// The list is explicit, since the remaining flags are for this process alone: -run, -tags and
// -race decide what is built, -summary where the results go. A flag that is missing here would
// be accepted and ignored.
var passedOn = []string{"strategy", "schedules", "preemptions", "seed", "steps", "time", "schedule",
	"scenario", "calls", "workers", "lazyclock", "nodaemons", "page", "perfetto", "strict",
	"shard", "shardfile", "join", "noalike"}

// An exploreCall is the verb explore with its flags. The flags that the tests take are not in it: they are
// read from the flag set as texts and passed on as texts. So a value has one parser, in package explore.
type exploreCall struct {
	app
	exploration.Options
	impls  string // names as the user gave them; "" explores tests
	mutate mutateCall
	flags  *flagSet
}

// explore explores the tests of packages.
// The tests explore in a process of their own, which go test would start as well. So a test
// explores the same schedules under this verb and under go test, and a failure that one shows
// can be replayed by the other.
func (a app) explore(ctx context.Context, args []string) error {
	e := exploreCall{app: a, Options: exploration.Options{
		Package: ".", Stdout: a.stdout, Stderr: a.stderr,
	}}
	if err := e.parse(args); err != nil {
		return err
	}
	if e.mutate.on {
		return e.mutation(ctx)
	}
	return exploration.Run(ctx, e.Options)
}

// parse parses and checks the flags. Their defaults repeat the defaults of package explore, for
// the help only: a flag that the user did not give is not passed on, so the tests keep their own
// default.
func (e *exploreCall) parse(args []string) error {
	f := e.app.flags("explore", "[flags] [packages]", exploreDoc)
	e.flags = f
	f.StringVar(&e.Run, "run", "", "explore the tests that match this `pattern`, as in go test")
	f.StringVar(&e.impls, "impl", "", "explore these implementations instead, separated by "+
		"commas, or all"+constructorNames)
	f.BoolVar(&e.Race, "race", false, "run every schedule under the race detector")
	f.StringVar(&e.Tags, "tags", "", "build `tags`, separated by commas")
	e.mutate.workers = f.number("workers", uint64(runtime.GOMAXPROCS(0)), 1, 64, "`processes` that play")
	f.String("strategy", "", "only this one: random, pct2 or of another depth, pos, dpor, or "+
		"dfs, which is dpor without\n"+
		"reduction, or starve, which looks for goroutines that others pass for ever; without it some\n"+
		"schedules are drawn, and then dpor goes through all")
	f.number("schedules", 0, 0, maxCount, "play `N` schedules at most, of each scenario of "+
		"a semaphore; 0: the time is the bound")
	f.Bool("strict", false, "let a test fail if its result is unknown")
	f.number("preemptions", 0, 0, maxCount, "with dfs: play schedules in which goroutines lose "+
		"their turn `N` times at most")
	e.mutate.seed = f.number("seed", 1, 1, 1<<63-1, "seed of random choices")
	e.mutate.steps = f.number("steps", 100_000, 1, maxCount, "cut schedules off after `N` operations")
	f.DurationVar(&e.Limit, "time", 20*time.Second, "play for so long at most, in each exploration")
	f.String("schedule", "", "play this schedule only: the `word` of a failure")
	f.String("scenario", "", "play this `program` only, of a semaphore")
	f.number("calls", 0, 0, 9, "enumerate the programs of a semaphore up to `N` calls; "+
		"0: 5, or none with -schedules or -strategy")
	f.Bool("lazyclock", false, "let time pass only when no goroutine can run, and not at any moment")
	f.Bool("nodaemons", false, "report goroutines that only wait for a timer as leaks, too")
	f.String("page", "", "write a schedule that fails also into this `file`, as a page; a second "+
		"one into file-2")
	f.String("perfetto", "", "write a schedule that fails also into this `file`, as a trace for ui.perfetto.dev; a\n"+
		"second one into file-2")
	f.Bool("noalike", false, "with dpor: play goroutines that are alike in every order of their first steps")
	f.String("shard", "", "play only this `share` of the schedules, as in 2/3; needs -shardfile")
	f.String("shardfile", "", "with -shard: the `file` for what was played")
	f.String("join", "", "play nothing, and join what all shards have written: their `files`, separated by commas")
	f.StringVar(&e.Summary, "summary", "", "write the results also into this `file`, as JSON")
	f.BoolVar(&e.JSON, "json", false, "write the results to standard output as JSON, in the place of the text")
	f.StringVar(&e.JUnit, "junit", "", "write the results also into this `file`, as XML of JUnit")
	// The annotations need no flag: GitHub sets the variable in every step, and takes the commands from the output.
	e.GitHub = os.Getenv("GITHUB_ACTIONS") == "true"
	e.mutate.add(f)
	if err := e.positional(f, args); err != nil {
		return err
	}
	if err := e.check(f); err != nil {
		return err
	}
	return e.passOn(f)
}

// passOn collects the flags for the tests.
//
// workers is passed on always: its default here is GOMAXPROCS of this process, and the progress
// line shows that number.
func (e *exploreCall) passOn(f *flagSet) (err error) {
	for _, name := range passedOn {
		if !f.given(name) && name != "workers" {
			continue
		}
		value := f.Lookup(name).Value.String()
		switch name { // the tests run in the folder of their package
		case "page", "perfetto", "shardfile":
			value, err = filepath.Abs(value)
		case "join":
			value, err = absolute(value)
		}
		if err != nil {
			return err
		}
		e.Flags = append(e.Flags, "-explore."+name+"="+value)
	}
	return nil
}

// absolute makes each of some files absolute, because the tests run in the folder of their package. A file that
// is not there is an error before the build, which takes longer than everything that -join does.
func absolute(files string) (string, error) {
	var all []string
	for _, file := range strings.Split(files, ",") {
		path, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("-join: %w", err)
		}
		all = append(all, path)
	}
	return strings.Join(all, ","), nil
}

// positional parses flags before, between and after the packages.
// Package flag stops at each package, so it is called again for the flags behind it.
// Without that, “explore ./queue -race” would run without the race detector, and pass.
func (e *exploreCall) positional(f *flagSet, args []string) error {
	var packages []string
	for {
		if err := f.parse(args); err != nil {
			return err
		}
		if f.NArg() == 0 {
			break
		}
		packages, args = append(packages, f.Arg(0)), f.Args()[1:]
	}
	switch {
	case len(packages) == 0:
		return nil
	case f.given("impl"):
		return fmt.Errorf("-impl explores without a package: leave out %s", strings.Join(packages, " "))
	case e.mutate.on && len(packages) > 1:
		return fmt.Errorf("-mutate is for one package: leave out %s", strings.Join(packages[1:], " "))
	}
	e.Package, e.More = packages[0], packages[1:]
	return nil
}

// strategyName is checked here, before the tests are built, although package explore checks the
// strategy too. A typing error should cost no build.
var strategyName = regexp.MustCompile(`^(random|pct[1-9]\d?|pos|dpor|dfs|starve(\d+(\.\d+){3})?)$`)

// shardName is the form of -shard, checked before the build like strategyName.
var shardName = regexp.MustCompile(`^[1-9]\d*/[1-9]\d*$`)

// check checks values that no flag can check alone. Checks that need two flags, or a flag and
// the tables, are here. The case of -impl comes last, because it goes on and resolves the names.
func (e *exploreCall) check(f *flagSet) error {
	if _, err := regexp.Compile(e.Run); err != nil {
		return fmt.Errorf("-run %q: %w", e.Run, err)
	}
	strategy := f.Lookup("strategy").Value.String()
	switch {
	case !e.mutate.on && slices.ContainsFunc([]string{"mutant", "sample", "memory", "max-time", "judged"}, f.given):
		return errors.New("-mutant, -sample, -memory, -max-time and -judged are for -mutate")
	case e.mutate.within < 0:
		return fmt.Errorf("-max-time=%v: want more than 0, or 0 for no bound", e.mutate.within)
	case f.given("strategy") && !strategyName.MatchString(strategy):
		return fmt.Errorf("-strategy %q: want random, pct and a depth as in pct3, pos, dpor, dfs or starve",
			strategy)
	case f.given("preemptions") && strategy != "dfs":
		return errors.New("-preemptions is for -strategy dfs: one schedule that dpor plays stands " +
			"for many, " +
			"and dpor cannot tell how many preemptions these have")
	case f.given("shard") != f.given("shardfile"):
		return errors.New("-shard=i/n and -shardfile=FILE need each other: -join reads the file")
	case f.given("join") && f.given("shard"):
		return errors.New("-join plays nothing: leave out -shard and -shardfile")
	case e.mutate.on && (f.given("shard") || f.given("join")):
		return errors.New("-mutate has no shards: leave out -shard and -join")
	case f.given("schedule") && (f.given("shard") || f.given("join")):
		return errors.New("one schedule has no shards: leave out -schedule, or -shard and -join")
	case f.given("shard") && !shardName.MatchString(f.Lookup("shard").Value.String()):
		return fmt.Errorf("-shard=%s: want i/n, as in 2/3", f.Lookup("shard").Value)
	case e.Limit <= 0:
		return fmt.Errorf("-time=%v: want more than 0", e.Limit)
	case f.given("impl") && e.Run != "":
		return errors.New("-run chooses among tests, and -impl explores without: leave one of them out")
	case f.given("impl"):
		return e.chooseExplored()
	}
	return nil
}

// chooseExplored resolves -impl. Implementations that processes share are not among the known: the
// explorer plays one process.
//
// All names of the table are taken, and not only the chosen ones: a constructor of the user must not get
// the name of an implementation of this module in any result.
func (e *exploreCall) chooseExplored() error {
	chosen, constructors, err := app{table: e.table}.choose(e.impls)
	for _, impl := range chosen {
		e.Impls = append(e.Impls, impl.Name)
	}
	e.Constructors = constructors
	for _, impl := range e.table {
		e.Taken = append(e.Taken, impl.Name)
	}
	return err
}

// mutateFlags are the flags that -mutate takes. Any other flag of the verb is refused: it would choose
// one schedule, or another form of output, and be ignored.
var mutateFlags = []string{"mutate", "mutant", "sample", "memory", "max-time", "judged", "json", "run", "race", "tags",
	"workers", "time", "seed", "steps", "strategy"}

// A mutateCall has the flags of -mutate. The rest of its flags are of the verb.
type mutateCall struct {
	on     bool
	mutant string // IDs, separated by commas
	within time.Duration
	judged string
	sample *uint64
	memory *uint64 // in MB

	seed, workers, steps *uint64 // flags of the verb that -mutate takes, too
}

// add adds the flags of -mutate. The bound of memory is for mutants alone: a broken loop may allocate without
// an end, and the kernel would then kill another process than the mutant.
func (m *mutateCall) add(f *flagSet) {
	f.BoolVar(&m.on, "mutate", false, "break the synchronization of the package, one place at a time, and "+
		"say which mutants\nits unmodified tests notice, under go test and explored")
	f.StringVar(&m.mutant, "mutant", "", "with -mutate: judge only the mutants with these `IDs`, separated by commas, "+
		"and print\nthe schedule that fails")
	f.DurationVar(&m.within, "max-time", 0, "with -mutate: of the whole run; the mutants that are not judged by then "+
		"are named;\n0: no bound")
	f.StringVar(&m.judged, "judged", "", "with -mutate: keep each verdict in this `file`, and do not judge again what "+
		"it has of the\nsame code and flags")
	m.sample = f.number("sample", 0, 0, maxCount, "with -mutate: judge `N` mutants, drawn by -seed; 0: all")
	m.memory = f.number("memory", 2048, 64, 1<<20, "with -mutate: kill a process of a mutant that uses more than `MB` "+
		"(on Linux)")
}

// mutation judges the mutants of the package.
//
// Each mutant is printed when it is judged, since all of them may take an hour, and an interrupt must not lose
// the ones that are judged. JSON is one value and is printed at the end. A report that exists is written also
// beside an error: the error says why it is not complete.
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
//
// -time and -steps count only if the user gave them. Their defaults are for one exploration, and package
// mutation has defaults of its own: it explores every test once for every mutant.
func (e *exploreCall) mutationOptions() (mutation.Options, error) {
	o := mutation.Options{
		Package: e.Package, Run: e.Run, Tags: e.Tags, Race: e.Race, Suite: layout.SourceDir(),
		Within: e.mutate.within, Judged: e.mutate.judged,
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
