// Package strategy decides which schedules are played.
//
// A strategy is asked wherever more than one goroutine could move, and picks one. It learns from
// the trace of each execution which schedule to play next:
//
//	search := strategy.NewRandom(1)
//	for more := true; more; more = search.Done(x) {
//		search.Begin(x)
//		x.Play(search, program)
//	}
//
// Random, PCT and POS draw schedules from a seed, for ever. DFS and DPOR enumerate a tree of
// schedules and come to an end. Replay plays one given schedule, and Recorder notes what another
// strategy decides.
//
// # What this does not do
//
// Strategies know nothing about the program but its operations, and judge nothing. They assume that
// the program does the same under the same schedule; DFS and DPOR skip schedules without notice if
// it does not.
package strategy

import "github.com/semabench/semabench/stress/explore/schedrt"

// A Search is a strategy for many executions.
type Search interface {
	schedrt.Strategy

	// Begin prepares for the next execution.
	Begin(x *schedrt.Exec)

	// Done learns from the execution that was played, and reports whether there is another to play.
	Done(x *schedrt.Exec) (more bool)
}

// Default returns the index of the default choice: the goroutine that ran last continues, and if it
// cannot, the oldest one runs; time passes only if nothing else can move. A schedule lists only the
// decisions that differ from this, so that schedules with few preemptions are short.
func Default(p *schedrt.Point) int {
	for i, g := range p.Enabled {
		if g == p.Last && g.Op.Kind != schedrt.OpFire {
			return i
		}
	}
	for i, g := range p.Enabled {
		if g.Op.Kind != schedrt.OpFire {
			return i
		}
	}
	return 0
}

// preempts reports whether picking i preempts the goroutine that ran last: it could continue, and
// does not yield. Time passing is no goroutine that could be preempted.
func preempts(p *schedrt.Point, i int) bool {
	for j, g := range p.Enabled {
		if g == p.Last {
			return i != j && g.Op.Kind != schedrt.OpYield && g.Op.Kind != schedrt.OpFire
		}
	}
	return false
}

// conflict reports whether two operations with these accesses depend on each other: swapping them
// can change what the program does.
func conflict(a, b []schedrt.Access) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Object == y.Object && schedrt.Conflict(x.Mode, y.Mode) {
				return true
			}
		}
	}
	return false
}
