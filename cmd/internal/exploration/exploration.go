// Package exploration runs the tests of a package that explore schedules, shows their progress, and
// turns their results into one exit code.
//
//	err := exploration.Run(ctx, exploration.Options{
//		Package: "./queue", Flags: []string{"-explore.workers=4"}, Limit: 20 * time.Second,
//		Stdout: os.Stdout, Stderr: os.Stderr,
//	})
//
// # How to run it
//
// The command semabench explore calls this package. Run builds the test binary as go test would,
// runs it, and reads the events that package explore appends to a file; see explore.EventsVar.
// Tests that do not import package explore are explored unmodified, by an explore.Suite in this process.
//
// # What this does not show
//
// It looks at no schedule itself, and knows the verdicts only as package explore reports them. A
// test that explores nothing has no verdict: a run without any exploration is refused.
package exploration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/semabench/semabench/internal/plural"
)

// Run runs the tests and prints one result for each exploration. The error is for package exitcode. It wraps
// ErrFailed if a schedule failed, and ErrInterrupted if ctx ended the run before a failure. It has the code
// Unknown if a bound ended an exploration, and is a refusal if nothing was explored.
// The scratch folder is removed on every way out.
//
// The scratch folder has the test binary and the events. It is in the folder for temporary files
// and not in the cache: a binary of yesterday must never be run.
func Run(ctx context.Context, o Options) error {
	scratch, err := os.MkdirTemp("", "semabench-explore-")
	if err != nil {
		return err
	}
	r := &run{Options: o, scratch: scratch}
	return errors.Join(r.run(ctx), os.RemoveAll(scratch))
}

// run does the work of Run within the scratch folder. The pattern is checked before the tests run:
// it takes a start of the binary or two, and saves the user a green run of nothing.
//
// A test pattern with a typing error is the most frequent way to explore nothing, and go test
// prints “no tests to run” and exits 0 for it.
func (r *run) run(ctx context.Context) error {
	switch {
	case len(r.Constructors) > 0:
		if err := r.writeConstructorTests(ctx); err != nil {
			return err
		}
	case len(r.Impls) > 0:
		if err := r.writeImplTests(ctx); err != nil {
			return err
		}
	}
	if r.nested != nil {
		defer r.nested.Close()
	}
	if r.folder == "" {
		packages, without, err := r.packages(ctx)
		switch {
		case len(packages) > 1:
			return r.exploreEach(ctx, packages, without)
		case len(packages) == 1:
			r.Package, r.More = onePackage(r.patterns(), packages[0]), nil
		case len(r.More) > 0 && err != nil:
			return nothingExplored(ctx, "looking for packages "+r.patterns(), err)
		case len(r.More) > 0:
			return fmt.Errorf("%s are %s, and none has tests", r.patterns(), plural.With(without, "package", "packages"))
		}
	}
	return r.runOne(ctx)
}

// onePackage returns the name of the only package with tests: its path if the patterns may name others.
func onePackage(pattern, path string) string {
	if strings.Contains(pattern, "...") || strings.Contains(pattern, " ") {
		return path
	}
	return pattern
}
