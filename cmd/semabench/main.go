// Command semabench measures semaphores, reports on benchmarks, and plays random programs against
// semaphores for as long as one likes.
//
//	semabench run       measure implementations on this machine and write a report
//	semabench report    make a report of any Go benchmark text
//	semabench gate      judge whether a change made benchmarks slower
//	semabench agree     say how many verdicts of two runs of the same rows differ
//	semabench policies  print what each implementation promises beyond the contract
//	semabench parallel  compare threads and processes at the same work, and judge what is said of them
//	semabench stress    play random programs until the time is over, and keep those that fail
//	semabench explore   play every schedule of tests, or as many as there is time for
//	semabench help      say more
//
// Exit codes: 0 all was done and nothing failed; 1 a program or a row failed, a line was broken or
// the text is partial, and what is good was kept; 2 the command or its input was refused and
// nothing was written; 130 interrupted, and what had been measured or counted was kept.
// (go run turns every code but 0 into 1.)
//
// gate has codes of its own, because a build branches on them: 0 pass, 1 a row REGRESSED, 2 refused,
// unreadable, failed or missing rows, 3 inconclusive or interrupted, 4 an invalid run. explore has one more: 3
// unknown, since a bound came before all schedules were played.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/semabench/semabench/bench/parallel"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/flags"
	"github.com/semabench/semabench/internal/sampling"
)

func main() {
	parallel.ChildMain(impls.All()...) // of semabench parallel, which starts this program again
	commandMain(impls.All(), process.All(), sampling.Linked)
}

func commandMain(table, shared []impls.Impl, maker sampling.Maker) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if len(os.Args) < 2 || !slices.Contains(tidying, os.Args[1]) {
		context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	}
	a := app{table: table, shared: shared, maker: maker, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(a.main(ctx, os.Args[1:]))
}

// An app is the command without the process around it.
type app struct {
	table          []impls.Impl
	shared         []impls.Impl   // by processes: known by name, and not among all
	maker          sampling.Maker // of the programs that take samples; tests have a table that no program has
	stdin          io.Reader
	stdout, stderr io.Writer
}

type verb struct {
	name, what string
	run        func(a app, ctx context.Context, args []string) error
}

var verbs = []verb{
	{"run", "measure implementations on this machine and write a report", app.run},
	{"report", "make a report of any Go benchmark text", app.report},
	{"gate", "judge whether a change made benchmarks slower, for builds to fail by", app.gate},
	{"agree", "say how many verdicts of two runs of the same rows differ", app.agree},
	{"policies", "print what each implementation promises beyond the contract", app.policies},
	{"parallel", "compare threads and processes at the same work, and judge what is said of them", app.parallel},
	{"stress", "play random programs until the time is over, and keep those that fail", app.stress},
	{"explore", "play every schedule of tests, or as many as there is time for", app.explore},
	{"sample", "measure one row once and print its line; run calls this", app.sample},
	{"turn", "play programs against one implementation; stress calls this", app.turn},
}

// tidying are verbs that would leave directories behind if they were ended at once, gigabytes even, and that
// end within seconds anyway. Somebody impatient at a terminal, or a CI that sends SIGTERM after
// SIGINT, may signal them as often as they like.
var tidying = []string{"run", "gate"}

// main runs the verb that args name and returns the exit code.
func (a app) main(ctx context.Context, args []string) int {
	if len(args) == 0 {
		a.usage(a.stderr)
		return exitcode.Refused
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		a.usage(a.stdout)
		return exitcode.OK
	}
	for _, v := range verbs {
		if v.name == args[0] {
			return a.exitCode(v.name, v.run(a, ctx, args[1:]))
		}
	}
	fmt.Fprintf(a.stderr, "semabench: unknown verb %q; verbs are %s\n", args[0], strings.Join(verbNames(), ", "))
	return exitcode.Refused
}

// exitCode prints the error of a verb and returns its exit code.
func (a app) exitCode(verb string, err error) int {
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(a.stderr, "semabench %s: %v\n", verb, err)
	}
	return exitcode.Of(err)
}

func (a app) usage(w io.Writer) {
	fmt.Fprintln(w, "semabench measures semaphores, reports on benchmarks, guards them, and plays random programs\n"+
		"and every schedule.\n\n"+
		"Verbs (-h after one lists its flags):")
	for _, v := range verbs {
		fmt.Fprintf(w, "  %-8s %s\n", v.name, v.what)
	}
	fmt.Fprintln(w, "\nExit codes: 0 done, nothing failed; 1 something failed, what is good was kept; "+
		"2 refused, nothing written; 130 interrupted.\n"+
		"gate: 0 pass; 1 regression; 2 refused, unreadable, failed or missing rows; 3 inconclusive or "+
		"interrupted; 4 invalid run.\n"+
		"explore: 3 unknown: none failed, and a bound came before all schedules were played.")
}

// flags returns a flag set for a verb. It prints its help if asked, and nothing else: errors are
// for exitCode to print.
func (a app) flags(verb, args, what string) *flagSet {
	f := flag.NewFlagSet(verb, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	help := func() {
		fmt.Fprintf(a.stdout, "usage: semabench %s %s\n\n%s\n\n", verb, args, what)
		f.SetOutput(a.stdout)
		f.PrintDefaults()
	}
	return &flagSet{f, help}
}

type flagSet struct {
	*flag.FlagSet
	help func()
}

func (f *flagSet) parse(args []string) error {
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.help()
	}
	return err
}

// number adds a flag for a whole number from least to most; see flags.Number.
func (f *flagSet) number(name string, value, least, most uint64, usage string) *uint64 {
	return flags.Number(f.FlagSet, name, value, least, most, usage)
}

// noArguments refuses arguments behind the flags.
func (f *flagSet) noArguments() error {
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return nil
}

// given reports whether the arguments have the flag, if only to say its default.
func (f *flagSet) given(name string) (yes bool) {
	f.Visit(func(g *flag.Flag) { yes = yes || g.Name == name })
	return yes
}

func verbNames() (names []string) {
	for _, v := range verbs {
		names = append(names, v.name)
	}
	return names
}
