// Package player is the process of an exploration that plays schedules.
//
// A player process runs the instrumented test up to the call of package explore that the parent
// asks about. There [Serve] takes over: it reads requests from standard input, plays the schedules
// of each task, and writes the answers to standard output, until the parent closes the input.
//
//	player.Serve(t, func(o task.Options) ([]player.Program, error) { … })
//
// The files go down in this order: serve.go answers requests; player.go plays tasks; describe.go,
// minimise.go and determinism.go each answer a question about one schedule; search.go plays the
// schedules of one program, and pairs.go analyses them; program.go and connection.go are below all.
//
// # What this does not do
//
// A player decides nothing about the exploration as a whole: which tasks there are, and when all
// schedules were played, is decided by package parent. Verdicts and their words are in package
// verdict.
package player

import (
	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Program is a function to explore, with an oracle for its executions.
//
// Only Play is required. The functions are called in the order Ready, Play, Judge, History, and
// never concurrently, so they may share variables without locks.
type Program struct {
	Name    string // of the scenario; "" if the test explores one program only
	Subject string // what the scenario is played on; "" if the test itself is explored
	Flag    string // flag that chooses the scenario in a replay, with a space behind it

	// Known returns the result of an exploration that plays no schedule: package explore probes a
	// type in a player before it draws programs over it. Known is nil for a program to be played.
	Known func() *verdict.Result

	// Ready is called before each schedule, outside the scheduler.
	Ready func()

	// Play is the program. The scheduler runs it as goroutine 0.
	Play func()

	// Judge returns in one line what is wrong with an execution, or "". It is called after each
	// schedule that was not abandoned half way. It may set out.Kind to Passed if the program declares
	// that goroutines may be left at its end.
	Judge func(out *schedrt.Outcome) (wrong string)

	// History returns the history that Judge judged, with an explanation of the failure. It is
	// called only for a schedule that failed, and only once it was minimised.
	History func(x *schedrt.Exec, wrong string) *failure.History

	// Skip is set by Play if the body skipped itself, and is nil for a program that cannot.
	Skip *Skip

	// Leftover is set by Play if the program is a test of a suite, and nil otherwise.
	Leftover *Leftover
}

// A Skip tells whether the body skipped itself in the last schedule, and what it logged.
type Skip struct {
	Skipped bool
	Log     string
}

// A Leftover tells how a test of a suite ended in the last schedule.
type Leftover struct {
	Goroutines int  // goroutines that the test left behind
	Skipped    bool // the test skipped itself
}

// playOn plays the program under the next schedule of a strategy. Ready comes before Play and
// outside of it, so what it does is no step of the schedule.
func (p Program) playOn(x *schedrt.Exec, st strategy.Search) *schedrt.Outcome {
	st.Begin(x) // first, as a strategy may have to play a schedule of its own before
	if p.Ready != nil {
		p.Ready()
	}
	return x.Play(st, p.Play)
}
