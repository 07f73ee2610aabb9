// Command truth plays the gate on pairs of public commits whose effect is known, and compares its verdicts
// with that effect.
//
//	go run ./cmd/internal/duel/truth                  the gate on each pair of pairs.tsv that has no result yet
//	go run ./cmd/internal/duel/truth -benchstat       and on the same pairs go test -count=10 with benchstat
//	go run ./cmd/internal/duel/truth -only 'uuid'     some of the pairs
//
// Three flags measure what the gate decides without a time instead, on the repositories of repositories.tsv, and write
// without-time.md:
//
//	go run ./cmd/internal/duel/truth -commits 20      how many rows are IDENTICAL in the newest commits
//	go run ./cmd/internal/duel/truth -recounts 30     whether cachegrind sees a difference in such rows
//	go run ./cmd/internal/duel/truth -functions 6     which rows of a repository can be counted
//
// A pair is an old and a new commit of a repository, a pattern of benchmarks, the truth, and the source of
// this truth: what the commit changes, or what its author measured. The results are kept in a directory, one
// file for each pair, so a call that was interrupted continues where it stopped. TRUTH.md is written anew
// after each pair, from all results that are there.
//
// A verdict is right if it says the truth, and wrong if it says the contrary. It is open if the gate says
// that it cannot tell. Benchstat has no exit code; its user is taken to fail the build for each row that it
// calls slower at p < 0.05.
//
// # What this does not show
//
// The pairs were chosen by their commits and before a gate ran on them, but they are few. The truth of a
// reversed pair is the claim of the author, read backwards. A pair may be played on another day, at another load and
// by another gate than its neighbours: the page has the load of each. Playing pairs again that were open or wrong,
// after the gate was mended, and leaving the others, makes the share of right ones look better than it is.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// main has the flags and the signals. After a signal the pair at hand is given up, and the pairs before it are
// kept.
func main() {
	var o options
	flag.StringVar(&o.table, "pairs", "cmd/internal/duel/truth/pairs.tsv", "`file` of the pairs")
	flag.StringVar(&o.keep, "keep", "results/truth", "`directory` of results, to continue another time")
	flag.StringVar(&o.clones, "clones", "", "`directory` of clones, each named owner+name (default clones in -keep)")
	flag.StringVar(&o.page, "o", "reports/gate/TRUTH.md", "`file` for the table")
	flag.StringVar(&o.only, "only", "", "`pattern` of the names of the pairs to play")
	flag.BoolVar(&o.benchstat, "benchstat", false, "also go test -count=10 and benchstat")
	flag.BoolVar(&o.again, "again", false, "play pairs again that have a result")
	flag.DurationVar(&o.maxTime, "max-time", 3*time.Minute, "of each gate")
	flag.StringVar(&o.args, "args", "-inconclusive 10%", "more flags of each gate, split at blanks")
	flag.StringVar(&o.repositories, "repositories", "cmd/internal/duel/truth/repositories.tsv", "`file` of the repositories")
	flag.StringVar(&o.withoutTime, "without-time", "reports/gate/without-time.md", "`file` for what is decided without a time")
	flag.IntVar(&o.commits, "commits", 0, "of each repository to compare with their parents")
	flag.IntVar(&o.recounts, "recounts", 0, "IDENTICAL rows to count by cachegrind")
	flag.IntVar(&o.functions, "functions", 0, "most benchmark functions of each repository to count")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	play := truth
	if o.commits+o.recounts+o.functions > 0 {
		play = withoutTime
	}
	if err := play(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "truth:", err)
		os.Exit(1)
	}
}

// truth plays the pairs and writes the page.
//
// A pair that cannot be played, for example because its repository cannot be cloned, stops no other pair. Its error
// is reported at the end, and its line of the page says that it was not played.
func truth(ctx context.Context, o options) error {
	pairs, only, p, err := begin(o, o.table, parse)
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.temp)
	if text, err := p.command(ctx, p.here, "go", "build", "-o", p.tool, "./cmd/semabench"); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return playAll(ctx, pairs, only, p.play, func() error {
		return os.WriteFile(o.page, []byte(markdown(pairs, p.load, o)), 0o644)
	})
}

// playAll plays the pairs with a name that matches, and writes the page after each pair that was played. If none
// can be played, the page of an earlier run stays.
func playAll(
	ctx context.Context, pairs []pair, only *regexp.Regexp,
	play func(context.Context, pair) error, write func() error,
) error {
	var failed error
	for _, pair := range pairs {
		if ctx.Err() != nil || !only.MatchString(pair.name) {
			continue
		}
		if err := play(ctx, pair); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", pair.name, err))
			continue
		}
		if err := write(); err != nil {
			return err
		}
	}
	return errors.Join(failed, ctx.Err())
}

// begin reads the table of a call and the pattern of -only, and makes the player. The table is read before the player
// makes directories: a call with a mistake leaves nothing behind. The caller removes p.temp.
func begin[T any](o options, table string, parse func(string) ([]T, error)) (
	all []T, only *regexp.Regexp, p *player, err error,
) {
	text, err := os.ReadFile(table)
	if err != nil {
		return nil, nil, nil, err
	}
	if all, err = parse(string(text)); err != nil {
		return nil, nil, nil, err
	}
	if only, err = regexp.Compile(o.only); err != nil {
		return nil, nil, nil, fmt.Errorf("-only: %w", err)
	}
	p, err = newPlayer(o)
	return all, only, p, err
}

// newPlayer makes the directories. It has to run in the module of semabench. The caller removes temp.
//
// The clones are kept between calls, since fetching them takes longer than most pairs. The built semabench is in temp
// and not kept: a kept one would judge new pairs by the gate of an older source.
func newPlayer(o options) (*player, error) {
	keep, err := filepath.Abs(o.keep)
	if err != nil {
		return nil, err
	}
	clones, err := filepath.Abs(cmp.Or(o.clones, filepath.Join(o.keep, "clones")))
	if err != nil {
		return nil, err
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{keep, clones} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	temp, err := os.MkdirTemp("", "semabench-truth-")
	if err != nil {
		return nil, err
	}
	return &player{options: o, keep: keep, clones: clones, temp: temp, here: here,
		tool: filepath.Join(temp, "semabench")}, nil
}
