package explore

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// A Verdict says what an exploration shows. It is one of the constants below.
type Verdict = verdict.Verdict

const (
	// Pass means that no schedule fails: every schedule was played, or one of each class of
	// equivalent schedules. A replay passes if its one schedule does not fail.
	Pass = verdict.Pass

	// Fail means that a schedule fails. Result.Schedule replays it.
	Fail = verdict.Fail

	// Unknown means that no schedule failed, but not all were played: Result.Bound says why.
	Unknown = verdict.Unknown

	// Refused means that the program does something that cannot be put under control.
	Refused = verdict.Refused
)

// A Result says what an exploration shows.
type Result struct {
	Verdict   Verdict // Pass, Fail, Unknown or Refused
	Text      string  // for people: the schedule that fails, or what was played
	What      string  // what is wrong, in one line; "" if nothing is
	Bound     string  // if Unknown: schedules, time, steps, preemptions, programs, shard, state or interrupted
	Schedule  string  // the schedule that fails, as a word for Replay
	Scenario  string  // the scenario of Semaphore, or program of Type, that Schedule belongs to
	Schedules int     // number of schedules that were played
	Pruned    int     // schedules that were abandoned half way, because they equal others
	Strategy  string  // the strategy that found Schedule
	Complete  bool    // all schedules were played, or one of each class of equivalent ones
	Endless   int     // schedules that were cut off at the bound on steps
	Left      int     // the most goroutines that a test of a suite left behind in one schedule
	Skipped   bool    // the body skips itself, or the test of a suite

	// Preemptions is how often in Schedule a goroutine loses its turn although it could go on.
	Preemptions int

	// Decision is the step of Schedule after which every schedule fails, with the number of continuations
	// that were played. It is nil if no schedule failed, or if the search for the step reached a bound.
	Decision *failure.Decision

	// Story is the schedule that failed, in more detail than in Text; WriteHTML shows it. It is nil
	// if no schedule failed.
	Story *failure.Report

	// Pairs counts the ordered pairs of dependent operations: two places in the source, of which
	// the second was seen right after the first, on the same object and in another goroutine.
	// Reversed counts the pairs that were also seen in the other order. With several processes both
	// may differ by a few from run to run, because each process samples on its own.
	Pairs, Reversed int
}

// ErrNoSchedule is the error of WriteHTML for a result without a schedule that fails.
var ErrNoSchedule = errors.New("explore: no schedule failed, so there is none to show")

// WriteHTML writes the schedule that failed as an HTML page that needs no other file. The page has
// a lane for each goroutine and the source beside each step. With scripts enabled it also shows the
// state of all objects after each step.
func (r *Result) WriteHTML(w io.Writer) error {
	if r.Story == nil {
		return ErrNoSchedule
	}
	return r.Story.WriteHTML(w)
}

// WriteTrace writes the schedule that failed as a trace in JSON, which ui.perfetto.dev opens. Each
// goroutine has a track, each step and each wait a slice.
func (r *Result) WriteTrace(w io.Writer) error {
	if r.Story == nil {
		return ErrNoSchedule
	}
	return r.Story.WriteTrace(w)
}

// pages and traces count the files that this process has written.
var pages, traces atomic.Int64

// writeFilesFor writes the page of a failure if -explore.page or -artifacts asks for one, and the trace
// if -explore.perfetto does. It logs where they are.
func (r *Result) writeFilesFor(t *testing.T) {
	t.Helper()
	if r.Story == nil {
		return
	}
	if name := *perfettoFlag; name != "" {
		path, err := writeNumbered(name, "trace of -explore.perfetto", traces.Add(1), r.WriteTrace)
		if err != nil {
			t.Errorf("explore: %v", err)
		} else {
			t.Logf("the schedule as a trace for ui.perfetto.dev: %s", path)
		}
	}
	name, n := *pageFlag, int64(1) // a name in the folder of artifacts is of this test alone
	switch {
	case name != "":
		n = pages.Add(1)
	case keepsArtifacts():
		name = filepath.Join(t.ArtifactDir(), "schedule.html")
	default:
		return
	}
	path, err := writeNumbered(name, "page of -explore.page", n, r.WriteHTML)
	if err != nil {
		t.Errorf("explore: %v", err)
		return
	}
	t.Logf("the schedule as a page: %s", path)
}

// keepsArtifacts reports whether go test was started with -artifacts.
func keepsArtifacts() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}

// writeNumbered writes the n'th file of a name, from 1, and returns its absolute path. From the second one
// on the name gets the number, so that no file replaces another.
func writeNumbered(name, what string, n int64, write func(io.Writer) error) (path string, err error) {
	if n > 1 {
		ext := filepath.Ext(name)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
	f, err := os.Create(name)
	if err != nil {
		return "", fmt.Errorf("writing the %s: %w", what, err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return "", fmt.Errorf("writing the %s: %w", what, err)
	}
	return filepath.Abs(name)
}
