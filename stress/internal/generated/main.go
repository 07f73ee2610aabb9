// Generated plays mutants made by package mutate against the two judges of this module, stress.Run
// and explore.Semaphore.
//
//	go run ./stress/internal/generated -sample 150 -time 20m
//
// The mutants come from the designs that [subjects] lists: each statement of a correct semaphore is
// broken in turn. For each mutant the table says which judge refuted it, and by what. A mutant that
// both let pass is either equivalent to the original, or outside the contract, or a miss. The file
// classes.txt says which, with the argument. A miss shows a kind of input that no judge tries.
//
// Results are kept in the file of -o, stress/generated.md by default, after each mutant. A run plays
// only mutants that have no result there, so an interrupted run continues where it stopped. A
// mutant's name depends on its change and not on the line, see mutate.Mutant.ID. Changes of the
// judges do not delete results: -again plays the survivors, or what its pattern names, once more.
//
// # How it plays
//
// The mutants of a batch are packages of one temporary module, and one test binary links them all:
// so building costs a fraction of a second for each mutant. Every mutant meets package stress in a
// process of its own, because it may hang, panic, or end the process. One process explores the
// mutants of a batch one after the other: package explore plays schedules in processes that it
// watches itself.
//
// The originals are judged with every batch, as mutants without a change. If a judge refutes one of
// them, the run stops: under the same bounds its verdicts on the mutants would mean nothing.
//
// # What this does not show
//
// The budgets are shorter than the budgets of a user's test, so a survivor here may be refuted there. The
// share of survivors that are equivalent is a judgement of people.
//
// # Why two processes a judge
//
// A plain binary and one with the race detector judge each mutant, the plain one first. The
// detector slows a program down by ten times and changes its timing, so it plays only what the
// plain binary let pass, and of package stress only the clauses about memory.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/interrupt"
)

// An interrupt ends the context and not the process, so the table is written and the children are
// ended.
func main() {
	if err := run(interrupt.PatientContext(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generated:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("generated", flag.ContinueOnError)
	// 12 s without work. Package stress itself reports a hang after 30 s on the clock.
	o := options{idle: 12 * time.Second}
	f.StringVar(&o.out, "o", "stress/generated.md", "keep results in this `file`")
	f.IntVar(&o.sample, "sample", 0, "play this many mutants without a result, drawn at random; 0 means all")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the sample")
	f.DurationVar(&o.limit, "limit", 20*time.Second, "a process of package stress that takes more processor time hangs")
	f.DurationVar(&o.explore, "explore", 20*time.Second, "explore each mutant for at most this long")
	f.IntVar(&o.schedules, "schedules", 0, "explore at most this many schedules of each program, and no crowds; 0 means all that the time allows")
	f.IntVar(&o.ops, "ops", 20_000, "operations of random programs")
	f.IntVar(&o.batch, "batch", 200, "mutants in one test binary")
	f.IntVar(&o.workers, "workers", 2, "processes of package stress at a time")
	designs := f.String("designs", "", "play mutants of the designs that match this `pattern` only")
	again := f.String("again", "", "play those whose row in the table matches this `pattern`, though they have results; survived is one")
	total := f.Duration("time", 0, "stop after this long, as after an interrupt; 0 means never")
	judges := f.String("judges", "own stress explore", "ask these judges only")
	printOnly := f.Bool("n", false, "play nothing: write the table anew and print the summary")
	if err := f.Parse(args); err != nil {
		return err
	}
	var err error
	if o.designs, err = regexp.Compile(*designs); err != nil {
		return err
	}
	if *again != "" {
		if o.again, err = regexp.Compile(*again); err != nil {
			return err
		}
	}
	o.byStress, o.byExplore = strings.Contains(*judges, "stress"), strings.Contains(*judges, "explore")
	o.byOwn = strings.Contains(*judges, "own")
	if o.root, err = moduleRoot(); err != nil {
		return err
	}
	if *total > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *total)
		defer cancel()
	}
	// The table is read before anything is played: a file that cannot be read would otherwise be
	// lost by writing it anew.
	t, err := openTable(o, subjects())
	if err != nil {
		return err
	}
	if !*printOnly {
		err = o.play(ctx, t)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			fmt.Fprintln(os.Stderr, "stopped; the same command continues")
			err = nil
		}
	}
	// Also after an error: verdicts that were reached stay true.
	if err := t.write(); err != nil {
		return err
	}
	fmt.Print(t.summary())
	fmt.Print(t.ownSummary())
	fmt.Print(t.survivors())
	return err
}

// play plays the mutants that are chosen, in batches. A batch is built at once and judged at once,
// so its size trades the cost of linking against what an interrupt of the build loses.
func (o options) play(ctx context.Context, t *table) error {
	chosen := o.choose(t)
	fmt.Fprintf(os.Stderr, "%d mutants to play\n", len(chosen))
	for batch := range slices.Chunk(chosen, o.batch) {
		began := time.Now()
		if err := o.judge(ctx, t, batch); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%d mutants took %v\n", len(batch), time.Since(began).Round(time.Second))
	}
	return nil
}

// moduleRoot returns the folder of the go.mod of this module, from the working directory upwards.
// The working directory may be any folder of the module, as for the go command.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+module+"\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run it inside the module " + module)
		}
		dir = filepath.Dir(dir)
	}
}
