package semaphore

import (
	"context"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Starvation is a cycle: the program comes back to a state in which the same request waits, other requests
// were granted on the way, and each goroutine that could move did. Nothing ends such a cycle, so the
// schedule that repeats it is fair and starves the request.
//
// Two states of a program are equal only if the whole heap is, and nothing compares heaps. Two other facts
// together come close. The rounds of the cycle are the same steps of the same goroutines, as the engine sees
// them. And the cycle is played so often that no bound of the implementation is left which would end it: a
// counter of passes, or a time. Between two rounds nothing can move, so every goroutine has moved as far
// as it can, and the schedule is fair without a further argument.

// mostPassed is how often a cycle is played. A request that this many later requests pass is starved. The
// bounds of implementations are some tens. All rounds together have to stay below the bound on the steps of a
// schedule; a round with a leaver has more than twice as many steps.
const (
	mostPassed        = 2000
	mostBesideLeavers = 800
)

// passTime is how much time goes by in a round, ten seconds in all, or four. The starvation mode of a sync.Mutex begins
// after 1 ms.
const passTime = 5 * time.Millisecond

// promisesTurn reports whether a request for two of two permits is promised its turn.
func promisesTurn(i impls.Impl) bool {
	return (i.Order == impls.FIFO || i.StarvationFree) && parks(i) && weighs(i) && (i.MaxSize == 0 || i.MaxSize > 1)
}

func passedForEver(s *stage)       { passed(s, false) }
func passedBesideLeavers(s *stage) { passed(s, true) }

// passed lets a request for both permits wait while requests for one come. Each comes before the permit of the
// one before is given back, so both permits are never free unless the semaphore makes such a request wait.
// With leavers, a second request for both comes and leaves in each round: a count of passes must not begin
// afresh then.
func passed(s *stage, leavers bool) {
	s.renew(2)
	s.take(1)
	large := s.wait(2)
	most := mostPassed
	if leavers {
		most = mostBesideLeavers
	}
	c := cycle{most: most}
	for range most + longestCycle {
		from := schedrt.StepCount()
		var leaver *asked
		if leavers {
			leaver = s.wait(2)
		}
		small := s.ask(context.Background(), func() {}, 1)
		s.settle()
		if leavers {
			s.leave(leaver)
		}
		waited := !small.done.Load()
		s.put(1)
		s.settle()
		if large.done.Load() {
			s.mustBeGranted(large)
			s.put(2)
			s.settle()
			s.mustBeGranted(small)
			if !waited {
				s.fail("Acquire(2) was granted while one of 2 permits was held")
			}
			s.put(1)
			s.close()
			return
		}
		s.mustBeGranted(small)
		schedrt.Sleep(passTime)
		if steps := schedrt.StepCount() - from; c.closes(schedrt.StepsSince(from)) {
			s.fail("Acquire(2) starves: %d requests that came later were granted before it, each by the same %d steps, "+
				"and every goroutine that could move did", most, steps)
		}
	}
	// The rounds differ, so there is no cycle, and no bound was seen either.
	s.leave(large)
	s.put(1)
	s.close()
}

// longestCycle is the number of rounds of the longest cycle that is recognised: an implementation may use
// the places of a small buffer in turn.
const longestCycle = 16

// A cycle compares rounds by the numbers that stand for their steps.
type cycle struct {
	most   int
	last   [longestCycle]uint64
	rounds int
	equal  [longestCycle]int // by period: how many rounds in a row equal the round that many rounds before
}

// closes adds a round, and reports whether most rounds in a row repeated earlier ones.
func (c *cycle) closes(round uint64) (closed bool) {
	for period := 1; period <= longestCycle; period++ {
		if c.rounds >= period && c.last[(c.rounds-period)%longestCycle] == round {
			c.equal[period-1]++
		} else {
			c.equal[period-1] = 0
		}
		closed = closed || c.equal[period-1] >= c.most-period
	}
	c.last[c.rounds%longestCycle] = round
	c.rounds++
	return closed
}
