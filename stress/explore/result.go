package explore

import "github.com/semabench/semabench/stress/explore/internal/failure"

// A Result is what an exploration came to.
type Result struct {
	Verdict   string // pass, fail, unknown, or refused: it does what cannot be put under control
	Text      string // for people: the schedule that fails, or what was played
	What      string // what is wrong, in a line
	Bound     string // of an unknown one: schedules, time, steps, preemptions or interrupted
	Schedule  string // that shows what is wrong, for Replay
	Scenario  string // that it is of, for Semaphore
	Schedules int    // played until then
	Pruned    int    // given up half way, for they would have been like others
	Strategy  string // that found it
	Complete  bool   // all schedules were played, or one of each class
	Endless   int    // of the schedules, that were cut off at the bound on their steps
	Left      int    // goroutines that a test of a suite left behind in a schedule, at most
	Skipped   bool   // a test of a suite that skips itself

	// Preemptions is how often a goroutine loses its turn in Schedule though it could go on.
	Preemptions int

	// Story is what Text says, with more of it, for WriteHTML. It is nil if no schedule failed.
	Story *failure.Report

	// Pairs counts the pairs of places with dependent operations of which the second was seen right after
	// the first, and Reversed those of them that were seen the other way round, too. With several
	// processes they may differ by a few: each looks where it has not seen the like.
	Pairs, Reversed int
}
