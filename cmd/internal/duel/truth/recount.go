package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
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
//
// Not massif, by which the gate counts, and not the binaries of the gate, which have a worker in package testing: a
// fault in either would be in both answers. The price is a process for each count, with the noise of a whole process.
type recount struct {
	Repo, Commit, Package, Function string
	Operations                      int
	Old, New, Again                 float64 // instructions of one operation; Again counts the old side once more
	Error                           string  // why it could not be counted
}

// change returns by how much the new side differs from the old one, and spread by how much the old side differs from
// itself, both as a share of the old count. A row without counts has 0/0, which is NaN: it is no change of 0 %.
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
	// The sample does not depend on what is kept. So a call that was interrupted, and continued, takes the same rows.
	for i := range min(wanted, len(rows)) {
		r := rows[i*len(rows)/wanted]
		if len(rows) < wanted { // i*len(rows)/wanted would take some rows twice
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

// isSameRow reports whether other is a recount of the same row, however it came out. A row that could not be counted is
// not tried again, since each try takes minutes: to try it, remove its entry from the file of recounts.
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
	// The sides take turns, so that a change of the machine between the counts shows in Again, too.
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

// export writes a revision into a new folder, and returns the folder of a package in it. Both sides are needed at the
// same time, and a clone has one work tree. git archive leaves out submodules and files marked export-ignore, so a
// revision that needs them does not build and is a row that was not counted.
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
// -benchtime sets one number for all sub-benchmarks. The number of a faster one would keep the slowest one
// running for hours under valgrind.
func fewestOperations(text string) (fewest int) {
	for _, found := range resultLine.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(found[1]); err == nil && (fewest == 0 || n < fewest) {
			fewest = n
		}
	}
	return fewest
}

// instructions returns the instructions of an operation. A second run has twice the operations, and the count of the
// first run is subtracted. So the start of the process and the preparation of the benchmark cancel out. A benchmark
// that prepares more for more operations is an exception: its preparation counts as part of an operation, on both
// sides alike.
//
// The environment takes away what depends on the clock: other processors, on which goroutines spin, collections of
// garbage, and the signals by which the runtime interrupts a goroutine every 10 ms of time. Valgrind makes a process 50
// times slower, so that these signals would be 50 times as many.
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
func (p *player) recounts() []recount { return load[[]recount](p.recountFile()) }

// recountFile is one file for all histories, because a sample is of all of them.
func (p *player) recountFile() string { return filepath.Join(p.keep, "identity-recounts.json") }

// recountTable writes the recounts, the rows whose sides differ most first: these rows put the verdict IDENTICAL to
// the test. The text below the table has the difference of the old side from itself beside the difference of
// the sides, because a difference means something only if it is larger than that.
func (p *player) recountTable(b *strings.Builder) {
	all := p.recounts()
	if len(all) == 0 {
		return
	}
	b.WriteString("`go run ./cmd/internal/duel/truth -recounts 30`" + ` takes rows that are IDENTICAL although their commit changes code, and counts
the instructions of an operation on both sides under cachegrind, of ordinary test binaries. The old side is counted
twice: by as much a row differs from itself. Now and then a process executes a million instructions more, whatever it
runs. The last column has the difference of the sides in a whole process, in millions: a row of few operations shows it.

| repository | commit | benchmark | instructions, old | new | change | old against old | in a process |
| :-- | :-- | :-- | --: | --: | --: | --: | --: |
`)
	// A row without counts has NaN for its change. cmp.Compare orders NaN before every number, so such rows come last.
	slices.SortStableFunc(all, func(x, y recount) int { return cmp.Compare(math.Abs(y.change()), math.Abs(x.change())) })
	var changes, spreads []float64
	for _, r := range all {
		if r.Error != "" {
			fmt.Fprintf(b, "| %s | %.7s | %s | not counted: %s | | | | |\n", r.Repo, r.Commit, r.Function, cell(r.Error))
			continue
		}
		changes, spreads = append(changes, math.Abs(r.change())), append(spreads, math.Abs(r.spread()))
		fmt.Fprintf(b, "| %s | %.7s | %s | %.5g | %.5g | %+.3f %% | %+.3f %% | %+.2f |\n", r.Repo, r.Commit, r.Function, r.Old, r.New,
			100*r.change(), 100*r.spread(), (r.New-r.Old)*float64(r.Operations)/1e6)
	}
	if len(changes) > 0 {
		slices.Sort(changes)
		slices.Sort(spreads)
		fmt.Fprintf(b, "\n%d rows: the sides differ by %.3f %% at the median and %.3f %% at most; the old side differs from itself by "+
			"%.3f %% at the median and %.3f %% at most.\n", len(changes), 100*changes[len(changes)/2],
			100*changes[len(changes)-1], 100*spreads[len(spreads)/2], 100*spreads[len(spreads)-1])
	}
}
