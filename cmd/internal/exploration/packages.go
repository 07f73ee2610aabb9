package exploration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/explore"
)

// A pattern such as ./... names several packages, and so do several patterns. Each package is
// explored as if it were named alone, one after the other, because an exploration uses all
// processors by itself. One file has the results of all.

// packages returns the packages that the patterns name, and how many of them have no tests, which are
// left out. The go command lists a package once, even if two patterns match it. If one pattern alone
// cannot be resolved, the caller ignores the error: the build of the one package comes to the same error,
// and says what it was for.
func (r *run) packages(ctx context.Context) (tested []string, without int, err error) {
	tool := gotool.Tool{Dir: r.folder, Env: r.env}
	out, err := tool.Run(ctx, "list", append([]string{"-tags=" + r.Tags, "-f",
		"{{.ImportPath}}\t{{len .TestGoFiles}}{{len .XTestGoFiles}}", r.Package}, r.More...)...)
	if err != nil {
		return nil, 0, err
	}
	for line := range strings.Lines(out) {
		// The two numbers stand together: a package without tests, internal or external, has “00”.
		path, tests, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if tests == "00" {
			without++
			continue
		}
		tested = append(tested, path)
	}
	return tested, without, nil
}

// runOne explores one package.
//
// The order is an order of cost: a look at the imports, then the build, then a start of the binary for the pattern,
// and only then the exploration, which may take its whole time. Whatever is wrong is said at the first step that can
// know it.
func (r *run) runOne(ctx context.Context) error {
	if r.folder == "" && !r.knowsExplorer(ctx) {
		return r.exploreUnmodified(ctx)
	}
	b, err := r.build(ctx)
	if err != nil {
		return err
	}
	if err := r.checkPattern(ctx, b); err != nil {
		return err
	}
	ended := r.play(ctx, b)
	return r.report(ctx, b, ended)
}

// forOne are the flags that are about one test or name one file for it. With several packages each would write over
// the file of the package before, or look for its schedule in tests that do not have it.
var forOne = []string{"page", "perfetto", "schedule", "scenario", "shard", "join"}

// exploreEach explores several packages, and returns the error that decides the exit code. A package in
// which nothing matches -run is left out, as go test does it; if that is so in all, the pattern is wrong.
func (r *run) exploreEach(ctx context.Context, packages []string, without int) error {
	for _, flag := range r.Flags {
		name, _, _ := strings.Cut(strings.TrimPrefix(flag, "-explore."), "=")
		if slices.Contains(forOne, name) {
			return fmt.Errorf("-%s is for one package, and %s names %d with tests", name, r.patterns(), len(packages))
		}
	}
	var all testBinary
	codes := map[int]int{} // number of packages by exit code
	for i, path := range packages {
		one := &run{Options: r.Options, scratch: filepath.Join(r.scratch, fmt.Sprint(i))}
		if err := os.Mkdir(one.scratch, 0o700); err != nil {
			return err
		}
		one.Package, one.More = path, nil
		one.Summary, one.JUnit, one.JSON = "", "", false // writeAll writes the files
		if r.JSON {
			one.Stdout = io.Discard
		}
		fmt.Fprintf(one.Stdout, "# %s\n", path)
		err := one.runOne(ctx)
		all.done = append(all.done, one.finished...)
		all.of = append(all.of, slices.Repeat([]string{path}, len(one.finished))...)
		// A failure that was found before Ctrl-C is a failure. Anything else after Ctrl-C says
		// nothing.
		if ctx.Err() != nil && exitcode.Of(err) != exitcode.Failed {
			codes[exitcode.Interrupted]++
			break
		}
		if errors.Is(err, errNoMatch) || errors.Is(err, explore.ErrNoTests) {
			fmt.Fprintf(one.Stdout, "nothing to explore: %v\n", err)
			continue
		}
		codes[exitcode.Of(err)]++
		if err != nil {
			fmt.Fprintf(r.Stderr, "%s: %v\n", path, err)
		}
	}
	if err := r.writeAll(&all, ctx.Err() != nil); err != nil {
		return err
	}
	return outcomeOfAll(codes, len(packages), without)
}

// writeAll writes the files that have the results of all packages. Each package has written its own
// annotations, which need its folder.
func (r *run) writeAll(all *testBinary, interrupted bool) error {
	if err := r.writeSummary(all, interrupted); err != nil {
		return fmt.Errorf("%w: writing the summary: %w", exitcode.ErrFailed, err)
	}
	r.GitHub = false
	if err := r.writeForCI(all); err != nil {
		return fmt.Errorf("%w: %w", exitcode.ErrFailed, err)
	}
	return nil
}

// outcomeOfAll returns the error for several packages. The cases have the same order as in report:
// a failure counts more than everything else, and if only some packages were refused, the answer is
// unknown. A package without a test that matches -run is in no count, so it can neither pass nor
// fail.
func outcomeOfAll(codes map[int]int, packages, without int) error {
	explored := codes[exitcode.OK] + codes[exitcode.Unknown] + codes[exitcode.Failed]
	text := fmt.Sprintf("of %s with tests", plural.With(packages, "package", "packages"))
	if without > 0 {
		text += fmt.Sprintf(" (%d more have none)", without)
	}
	refused, unknown := codes[exitcode.Refused], codes[exitcode.Unknown]
	switch {
	case codes[exitcode.Failed] > 0:
		return fmt.Errorf("%w: %s, %d failed", exitcode.ErrFailed, text, codes[exitcode.Failed])
	case codes[exitcode.Interrupted] > 0:
		return fmt.Errorf("%w: nothing had failed by then", exitcode.ErrInterrupted)
	case explored == 0 && refused == 0:
		return fmt.Errorf("nothing was explored: %s, none has a test that matches -run", text)
	case explored == 0:
		return fmt.Errorf("nothing was explored: %s, %d were refused", text, refused)
	case unknown+refused > 0:
		return exitcode.Error{Code: exitcode.Unknown, Err: fmt.Errorf(
			"unknown: %s, %d came to a bound and %d were refused", text, unknown, refused)}
	}
	return nil
}
