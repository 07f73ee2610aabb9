package strategy

import (
	"math/rand/v2"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Sparse follows the default schedule, and departs from it at some random steps. It is for schedules of
// a million steps, for two reasons. A schedule is a list of its departures from the default: the word of
// a schedule that is random throughout would have megabytes, which no command line takes and no reader
// wants. And to let a goroutine go on costs much less than to give the turn to another goroutine.
//
// At each departure it picks at random, once, or for some decisions in a row: what one preemption
// does not show may need several close together.
type Sparse struct {
	rand   *rand.Rand
	length int // expected steps of an execution
	gap    int // expected steps from one departure to the next
	next   int // the step of the next departure
	burst  int // decisions of this departure that are left
}

// The bounds on departures. Together they keep a word below some kilobytes.
const (
	mostDepartures = 8 // as a power of two
	longestBurst   = 8
)

// NewSparse returns the sequence of schedules that belongs to a seed, for executions of about length
// steps.
func NewSparse(seed uint64, length int) *Sparse {
	return &Sparse{rand: rand.New(rand.NewPCG(seed, 4)), length: length}
}

// Begin implements Search. The number of departures is drawn as a power of two, so that schedules with
// few of them, which are the easiest to understand, are as many as those with many.
func (s *Sparse) Begin(*schedrt.Exec) {
	s.gap = max(1, s.length>>s.rand.IntN(mostDepartures+1))
	s.next, s.burst = s.rand.IntN(s.gap), 0
}

// Pick implements schedrt.Strategy.
func (s *Sparse) Pick(p *schedrt.Point) int {
	if s.burst == 0 && p.Step < s.next {
		return Default(p)
	}
	if s.burst == 0 {
		s.burst = 1
		if s.rand.IntN(2) == 0 {
			s.burst += s.rand.IntN(longestBurst)
		}
	}
	if s.burst--; s.burst == 0 {
		s.next = p.Step + 1 + s.rand.IntN(2*s.gap)
	}
	return s.rand.IntN(len(p.Enabled))
}

// chooseEvery is how rarely Sparse answers a choice at random: never would leave a loop with two ready
// cases in the first for ever, and always would make long words.
const chooseEvery = 16

// Choose implements schedrt.Strategy.
func (s *Sparse) Choose(n int) int {
	if s.rand.IntN(chooseEvery) > 0 {
		return 0
	}
	return s.rand.IntN(n)
}

// Done implements Search.
func (s *Sparse) Done(*schedrt.Exec) bool { return true }
