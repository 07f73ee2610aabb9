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
	Bound     string  // if Unknown: schedules, time, steps, preemptions, programs, state or interrupted
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

// pages counts the pages that this process has written.
var pages atomic.Int64

// writeHTMLFor writes the page of a failure if -explore.page or -artifacts asks for one, and logs
// where it is.
func (r *Result) writeHTMLFor(t *testing.T) {
	t.Helper()
	name := *pageFlag
	if r.Story == nil || name == "" && !keepsArtifacts() {
		return
	}
	if name == "" {
		name = filepath.Join(t.ArtifactDir(), "schedule.html")
	}
	path, err := r.writePage(name, pages.Add(1))
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

// writePage writes the n'th page of this process, from 1, and returns its absolute path. From the
// second page on, a name that the flag gave gets the number, so that no page replaces another.
func (r *Result) writePage(name string, n int64) (path string, err error) {
	if n > 1 && *pageFlag != "" {
		ext := filepath.Ext(name)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
	f, err := os.Create(name)
	if err != nil {
		return "", fmt.Errorf("writing the page of -explore.page: %w", err)
	}
	if err := errors.Join(r.WriteHTML(f), f.Close()); err != nil {
		return "", fmt.Errorf("writing the page of -explore.page: %w", err)
	}
	return filepath.Abs(name)
}
