// Package verdict decides what an exploration shows, and puts it into words.
//
// The player reports single schedules and the parent reports counts. This package turns both into a
// Result: decide.go holds every rule, and text.go every sentence of a result.
package verdict

import (
	"github.com/semabench/semabench/stress/explore/internal/failure"
)

// A Verdict says what an exploration shows about a program. The strings are part of the JSON that
// commands and users read.
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
	boundSchedules   = "schedules"
	boundTime        = "time"
	boundSteps       = "steps"
	boundPreemptions = "preemptions"
	boundInterrupted = "interrupted"
)

// A Result is explore.Result, which documents each field. Both structs must have the same fields in
// the same order, as the public package converts one into the other.
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
	Story       *failure.Report
	Pairs       int
	Reversed    int
}
