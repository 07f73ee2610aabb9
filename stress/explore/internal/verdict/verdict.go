// Package verdict decides what an exploration shows, and puts it into words.
//
// The player reports single schedules and the parent reports counts. This package turns both into a
// Result: decide.go holds every rule, and text.go every sentence of a result. Both build on
// the types of this file.
//
// The two are apart because they change for different reasons: a rule changes when the explorer
// learns something new, and a sentence when a reader did not understand it. A rule never looks at a
// sentence.
package verdict

import (
	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
)

// A Verdict says what an exploration shows about a program. The strings are part of the JSON that
// commands and users read.
//
// There is no value for "probably right". An exploration that was cut says Unknown with its bound,
// and its counts say how far it came; to take that for a pass is the reader's decision.
type Verdict string

const (
	// Pass means that no schedule fails: every schedule was played, or one of each class of
	// equivalent schedules. A replay passes if its one schedule does not fail.
	Pass Verdict = "pass"

	// Fail means that a schedule fails, and is known.
	Fail Verdict = "fail"

	// Unknown means that no played schedule failed, but not all were played.
	Unknown Verdict = "unknown"

	// Refused means that the program does something that cannot be put under control, so that
	// nothing is known about its schedules.
	Refused Verdict = "refused"
)

// The bounds that keep an exploration from being complete; see Result.Bound.
const (
	// Result.Bound in JSON has the same words. Four of them name a flag that moves the bound;
	// interrupted and state have none, and a test with one of these two is skipped, see Ending.
	BoundSchedules   = "schedules"
	BoundTime        = "time"
	boundSteps       = "steps"
	boundPreemptions = "preemptions"
	BoundInterrupted = "interrupted"
	BoundState       = "state" // of the process; see NotAgain
	BoundShard       = "shard" // other shards have the rest
)

// A Result is explore.Result, which documents each field. Both structs must have the same fields in
// the same order, as the public package converts one into the other. The public package converts
// and does not copy field by field, so a field that is forgotten in one of the two is an error of
// the compiler.
type Result struct {
	Verdict     Verdict
	Text        string
	What        string
	Bound       string
	Schedule    string
	Scenario    string
	Schedules   int
	Pruned      int
	Strategy    string
	Complete    bool
	Endless     int
	Left        int
	Skipped     bool
	Preemptions int
	Decision    *failure.Decision
	Story       *failure.Report
	Pairs       int
	Reversed    int
}

// What a failure is called, in one line, where neither the program nor the scheduler names it.
const (
	//
	// They are part of results in JSON, which scripts compare, so they stay as they are. A refusal
	// begins with its prefix, because the reason comes from the program.
	DataRace         = "data race"
	staleSchedule    = "stale schedule"
	nondeterminism   = "nondeterminism"
	outOfControl     = "out of control"
	lostWakeup       = "lost wake-up"
	processEnded     = "the process ended"
	refused          = "refused: "
	nondeterministic = "the program does not do the same under the same schedule"
)

// An Exploration is everything that was counted when an exploration ended. It has the counts of all
// players and programs, merged by the parent, and no schedule: a result without a failure needs
// none.
type Exploration struct {
	Options     task.Options // with defaults
	Programs    []Program
	Total       task.Sums       // of all programs
	Pairs       map[string]bool // the ordered pairs that were seen
	Interrupted bool            // the user ended it
	Late        bool            // the time was over
	Long        bool            // no schedule ended within Options.StepBound, and long ones were played
	At          string          // where it was over, if in the middle of a step; may be ""
	Detector    bool            // the players have the race detector
	Timeout     bool            // and go test -timeout had left less of it than Options.Time
	Elsewhere   string          // why schedules of other shards are not counted; "" if all are
}

// A Program is one program of an exploration. Played counts schedules that came to an end or to the
// bound on steps; Pruned ones are equivalent to a played one and were given up when that was known.
type Program struct {
	Name string // of the scenario; "" if the test has one program only
	task.Sums
	Unplayed bool // schedules of it are known that were not played
}

// drawnOnly reports whether the strategy draws schedules for ever, so that nothing is ever
// complete. A strategy that draws does not know which schedules it has played, so it can never say
// all.
func (e *Exploration) drawnOnly() bool {
	return e.Options.Strategy != "" && !strategy.IsTree(e.Options.Strategy)
}

// skipped reports whether the body skipped itself in every schedule. One schedule that does not
// skip is a schedule that shows something, so all must skip.
func (e *Exploration) skipped() bool { return e.Total.Skips > 0 && e.Total.Skips == e.Total.Played }

// incomplete returns the programs with schedules that were not played to their end.
//
// The reasons are independent, and one is enough: schedules are long, so that only samples are
// played; the strategy draws; schedules are known and not played; one came to no end within the
// bound of steps; or a preemption was left out at the bound of preemptions.
func (e *Exploration) incomplete() (open []*Program) {
	for i := range e.Programs {
		if p := &e.Programs[i]; e.Long || e.drawnOnly() || p.Unplayed || p.Endless > 0 || p.Cut {
			open = append(open, p)
		}
	}
	return open
}

// classes returns the number of schedules that a complete exploration has. DFS plays each schedule,
// and DPOR one of each class of equivalent schedules.
func (e *Exploration) classes() int {
	if e.Options.Strategy == "dfs" {
		return e.Total.Played
	}
	return e.Total.Classes
}
