package schedrt

import (
	"slices"
	"sync"
)

// Outside of control, a range over a map has a random order, as in Go: the test around an exploration is also
// run by the parent, which is not rewritten. A player finds the call that it is to play by its number,
// so calls in the rounds of such a loop are not the same calls in two processes. OuterRounds lets package
// explore notice them.
var outer struct {
	sync.Mutex
	loops  uint64  // that have begun
	rounds []Round // in the order in which their loops began
}

// A Round is a round of a loop over a map outside of control.
type Round struct{ Loop, Nth uint64 }

// maxOuter bounds the loops that are kept, the last ones. A loop that is left by a break stays until the loop
// around it goes on.
const maxOuter = 100

// beginOuter returns a new loop, before its first round.
func beginOuter() Round {
	outer.Lock()
	defer outer.Unlock()
	outer.loops++
	return Round{Loop: outer.loops}
}

// next notes that the loop of r begins its next round, or ends. Loops that began after it are over.
func (r *Round) next(goesOn bool) {
	outer.Lock()
	defer outer.Unlock()
	over := func(other Round) bool { return other.Loop >= r.Loop }
	if i := slices.IndexFunc(outer.rounds, over); i >= 0 {
		outer.rounds = outer.rounds[:i]
	}
	if !goesOn {
		return
	}
	r.Nth++
	if len(outer.rounds) == maxOuter {
		outer.rounds = slices.Delete(outer.rounds, 0, 1)
	}
	outer.rounds = append(outer.rounds, *r)
}

// OuterRounds returns the rounds of loops over maps that have begun outside of control and may not have ended.
func OuterRounds() []Round {
	outer.Lock()
	defer outer.Unlock()
	return append([]Round(nil), outer.rounds...)
}
