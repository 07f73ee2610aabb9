package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A recount checks an IDENTICAL row with an instrument that the gate does not use: cachegrind, on the binaries that
// go test -c builds of both commits.
type recount struct {
	Repo, Commit, Package, Function string
	Operations                      int
	Old, New, Again                 float64 // instructions of an operation; Again counts the old side once more
	Error                           string  // why it could not be counted
}

// change returns by how much the new side differs from the old one, and spread by how much the old one from itself.
func (r recount) change() float64 { return r.New/r.Old - 1 }
func (r recount) spread() float64 { return r.Again/r.Old - 1 }

// recount counts a sample of the rows that are IDENTICAL although their commit changes code. It takes every n-th of
// them, so that the sample has rows of all histories. A recount that is kept is not made again.
func (p *player) recount(ctx context.Context, all []history, wanted int, write func() error) error {
	var rows []recount
	histories := map[string]history{}
	for _, h := range all {
		histories[h.repo] = h
		for _, c := range played(p.compared(h)) {
			for _, b := range c.Benchmarks {
				if c.Code && b.Identical {
					rows = append(rows, recount{Repo: h.repo, Commit: c.Commit, Package: b.Package, Function: b.Function})
				}
			}
		}
	}
	kept := p.recounts()
	for i := range min(wanted, len(rows)) {
		r := rows[i*len(rows)/wanted]
		if len(rows) < wanted {
			r = rows[i]
		}
		if slices.ContainsFunc(kept, r.isSameRow) {
			continue
		}
		if err := p.countRow(ctx, histories[r.Repo], &r); err != nil {
			r.Error, _, _ = strings.Cut(err.Error(), "\n")
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(os.Stderr, "%s %.9s %s: %+.3f %% %s\n", r.Repo, r.Commit, r.Function, 100*r.change(), r.Error)
		kept = append(kept, r)
		if err := errors.Join(saveJSON(p.recountFile(), kept), write()); err != nil {
			return err
		}
	}
	return nil
}

func (r recount) isSameRow(other recount) bool {
	return r.Repo == other.Repo && r.Commit == other.Commit && r.Package == other.Package && r.Function == other.Function
}

// countRow counts one row on both sides, and the old side twice: the second count of the old side is the measure for
// the difference of the sides.
func (p *player) countRow(ctx context.Context, h history, r *recount) error {
	var dirs, binaries [2]string
	for i, revision := range []string{r.Commit + "^", r.Commit} {
		tree := filepath.Join(p.temp, fmt.Sprintf("side-%d", i))
		defer os.RemoveAll(tree)
		var err error
		if dirs[i], err = p.export(ctx, h, revision, tree, r.Package); err != nil {
			return err
		}
		binaries[i] = filepath.Join(p.temp, fmt.Sprintf("side-%d.test", i))
		if text, err := p.command(ctx, dirs[i], "go", "test", "-c", "-vet=off", "-trimpath", "-buildvcs=false", "-o",
			binaries[i], "."); err != nil {
			return fmt.Errorf("%w: %s", err, text)
		}
	}
	text, err := p.command(ctx, dirs[0], binaries[0], "-test.run=^$", "-test.bench=^"+r.Function+"$",
		"-test.benchtime="+countedTime.String())
	if err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	if r.Operations = fewestOperations(text); r.Operations == 0 {
		return fmt.Errorf("it has no result: %.200s", text)
	}
	for i, value := range []*float64{&r.Old, &r.New, &r.Again} {
		side := i % 2 // old, new, old
		if *value, err = p.instructions(ctx, dirs[side], binaries[side], r); err != nil {
			return err
		}
	}
	return nil
}

// countedTime is how long a run of the operations takes without valgrind: about 150 million instructions. A process
// varies by 0.1 million.
const countedTime = 50 * time.Millisecond

// export writes a revision into a new folder, and returns the folder of a package in it.
func (p *player) export(ctx context.Context, h history, revision, tree, path string) (dir string, err error) {
	clone, err := p.clone(ctx, h.repo, h.last)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(tree, 0o755); err != nil {
		return "", err
	}
	archive := tree + ".tar"
	defer os.Remove(archive)
	if text, err := p.command(ctx, clone, "git", "archive", "-o", archive, revision); err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	if text, err := p.command(ctx, tree, "tar", "xf", archive); err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	text, err := p.command(ctx, filepath.Join(tree, h.dir), "go", "list", "-f", "{{.Dir}}", path)
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	return text, nil
}

var resultLine = regexp.MustCompile(`(?m)^Benchmark\S*\s+(\d+)\s`)

// fewestOperations returns the number of operations of the slowest sub-benchmark, or 0 if there is none.
func fewestOperations(text string) (fewest int) {
	for _, found := range resultLine.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(found[1]); err == nil && (fewest == 0 || n < fewest) {
			fewest = n
		}
	}
	return fewest
}

// instructions returns the instructions of an operation. A second run has twice the operations, and the count of the
// first run is subtracted. So the start of the process and the preparation of the benchmark cancel out.
func (p *player) instructions(ctx context.Context, dir, binary string, r *recount) (float64, error) {
	var totals [2]float64
	for i, n := range []int{r.Operations, 2 * r.Operations} {
		c := p.at(ctx, dir, "valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file="+os.DevNull,
			binary, "-test.run=^$", "-test.bench=^"+r.Function+"$", fmt.Sprintf("-test.benchtime=%dx", n))
		c.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=off", "GODEBUG=asyncpreemptoff=1")
		out, err := c.CombinedOutput()
		found := refsLine.FindSubmatch(out)
		if err != nil || found == nil {
			return 0, fmt.Errorf("cachegrind: %w: %.200s", err, out)
		}
		if totals[i], err = strconv.ParseFloat(strings.ReplaceAll(string(found[1]), ",", ""), 64); err != nil {
			return 0, err
		}
	}
	return (totals[1] - totals[0]) / float64(r.Operations), nil
}

var refsLine = regexp.MustCompile(`(?m)I\s+refs:\s+([\d,]+)$`)

// recounts returns the recounts that are kept.
func (p *player) recounts() (all []recount) {
	text, err := os.ReadFile(p.recountFile())
	if err != nil || json.Unmarshal(text, &all) != nil {
		return nil
	}
	return all
}

func (p *player) recountFile() string { return filepath.Join(p.keep, "identity-recounts.json") }
