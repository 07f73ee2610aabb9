// Package strategy decides which schedules are played: at random, by priorities, one after the other
// until none is left, or one that is given.
package strategy

import "github.com/semabench/semabench/stress/explore/sched"

// A Search is a strategy for many executions.
type Search interface {
	sched.Strategy

	// Begin prepares for the next execution.
	Begin(x *sched.Exec)

	// Done looks at the execution that was played and reports whether there is another to play.
	Done(x *sched.Exec) (more bool)
}

// Usual returns what happens where nothing else is asked for: whoever ran goes on, and otherwise
// the oldest goes, before time passes. A schedule is told as what differs from this.
func Usual(p *sched.Point) int {
	for i, g := range p.Enabled {
		if g == p.Last && g.Op.Kind != sched.OpFire {
			return i
		}
	}
	for i, g := range p.Enabled {
		if g.Op.Kind != sched.OpFire {
			return i
		}
	}
	return 0
}

// preempts reports whether picking i takes the turn away from a goroutine that could go on.
func preempts(p *sched.Point, i int) bool {
	for j, g := range p.Enabled {
		if g == p.Last {
			return i != j && g.Op.Kind != sched.OpYield && g.Op.Kind != sched.OpFire
		}
	}
	return false
}
