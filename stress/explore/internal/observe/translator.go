package observe

import (
	"github.com/semabench/semabench/stress/explore/internal/source"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// most is how many steps a report has: the last ones, or the first ones if a loop follows. It is
// more than the text and the page show, which cut again by their own room.
const most = 400

// A translator makes the report of an execution that was observed. from and till bound everything:
// positions, names and edges are of the steps in between, which are at most as many as fit a
// report. The fields are filled in the order of the calls in Report.
//
// It lives for one report and is never used again, so nothing in it is reset.
type translator struct {
	*Observer
	outcome   *schedrt.Outcome
	trace     *schedrt.Trace
	files     *source.Files
	last      snapshot
	from      int        // the first step of the report
	till      int        // the step after its last
	positions []position // of each step
	names     map[int32]string
	kinds     map[int32]string
	failed    *position   // where the program called Error or the like, if that is known
	shown     map[int]int // from a step to its index in the report
	pointers  map[uint64]int
}

// An Observer is a strategy that picks what another strategy picks, and takes a snapshot before
// each step. The execution needs the limits of Limits. Use an Observer for one execution at a
// time.
//
// It changes no pick, so the schedule that is observed is the schedule that failed.
type Observer struct {
	strategy.Recorder
	length    int // of a long schedule, 0 of others; see Long
	x         *schedrt.Exec
	snapshots map[int]*snapshot // by the number of the next step
	words     map[int32]word    // types of atomic words, by object
}

// A snapshot is the state of an execution between two steps. Taking one costs time in proportion to
// all objects and goroutines, so it is done for the one schedule of a report and never in a search.
type snapshot struct {
	objects    map[int32]schedrt.ObjectState
	words      map[int32]uint64
	goroutines []schedrt.GoroutineState
	able       []int // goroutines that could take the next step
	races      int   // reported by the detector so far
}

// A word is the type of a word that is used atomically.
type word struct {
	kind string
	size int
}

// before returns the snapshot before a step.
func (t *translator) before(step int) *snapshot { return t.snapshots[step] }

// after returns the snapshot after a step: the one before the next step, or the end.
func (t *translator) after(step int) *snapshot {
	if step+1 < len(t.trace.Steps) {
		return t.before(step + 1)
	}
	return &t.last
}
