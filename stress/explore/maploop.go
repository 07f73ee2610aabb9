package explore

import (
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A call of this package in a loop over a map is not the same call in each process: a player finds its call by
// its number in the test, and a map has no order. So it would play one body and report its verdict for
// another. The second call in such a loop shows it, as it comes from the same place in another round. A
// subtest has numbers of its own, so t.Run around the call is the remedy.

// rounds has, for the calls of this package that a player came to, the rounds of loops over maps around them.
var rounds struct {
	sync.Mutex
	at map[place][]schedrt.Round
}

// A place is a call stack in a running test.
type place struct {
	t     *testing.T
	stack [16]uintptr
}

// placeIn returns the place of the caller of exploreCall, whose own lines do not count.
func placeIn(t *testing.T) place {
	p := place{t: t}
	runtime.Callers(3, p.stack[:])
	return p
}

// note notes the rounds around a call that the player is not asked for.
func (p place) note() {
	rounds.Lock()
	defer rounds.Unlock()
	if rounds.at == nil {
		rounds.at = map[place][]schedrt.Round{}
	}
	rounds.at[p] = schedrt.OuterRounds()
}

// inMapLoop reports whether an earlier call came from this place in another round of a loop over a map.
func (p place) inMapLoop() bool {
	rounds.Lock()
	defer rounds.Unlock()
	now := schedrt.OuterRounds()
	return slices.ContainsFunc(rounds.at[p], func(before schedrt.Round) bool {
		return slices.ContainsFunc(now, func(r schedrt.Round) bool {
			return r.Loop == before.Loop && r.Nth != before.Nth
		})
	})
}

// orderOfCalls is the result of a call in a loop over a map.
func orderOfCalls() *verdict.Result {
	return verdict.OfRefused("this call and the ones before it are in a loop over a map, whose order differs "+
		"from process to process, so their results may belong to one another: put t.Run around each call, "+
		"or range over sorted keys", "")
}
