// Command selftest measures how far the gate can be believed on this machine: how often it cries
// wolf over a program that is compared with itself, and how often it finds a slowdown.
//
//	go run ./internal/duel/selftest          25 minutes at most
//	go run ./internal/duel/selftest -short   4 minutes, for a look
//	go run ./internal/duel/selftest -keep D  keeps every family in D, and goes on with those that are there
//
// It runs whole gates of package anchor, the same directory on both sides, one after the other, as
// many as fit into the time: the direct families. More families are drawn from their pairs by
// gate.Trial, and slowdowns are planted into those by multiplying. It writes selftest.md, and
// selftest.csv with a line for each row of each family.
//
// What this does not show: other rows, another machine, a load that was not there. Families that
// are drawn have the luck of the recording; the direct ones are few. A multiplied time has the noise
// of the old side, and a real slowdown may be noisier.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/semabench/semabench/internal/duel"
	"github.com/semabench/semabench/reports/gate"
)

func main() {
	short := flag.Bool("short", false, "4 minutes instead of 25")
	wanted := flag.Int("families", 30, "whole gates to run, if there is time for them")
	limit := flag.Duration("time", 25*time.Minute, "of all measuring")
	dir := flag.String("o", "reports/gate", "`directory` for selftest.md and selftest.csv")
	kept := flag.String("keep", "", "`directory` in which families are kept, to go on with another time")
	flag.Parse()
	if *short {
		*limit = 4 * time.Minute
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := selftest(ctx, *wanted, *limit, *kept, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "selftest:", err)
		os.Exit(1)
	}
}

func selftest(ctx context.Context, wanted int, limit time.Duration, kept, dir string) error {
	r, err := record(ctx, wanted, limit, kept)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "drawing families and judging them")
	page, err := r.markdown()
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "selftest.md"), []byte(page), 0o644),
		os.WriteFile(filepath.Join(dir, "selftest.csv"), []byte(r.csv()), 0o644),
	)
}

// A family is one whole gate of the base against itself.
type family struct {
	run    *gate.Run
	report *gate.Report
	took   time.Duration
}

type recording struct {
	wanted   int
	limit    time.Duration
	earlier  int // families that were kept
	drawn    int // families, from the pairs of the direct ones
	families []family
}

const rows = "./internal/duel/anchor"

// record runs gates until there are enough, or until another one would take too long. One that was
// interrupted is no family.
func record(ctx context.Context, wanted int, limit time.Duration, kept string) (*recording, error) {
	r := &recording{wanted: wanted, limit: limit, drawn: 300}
	var err error
	if kept != "" {
		r.families, err = load(kept)
	}
	if err != nil {
		return nil, err
	}
	r.earlier = len(r.families)
	begun := time.Now()
	for len(r.families) < wanted && ctx.Err() == nil {
		n := len(r.families)
		spent := time.Since(begun)
		if made := n - r.earlier; made > 0 && spent+spent/time.Duration(made) > limit {
			break
		}
		f, err := measure(ctx)
		if err != nil {
			return nil, err
		}
		if ctx.Err() == nil {
			if err := f.keep(kept, n+1); err != nil {
				return nil, err
			}
			r.families = append(r.families, f)
			fmt.Fprintf(os.Stderr, "family %d of %d: %v, exit %d %s\n", n+1, wanted,
				f.took.Round(time.Second), f.report.Exit(), strings.Join(f.report.Invalid, "; "))
		}
	}
	if len(r.families) == 0 {
		return nil, errors.New("interrupted before there was one family")
	}
	return r, nil
}

func measure(ctx context.Context) (f family, err error) {
	begun := time.Now()
	d, err := duel.Measure(ctx, duel.Options{Packages: []string{rows}})
	if err != nil {
		return f, err
	}
	f.run = d.Run()
	err = errors.Join(d.SecondStage(ctx, gate.Suspects(f.run, gate.Options{})), d.Close())
	if err != nil {
		return f, err
	}
	f.report, f.took = gate.Judge(f.run, gate.Options{}), time.Since(begun)
	return f, nil
}
