// Command selftest measures how far the gate can be believed on this machine: how
// often it raises a false alarm over a program that is compared with itself, and
// how often it finds a slowdown.
//
//	go run ./cmd/internal/duel/selftest          25 minutes at most
//	go run ./cmd/internal/duel/selftest -short   4 minutes, for a first impression
//	go run ./cmd/internal/duel/selftest -keep D  saves every family in D, and continues from saved ones
//	go run ./cmd/internal/duel/selftest -busy    for a machine with other work: a page of its own, selftest-busy.md
//
// It runs whole gates of package anchor, with the same directory on both sides,
// one after the other, as many as fit into the time. These are the direct
// families. More families are drawn from their pairs by a trial, which also
// plants slowdowns into them by multiplying times. The results are in
// selftest.md, and in selftest.csv with a line for each row of each family.
//
// What this does not show: other rows, another machine, a load that this machine did not have.
// Families that are drawn share the chance differences of the recording, and the direct families
// are few. A multiplied time has the noise of the old side, and a real slowdown may be noisier.
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

	"github.com/semabench/semabench/cmd/internal/duel"
	"github.com/semabench/semabench/reports/gate"
)

func main() {
	short := flag.Bool("short", false, "4 minutes instead of 25")
	wanted := flag.Int("families", 30, "whole gates to run, if there is time for them")
	// Drawing and judging families takes the rest of 25 minutes.
	limit := flag.Duration("time", 22*time.Minute, "limit of all measuring")
	dir := flag.String("o", "reports/gate", "`directory` for selftest.md and selftest.csv")
	saved := flag.String("keep", "", "`directory` in which families are saved, to continue another time")
	busy := flag.Bool("busy", false, "write selftest-busy.md, whose figures the next selftest.md has in a column")
	flag.Parse()
	if *short {
		*limit = 4 * time.Minute
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := selftest(ctx, *wanted, *limit, *saved, *dir, *busy); err != nil {
		fmt.Fprintln(os.Stderr, "selftest:", err)
		os.Exit(1)
	}
}

// selftest records families and writes the two result files. If it is interrupted, the files are
// about the families that were measured by then. Each of the two files is written even if the other one
// fails, and the error names both.
func selftest(ctx context.Context, wanted int, limit time.Duration, saved, dir string, busy bool) error {
	r, err := record(ctx, wanted, limit, saved)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "drawing families and judging them")
	page, err := r.markdown()
	if err != nil {
		return err
	}
	name := busyPage
	if !busy {
		name = quietPage
		if page, err = withBusy(page, dir); err != nil {
			return err
		}
	}
	table := strings.TrimSuffix(name, ".md") + ".csv"
	page = strings.ReplaceAll(page, "selftest.csv", table)
	return errors.Join(
		os.WriteFile(filepath.Join(dir, name), []byte(page), 0o644),
		os.WriteFile(filepath.Join(dir, table), []byte(r.csv()), 0o644),
	)
}

// countedFamilies is how many families count instructions. A row that is drawn gets the counts of one of them.
const countedFamilies = 3

// record runs gates until there are as many as wanted, or until another one would take too long. A
// gate that was interrupted is no family. Each family is saved at once, so that an interruption
// costs one family. It stops before the limit and not at it: a family that is cut off would be
// wasted.
func record(ctx context.Context, wanted int, limit time.Duration, saved string) (*recording, error) {
	r := &recording{wanted: wanted, limit: limit, drawn: 300}
	var err error
	if saved != "" {
		r.families, err = load(saved)
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
			break // another family would probably take as long as the average of those before
		}
		f, err := measureFamily(ctx, n < countedFamilies)
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			break
		}
		if err := f.save(saved, n+1); err != nil {
			return nil, err
		}
		r.families = append(r.families, f)
		fmt.Fprintf(os.Stderr, "family %d of %d: %v, exit %d %s\n", n+1, wanted,
			f.took.Round(time.Second), f.report.Exit(), strings.Join(f.report.Invalid, "; "))
	}
	if len(r.families) == 0 {
		return nil, errors.New("interrupted before there was one family")
	}
	return r, nil
}

// measureFamily runs one whole gate. It judges with the default options, as users do. The second
// stages are asked for as a gate does it, first for suspects and then for rows that are still open.
// MeasureSame has the rows measured although both sides are identical: the gate would otherwise
// call them so without a measurement.
//
// Only some families count instructions: those hardly depend on the load, and counting takes as long as timing.
func measureFamily(ctx context.Context, counts bool) (f family, err error) {
	begun := time.Now()
	o := duel.Options{Packages: []string{anchorPackage}, MeasureSame: true}
	o.NoInstructions = !counts
	d, err := duel.Measure(ctx, o)
	if err != nil {
		return f, err
	}
	f.run = d.Run()
	if err = d.SecondStage(ctx, gate.Suspects(f.run, gate.Options{})); err == nil {
		err = d.SecondStage(ctx, gate.Open(f.run, gate.Options{}))
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return f, err
	}
	f.report, f.took = gate.Judge(f.run, gate.Options{}), time.Since(begun)
	return f, nil
}
