// Command semabench measures semaphores, reports on benchmarks, guards them against slowdowns, and
// looks for programs and schedules in which concurrent code fails.
//
//	semabench run       measure implementations on this machine and write a report
//	semabench report    make a report of any Go benchmark text
//	semabench gate      judge whether a change made benchmarks slower
//	semabench history   keep the runs of a branch, and name the commits at which a row changed
//	semabench agree     say how many verdicts of two runs of the same rows differ
//	semabench policies  print what each implementation promises beyond the contract
//	semabench parallel  compare threads and processes at the same work, and judge textbook sentences
//	semabench stress    play random programs until the time is over, and keep programs that fail
//	semabench explore   play every schedule of tests, or as many as there is time for
//	semabench vet       report wrong uses of semaphores in Go source
//	semabench completion  print a script that completes the command line in bash, zsh or fish
//	semabench help      say more; help VERB lists the flags of a verb
//	semabench version   print the version, the commit and the toolchain
//
// Exit codes: 0 all was done and nothing failed; 1 a program or a row failed, a line was broken or
// the text is partial, and the good part was kept; 2 the command or its input was refused and
// nothing was written; 130 interrupted, and the results until then were kept. (go run turns every
// code but 0 into 1.)
//
// The verb gate has codes of its own, because a build branches on them: 0 pass, 1 a row REGRESSED,
// 2 refused, unreadable, failed or missing rows, 3 inconclusive or interrupted, 4 an invalid run.
// The verb explore has one more: 3 unknown, because a bound ended the search before all schedules
// were played.
//
// # What this does not show
//
// Figures are of one machine and one day. Programs and schedules that did not fail prove nothing
// about other programs; each verb prints what it did not look at.
//
// # Why one package of more than twenty files
//
// Each verb has a file with its flags and its wiring. app.go has the streams, the table and the list of the
// verbs, and flagset.go the flags that several verbs share. main.go alone names every verb, so it stands
// above all of them, and no verb needs to know another. A verb in a package of its own would need the app
// exported, and its file would be as long.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/semabench/semabench/bench/parallel"
	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/interrupt"
)

// main must call ChildMain before anything else. The children of semabench parallel are this
// same executable, and a variable in their environment says so. A child without the call would
// take itself for a new command of the user.
func main() {
	parallel.ChildMain(impls.All()...) // does not return in a child process of semabench parallel
	asVettool(os.Args[1:])             // does not return if the go command asks
	commandMain(impls.All(), process.All(), sampling.Linked)
}

// commandMain runs the command with these tables and exits. Tests call it with tables of their own.
//
// It is apart from main because the test binary is the command too: a test starts itself again
// with tables that have a broken implementation, and sees real exit codes and real signals.
//
// os.Exit runs no deferred call. So every defer that removes a folder or ends a process stands
// inside a verb, which returns before the exit.
func commandMain(table, shared []impls.Impl, maker sampling.Maker) {
	signals := interrupt.Context
	if len(os.Args) > 1 && slices.Contains(cleaningVerbs, os.Args[1]) {
		signals = interrupt.PatientContext
	}
	a := app{
		table: table, shared: shared, maker: maker,
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
	}
	os.Exit(a.main(signals(), os.Args[1:]))
}

// init and not an initializer: the verb completion reads the list that it stands in.
func init() {
	verbs = []verb{
		{"run", "measure implementations on this machine and write a report", app.run},
		{"report", "make a report of any Go benchmark text", app.report},
		{"gate", "judge whether a change made benchmarks slower, for builds to fail by", app.gate},
		{"history", "keep the runs of a branch, and name the commits at which a row changed", app.history},
		{"agree", "say how many verdicts of two runs of the same rows differ", app.agree},
		{"policies", "print what each implementation promises beyond the contract", app.policies},
		{"parallel", "compare threads and processes at the same work, and judge textbook sentences",
			app.parallel},
		{"stress", "play random programs until the time is over, and keep programs that fail", app.stress},
		{"explore", "play every schedule of tests, or as many as there is time for", app.explore},
		{"vet", "report wrong uses of semaphores in Go source", app.vet},
		{"completion", "print a script that completes the command line in bash, zsh or fish", app.completion},
		{"sample", "measure one row once and print its line; run calls this", app.sample},
		{"turn", "play programs against one implementation; stress calls this", app.turn},
	}
}

// cleaningVerbs ignore a second signal. They end within seconds of the first one, and if they
// ended at once they would leave folders behind, of gigabytes even. A user may press Ctrl-C
// repeatedly, and some CI systems send SIGTERM after SIGINT.
var cleaningVerbs = []string{"run", "gate"}

// main runs the verb that args name and returns the exit code.
//
// An unknown verb is refused with the list of verbs. Guessing the nearest one could start a
// measurement of an hour by a typing error.
func (a app) main(ctx context.Context, args []string) int {
	if len(args) == 0 {
		a.usage(a.stderr)
		return exitcode.Refused
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return a.helpOn(ctx, args[1:])
	case "version", "-version", "--version":
		if len(args) > 1 {
			return a.exitCode("version", fmt.Errorf("unexpected argument %q", args[1]))
		}
		version(a.stdout)
		return exitcode.OK
	}
	for _, v := range verbs {
		if v.name == args[0] {
			return a.exitCode(v.name, v.run(a, ctx, args[1:]))
		}
	}
	return a.unknownVerb(args[0])
}

// exitCode prints the error of a verb and returns its exit code. flag.ErrHelp is an error only
// for package flag: the user asked for help and got it, so nothing is printed and the code is 0.
func (a app) exitCode(verb string, err error) int {
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(a.stderr, "semabench %s: %v\n", verb, err)
	}
	return exitcode.Of(err)
}

// helpOn prints the help of the verb that args name, or of the command if they name none.
func (a app) helpOn(ctx context.Context, args []string) int {
	if len(args) == 0 {
		a.usage(a.stdout)
		return exitcode.OK
	}
	return a.main(ctx, []string{args[0], "-h"})
}
