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
	"io"
	"os"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/layout"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/explore"
)

// Options say which tests to run, and how.
//
// Flags are passed on as they are. This package knows none of them, so a new flag of package
// explore needs no change here.
type Options struct {
	Package string   // pattern of packages, as the user named them
	More    []string // more patterns, which select packages beside those of Package
	Run     string   // pattern of tests, as of go test -run; "" is every test
	Impls   []string // explore these implementations of this module, and ignore Package and Run
	Tags    string   // build tags, separated by commas
	Race    bool     // build with the race detector
	Flags   []string // for the test binary
	Limit   time.Duration
	Summary string // file for the results as JSON; "" for none
	JSON    bool   // write the results to Stdout as JSON and not as text
	JUnit   string // file for the results as XML of JUnit; "" for none
	GitHub  bool   // write failures to Stderr as annotations of GitHub Actions

	// Constructors of other packages are explored like Impls. They get no name that is Taken.
	Constructors []layout.Constructor
	Taken        []string

	Stdout, Stderr io.Writer // for the results, and for progress
}

// A run is one call of Run.
type run struct {
	Options
	folder   string         // from which Package is resolved; "" is the working directory
	env      []string       // of the go commands and of the tests, beside the environment of this process
	nested   *layout.Nested // the module in folder, if Constructors made it
	scratch  string         // temporary: the test binary and its events
	progress *progressLine
	finished []explore.Event // the last event of each exploration, once all have ended
}

// Run runs the tests and prints one result for each exploration. The error is for package exitcode:
// it wraps ErrFailed if a schedule failed, ErrInterrupted if ctx ended the run before a failure,
// has the code Unknown if a bound ended an exploration, and is a refusal if nothing was explored.
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

// patterns returns all patterns, as the user named them.
func (r *run) patterns() string { return strings.Join(append([]string{r.Package}, r.More...), " ") }

// onePackage returns the name of the only package with tests: its path if the patterns may name others.
func onePackage(pattern, path string) string {
	if strings.Contains(pattern, "...") || strings.Contains(pattern, " ") {
		return path
	}
	return pattern
}

// runOne explores one package.
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
