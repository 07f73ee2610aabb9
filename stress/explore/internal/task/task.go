// Package task defines the unit of work of an exploration, and its answer.
//
// The parent process cuts an exploration into tasks. A player process plays a task and answers it.
// Both are values that travel as JSON between the processes.
//
//	t := task.Task{Programs: []int{0}, Strategy: "random", Seed: 1, Schedules: 256}
//
// A task determines its answer: it is the same whichever process plays the task, and whenever. This
// is why an exploration reports the same failure with one process or with eight. Only Task.Seconds,
// the time that is left, breaks the rule.
package task

import (
	"regexp"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
)

// A Task is a number of schedules for one process to play.
type Task struct {
	ID        int
	Programs  []int // indexes of the programs; drawn schedules are drawn for each of them
	Strategy  string
	Seed      uint64
	Schedules int            // bound on the schedules of each program
	Steps     int            // no schedule begins after this many steps in all; 0: no bound
	Part      *strategy.Part // the part of the tree to play; nil if the schedules are drawn
	Age       int            // number of earlier tasks that played some of this part
	Long      bool           // play to Options.LongBound
	Plain     bool           // goroutines that are alike may begin in any order
	Length    int            // expected steps of a schedule, if Long
	Name      string         `json:"-"` // the same in every shard; see package parent
	Lane      int            `json:"-"` // decides which shard plays it; 0: every shard does
	Seconds   float64        // time left for the whole exploration; 0: no bound
}

// An Answer reports what happened when a task was played.
type Answer struct {
	ID    int
	Sums  Sums
	Found *Finding       // the failure that ended the task early; nil if none was found
	Rest  *strategy.Part // the schedules of the part that were not played; nil if there are none
	Late  bool           // the time was over before all schedules were played
	Pairs []string       // ordered pairs that this process saw for the first time
	Told  bool           // the program may tell goroutines apart that are alike: play it plain

	Elsewhere bool `json:"-"` // it belongs to another shard, so nothing was played
	Parts     int  `json:"-"` // of an answer that a shard has recorded: the parts that Rest was split in
}

// PairArrow separates the two places of an ordered pair: "Store a.go:3 -> Load a.go:7".
const PairArrow = " -> "

// Sums count schedules.
type Sums struct {
	Played  int  // schedules played to their end
	Pruned  int  // schedules abandoned half way, because DPOR found them equal to earlier ones
	Classes int  // schedules that DPOR played to their end, each of another class
	Endless int  // schedules cut off at the bound on steps
	Longest int  // steps of the longest schedule that was played
	Cut     bool // the bound on preemptions kept DFS from some schedules
	Alike   bool // goroutines that are alike began in one order only
	Left    int  // the most goroutines that one schedule left behind
	Skipped bool // the test of a suite skipped itself in the last schedule

	Skips   int    // schedules in which the body skipped itself
	SkipLog string // what it logged in the first of these
}

// Add adds the counts of other to s.
func (s *Sums) Add(other Sums) {
	s.Played += other.Played
	s.Pruned += other.Pruned
	s.Classes += other.Classes
	s.Endless += other.Endless
	s.Longest = max(s.Longest, other.Longest)
	s.Cut = s.Cut || other.Cut
	s.Alike = s.Alike || other.Alike
	s.Left = max(s.Left, other.Left)
	s.Skipped = s.Skipped || other.Skipped
	if s.Skips == 0 {
		s.SkipLog = other.SkipLog
	}
	s.Skips += other.Skips
}

// A Finding is a schedule that refutes a program.
type Finding struct {
	Program   int    // index of the program
	Schedule  string // the schedule as a word
	Preempted int    // preemptions in the schedule
	What      string // one line that is the same for all schedules with the same failure
	Strategy  string // the strategy that found it
	Nth       int    // the schedule's number from 1: within its task first, then in the exploration
	Long      bool   // it needs Options.LongBound
}

// RunPattern returns the pattern for go test -run that matches this test and no other.
func RunPattern(test string) string {
	parts := strings.Split(test, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}
