package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/cmd/internal/soak"
	"github.com/semabench/semabench/internal/flags"
)

const (
	maxOps   = 1e18 // a thousand years at 30 million a second
	maxCount = 1e9  // counts become an int, which may have 32 bits
)

// stress plays random programs against implementations until the time or the operations are over,
// or plays one program again that failed. Without -seed the seed is drawn and printed, so that each
// soak plays other programs and every one can be repeated.
//
// -replay branches off before names are resolved, because the file names the implementation. All
// numbers of the file are checked where they are read, with the line of the file in the message.
func (a app) stress(ctx context.Context, args []string) error {
	f := a.flags("stress", "[flags]", "Plays random programs against implementations in turns, checks"+
		" their histories, and\nkeeps each program that fails in a file of its own, which -replay plays again.")
	o := soak.Options{Slow: a.isShared, Stdout: a.stdout, Stderr: a.stderr}
	procs := flags.Procs{runtime.GOMAXPROCS(0)}
	implNames := f.String("impl", "all", "implementations to play against, separated by commas: "+
		sampling.ImplNames+constructorNames)
	f.DurationVar(&o.Limit, "time", time.Minute, "how long to play; 0, and the default with -ops, is"+
		" without an end")
	ops := f.number("ops", 0, 0, maxOps, "end after `N` operations of each implementation, 1e8 say")
	seed := f.number("seed", 0, 0, 1<<64-1, "seed of the first program, `S`; each following one has"+
		" the next; 0 means\na random one")
	f.Var(&procs, "procs", "values of GOMAXPROCS from 1 to 1024, a `list` as 1,2,8, that rounds go"+
		"\nthrough in turn")
	f.StringVar(&o.Dir, "o", "stress-failures",
		"`folder` for programs that failed, made when the first does")
	f.StringVar(&o.Summary, "summary", "",
		"write the summary also into this `file`, as JSON; report -stress shows it")
	failures := f.number("max-failures", 10, 1, maxCount,
		"give an implementation up after `N` failures")
	file := f.String("replay", "", "play the program in this `file`, and nothing else, as its"+
		" implementation and\nGOMAXPROCS are there")
	times := f.number("times", 1000, 1, maxCount, "with -replay: play it up to `N` times")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := checkStressFlags(f, o); err != nil {
		return err
	}
	if f.given("replay") {
		return a.replay(ctx, *file, int(*times))
	}
	chosen, constructors, err := a.chooseMeasured(*implNames)
	if err != nil {
		return err
	}
	if len(constructors) > 0 {
		p, err := a.linkPlayer(ctx, constructors)
		if err != nil {
			return err
		}
		defer p.close()
		chosen = append(slices.Clip(chosen), p.made...)
		o.Program, o.Constructors = p.path, p.constructors
	}
	// Given -ops alone, the minute that is the default would end most runs before their number
	// of operations.
	if *ops > 0 && !f.given("time") {
		o.Limit = 0
	}
	o.Impls, o.Procs, o.Operations, o.MaxFailures = chosen, procs, int64(*ops), int(*failures)
	o.Seed = *seed
	return soak.Run(ctx, o)
}

// replay plays the program of a failure again, in a program that is built for it if the failure is of
// a constructor in another package. That program prints what this executable would print. The file itself says
// which constructors it needs: a user that replays a failure of a colleague does not know them.
func (a app) replay(ctx context.Context, file string, times int) error {
	names, err := soak.Constructors(file)
	if err != nil {
		return err
	}
	if names == "" {
		return soak.Replay(ctx, file, times, a.known(), a.stdout, a.stderr)
	}
	_, constructors, err := a.chooseMeasured(names)
	if err != nil {
		return fmt.Errorf("%s: constructors: %w", file, err)
	}
	p, err := a.linkPlayer(ctx, constructors)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	defer p.close()
	return p.replay(ctx, file, times, a.stdout, a.stderr)
}

// checkStressFlags checks values that no flag can check alone.
//
// A flag that has no effect is refused and not ignored: a user that gives -procs with -replay
// would believe that it changes the replay.
func checkStressFlags(f *flagSet, o soak.Options) error {
	if err := f.noArguments(); err != nil {
		return err
	}
	if o.Limit < 0 {
		return fmt.Errorf("-time=%v: want 0, which means until interrupted, or more", o.Limit)
	}
	if info, err := os.Stat(o.Dir); o.Dir == "" || err == nil && !info.IsDir() {
		return fmt.Errorf("-o=%s: want a folder, or a name for a new one", o.Dir)
	}
	if !f.given("replay") {
		if f.given("times") {
			return errors.New("-times is for -replay")
		}
		return nil
	}
	var useless error
	f.Visit(func(g *flag.Flag) {
		if g.Name != "replay" && g.Name != "times" {
			useless = fmt.Errorf("-replay takes all else from its file: leave out -%s", g.Name)
		}
	})
	return useless
}
