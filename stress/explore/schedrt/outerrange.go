package schedrt

import "sync"

// Outside of control, a range over a map has a random order, as in Go: the test around an exploration is also
// run by the parent, which is not rewritten. A player finds the call that it is to play by its number,
// so calls in the rounds of such a loop are not the same calls in two processes. OuterRounds lets package
// explore notice them.
var outer struct {
	sync.Mutex
	loops  uint64 // that have begun
	rounds []Round
}

// A Round is a round of a loop over a map outside of control.
type Round struct{ Loop, Nth uint64 }

// maxOuter bounds the loops that are kept. A loop that is left by a break stays until the loop around it
// goes on.
const maxOuter = 100

// beginOuter returns the number of a new loop.
func beginOuter() uint64 {
	outer.Lock()
	defer outer.Unlock()
	outer.loops++
	return outer.loops
}

// nextOuter notes that a loop begins its next round, or ends. Loops that began after it are over.
func nextOuter(loop uint64, goesOn bool) {
	outer.Lock()
	defer outer.Unlock()
	nth := uint64(0)
	for i, r := range outer.rounds {
		if r.Loop == loop {
			nth = r.Nth + 1
			outer.rounds = outer.rounds[:i]
			break
		}
	}
	if goesOn && len(outer.rounds) < maxOuter {
		outer.rounds = append(outer.rounds, Round{loop, nth})
	}
}

// OuterRounds returns the rounds of loops over maps that have begun outside of control and may not have ended.
func OuterRounds() []Round {
	outer.Lock()
	defer outer.Unlock()
	return append([]Round(nil), outer.rounds...)
}
