// Package strategy decides which schedules are played: at random, by priorities, one after the other
// until none is left, or one that is given.
package strategy

import "github.com/semabench/semabench/stress/explore/schedrt"

// A Search is a strategy for many executions.
type Search interface {
	schedrt.Strategy

	// Begin prepares for the next execution.
	Begin(x *schedrt.Exec)

	// Done looks at the execution that was played and reports whether there is another to play.
	Done(x *schedrt.Exec) (more bool)
}

// Usual returns what happens where nothing else is asked for: whoever ran goes on, and otherwise
// the oldest goes, before time passes. A schedule is told as what differs from this.
func Usual(p *schedrt.Point) int {
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

// preempts reports whether picking i takes the turn away from a goroutine that could go on.
func preempts(p *schedrt.Point, i int) bool {
	for j, g := range p.Enabled {
		if g == p.Last {
			return i != j && g.Op.Kind != schedrt.OpYield && g.Op.Kind != schedrt.OpFire
		}
	}
	return false
}
