package process_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/stress"
)

// Two test suites run at once and use one name, as where two people build on one machine. Neither knows of
// the other: each starts processes that open the name, play a program and end. They share what there is:
// at no instant do all together hold more than that, and in the end it is all there.
func TestTwoSuitesOnOneName(t *testing.T) {
	const size = 2
	forEachMechanism(t, size, func(t *testing.T, s namedSem) {
		met := untilOverlap(t, size, func() []stress.Call { return twoSuites(t, s.spec, s.spec) }, func(m overlap) bool {
			return m.together > 0
		})
		if met.most > size {
			t.Errorf("%d permits of %d were held at once", met.most, size)
		}
		s.mustAllBeFree(t, s.open(t), size)
	})
}

// What the test above looks for, it sees: suites with a name each hold more together.
func TestTwoSuitesOnTwoNames(t *testing.T) {
	const size = 2
	dir := t.TempDir()
	at := func(name string) string { return fmt.Sprint("slots ", filepath.Join(dir, name), " ", size) }
	untilOverlap(t, size, func() []stress.Call { return twoSuites(t, at("mine"), at("theirs")) }, func(m overlap) bool {
		return m.most > size
	})
}

// The processes of one suite are killed in the middle of what they do, with weights half taken or half
// released. The other suite goes on, and in the end everything is there.
func TestSuiteBesideOneThatIsKilled(t *testing.T) {
	const size, killed, whole = 3, 8, 4 // the latter take longer
	forEachMechanism(t, size, func(t *testing.T, s namedSem) {
		if !s.reclaims() {
			t.Skip("the tokens of a killed process are lost")
		}
		t.Run("suites", func(t *testing.T) {
			t.Run("killed", func(t *testing.T) {
				t.Parallel()
				for range killed {
					c := start(t, s.spec)
					c.tell("play %d %d", rand.Uint64()>>1, 100_000)
					time.Sleep(rand.N(5 * time.Millisecond)) // to kill it anywhere
					c.kill()
				}
			})
			t.Run("whole", func(t *testing.T) {
				t.Parallel()
				for range whole {
					if calls := playAlone(t, s.spec); len(calls) == 0 {
						t.Error("a process beside those that are killed did nothing")
					}
				}
			})
		})
		s.mustAllBeFree(t, s.open(t), size)
	})
}

// twoSuites runs them and returns the calls of both, the second one's by goroutines from 10 on.
func twoSuites(t *testing.T, first, second string) (all []stress.Call) {
	const processes = 4
	var mu sync.Mutex
	t.Run("suites", func(t *testing.T) { // returns when both have ended
		for suite, what := range []string{first, second} {
			t.Run(fmt.Sprint(suite), func(t *testing.T) {
				t.Parallel()
				for range processes {
					calls := playAlone(t, what)
					mu.Lock()
					for _, c := range calls {
						c.Who += 10 * suite
						all = append(all, c)
					}
					mu.Unlock()
				}
			})
		}
	})
	return all
}

// playAlone starts a process that plays a program and ends.
func playAlone(t *testing.T, what string) (calls []stress.Call) {
	const ops = 200
	c := start(t, what)
	answer := c.do("play %d %d", rand.Uint64()>>1, ops)
	if err := json.Unmarshal([]byte(answer), &calls); err != nil {
		t.Fatalf("a child says %q", answer)
	}
	c.end()
	return calls
}

// A meeting is what was certainly held at once: from the end of an Acquire to the begin of a Release.
type overlap struct {
	most     int64 // permits
	together int   // instants at which both suites began to hold some
}

func measureOverlap(calls []stress.Call) (m overlap) {
	type step struct{ at, more, suite int64 }
	var steps []step
	for _, c := range calls {
		suite := int64(c.Who / 10)
		switch {
		case c.Method == stress.Release:
			steps = append(steps, step{c.Begin, -c.N, suite})
		case c.OK:
			steps = append(steps, step{c.End, c.N, suite})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { // of those at one instant, releases are first
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.more, b.more))
	})
	var held [2]int64
	for _, s := range steps {
		held[s.suite] += s.more
		m.most = max(m.most, held[0]+held[1])
		if s.more > 0 && held[0] > 0 && held[1] > 0 {
			m.together++
		}
	}
	return m
}

// mustMeet runs suites until they have met as they should, which on a busy machine takes more runs. It
// returns the worst that was seen.
func untilOverlap(t *testing.T, size int64, run func() []stress.Call, enough func(overlap) bool) (worst overlap) {
	t.Helper()
	const most = 20
	for range most {
		m := measureOverlap(run())
		worst = overlap{max(worst.most, m.most), worst.together + m.together}
		if enough(worst) || worst.most > size {
			return worst
		}
	}
	t.Fatalf("in %d runs the suites did not meet: %+v", most, worst)
	return worst
}
