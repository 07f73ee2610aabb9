package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/semabench/semabench/stress"
)

const (
	maxOps   = 1e18 // a thousand years at 30 million a second
	maxCount = 1e9
)

// stress plays random programs against implementations until the time or the operations are over,
// or plays one again that failed.
func (a app) stress(ctx context.Context, args []string) error {
	f := a.flags("stress", "[flags]", "Plays random programs against implementations in turns, checks"+
		" their histories, and\nkeeps each program that fails in a file of its own, which -replay plays again.")
	s := soak{app: a, procs: procsList{runtime.GOMAXPROCS(0)}}
	implNames := f.String("impl", "all", "implementations to play against, separated by commas: "+byName)
	f.DurationVar(&s.limit, "time", time.Minute, "how long to play; 0, and the default with -ops, is"+
		" without an end")
	ops := f.number("ops", 0, 0, maxOps, "end after `N` operations of each implementation, 1e8 say")
	seed := f.number("seed", 0, 0, 1<<64-1, "seed of the first program, `S`; each following one has"+
		" the next; 0 means\na random one")
	f.Var(&s.procs, "procs", "values of GOMAXPROCS from 1 to 1024, a `list` as 1,2,8, that rounds go"+
		"\nthrough in turn")
	f.StringVar(&s.dir, "o", "stress-failures", "`folder` for programs that failed, made when the first does")
	f.StringVar(&s.path, "summary", "", "write the summary also into this `file`, as JSON; report -stress shows it")
	failures := f.number("max-failures", 10, 1, maxCount, "give an implementation up after `N` failures")
	file := f.String("replay", "", "play the program in this `file`, and nothing else, as its"+
		" implementation and\nGOMAXPROCS are there")
	times := f.number("times", 1000, 1, maxCount, "with -replay: play it up to `N` times")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := stressArgs(f, s.limit, s.dir); err != nil {
		return err
	}
	if f.given("replay") {
		return a.replay(ctx, *file, int(*times))
	}
	chosen, err := a.chooseImpls(*implNames)
	if err == nil {
		err = a.mustExist(chosen)
	}
	if err != nil {
		return err
	}
	if *ops > 0 && !f.given("time") {
		s.limit = 0
	}
	s.seed, s.ops, s.maxFailures = *seed, int64(*ops), int(*failures)
	if s.seed == 0 {
		s.seed = uint64(rand.Uint32()) + 1 // 32 bits are plenty, and short to type
	}
	for _, impl := range chosen { // all of them meet the same programs
		s.rows = append(s.rows, &soakRow{Campaign: stress.Campaign{Impl: impl, Seed: s.seed}})
	}
	return s.run(ctx)
}

// stressArgs refuses what no flag can refuse on its own.
func stressArgs(f *flagSet, limit time.Duration, dir string) error {
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if limit < 0 {
		return fmt.Errorf("-time=%v: want 0, which means until interrupted, or more", limit)
	}
	if info, err := os.Stat(dir); dir == "" || err == nil && !info.IsDir() {
		return fmt.Errorf("-o=%s: want a folder, or a name for a new one", dir)
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
