package exploration

import (
	"io"
	"strings"
	"time"

	"github.com/semabench/semabench/cmd/internal/layout"
	"github.com/semabench/semabench/stress/explore"
)

// This file has the options and the state that every step of a run reads. The steps, one file each, use this file and
// not each other. Only exploration.go and packages.go call them, in their order.

// Options say which tests to run, and how.
//
// Flags are passed on as they are. This package knows none of them, so a new flag of package
// explore needs no change here.
type Options struct {
	Package string   // pattern of packages, as the user named them
	More    []string // more patterns of packages, besides Package
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

// A run is one call of Run, or the exploration of one of several packages within it. A run of one package has its
// own scratch folder, and no files of results: the run around it writes those, once for all packages.
type run struct {
	Options
	folder   string         // from which Package is resolved; "" is the working directory
	env      []string       // of the go commands and of the tests, beside the environment of this process
	nested   *layout.Nested // the module in folder, if Constructors made it
	scratch  string         // temporary: the test binary and its events
	progress *progressLine
	finished []explore.Event // the last event of each exploration, once all have ended
}

// patterns returns all patterns, as the user named them.
func (r *run) patterns() string { return strings.Join(append([]string{r.Package}, r.More...), " ") }
