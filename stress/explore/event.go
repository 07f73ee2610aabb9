package explore

import (
	"github.com/semabench/semabench/stress/explore/internal/parent"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// EventsVar is the environment variable for a command that shows the progress of explorations.
//
// It names a file. The test process appends an Event to it from time to time, as a line of JSON.
// With the variable set, the process also ends its explorations when its standard input is closed;
// what was played until then is the result.
const EventsVar = parent.EventsVar

// CommandsVar is the environment variable for a command that wrote the test itself, for an
// implementation. It has a line for each subtest: its name, a tab, and the command that explores that
// implementation. The replay lines of failures then name the command instead of go test. A line
// without a name is for all other subtests.
const CommandsVar = verdict.CommandsVar

// An Event tells how far an exploration is.
type Event struct {
	Test      string  // full name of the test
	Call      int     `json:"Door"` // which exploration of the test, from 1
	Doing     string  // building, exploring, finishing or done
	Workers   int     // player processes; 0 before the first schedule
	Schedules int     // schedules played so far
	Pruned    int     // schedules abandoned half way so far
	Pairs     int     // ordered pairs of dependent operations seen so far
	Seconds   float64 // time since the first schedule

	Result *Result `json:",omitempty"` // set in the last event of an exploration, without its Story
}
