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

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress"
)

// Two test suites that run at once and use one path share its permits, as when two people build on
// one machine. Each suite starts processes that open the path, play a program and end. All
// together never hold more than the size, and in the end all permits are free.
func TestTwoSuitesOnOneName(t *testing.T) {
	longtest.NeedCI(t, "TestLinearizable and TestConcurrentCreation")
	const size = 2
	forEachMechanism(t, size, func(t *testing.T, s namedSem) {
		run := func() []stress.Call { return twoSuites(t, s.spec, s.spec) }
		worst := untilOverlap(t, size, run, func(o overlap) bool { return o.together > 0 })
		if worst.most > size {
			t.Errorf("%d permits were held at once, want at most %d", worst.most, size)
		}
		mustAllBeFree(t, s.open(t), size)
	})
}

// The check of TestTwoSuitesOnOneName can fail: suites with different paths hold more together.
func TestTwoSuitesOnTwoNames(t *testing.T) {
	longtest.NeedCI(t, "TestLinearizable and TestConcurrentCreation")
	const size = 2
	dir := t.TempDir()
	at := func(name string) string { return fmt.Sprint("slots ", filepath.Join(dir, name), " ", size) }
	run := func() []stress.Call { return twoSuites(t, at("first"), at("second")) }
	untilOverlap(t, size, run, func(o overlap) bool { return o.most > size })
}

// The processes of one suite are killed in the middle of weighted calls. The other suite goes on,
// and in the end all permits are free.
func TestSuiteBesideKilledSuite(t *testing.T) {
	longtest.NeedCI(t, "TestKilledHolder and TestKilledWaiter")
	const size, killed, whole = 3, 8, 4 // numbers of processes that take about the same time
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
					// A random time, to kill the process at an arbitrary point.
					time.Sleep(rand.N(5 * time.Millisecond))
					c.kill()
				}
			})
			t.Run("whole", func(t *testing.T) {
				t.Parallel()
				for range whole {
					if calls := playAlone(t, s.spec); len(calls) == 0 {
						t.Error("a process beside the killed processes made no call")
					}
				}
			})
		})
		mustAllBeFree(t, s.open(t), size)
	})
}

// twoSuites runs two suites and returns the calls of both. The goroutines of the second suite are
// numbered from 10.
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
						c.Goroutine += 10 * suite
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
		t.Fatalf("a child answers %q, want its calls", answer)
	}
	c.end()
	return calls
}

// An overlap says what two suites certainly held at once. A permit is certainly held from the end
// of an Acquire to the beginning of a Release.
type overlap struct {
	most     int64 // permits held at once
	together int   // how often a suite took permits while the other one held some
}

// measureOverlap computes the overlap of the calls of twoSuites.
func measureOverlap(calls []stress.Call) (o overlap) {
	type step struct{ at, more, suite int64 }
	var steps []step
	for _, c := range calls {
		suite := int64(c.Goroutine / 10)
		switch {
		case c.Method == stress.Release:
			steps = append(steps, step{c.Begin, -c.N, suite})
		case c.OK:
			steps = append(steps, step{c.End, c.N, suite})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { // at the same instant, releases come first
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.more, b.more))
	})
	var held [2]int64
	for _, s := range steps {
		held[s.suite] += s.more
		o.most = max(o.most, held[0]+held[1])
		if s.more > 0 && held[0] > 0 && held[1] > 0 {
			o.together++
		}
	}
	return o
}

// untilOverlap runs suites until they have overlapped enough, which takes more runs on a busy
// machine. It returns the largest overlap.
func untilOverlap(
	t *testing.T, size int64, run func() []stress.Call, enough func(overlap) bool,
) (worst overlap) {
	t.Helper()
	const most = 20
	for range most {
		o := measureOverlap(run())
		worst = overlap{max(worst.most, o.most), worst.together + o.together}
		if enough(worst) || worst.most > size {
			return worst
		}
	}
	t.Fatalf("in %d runs the suites did not overlap: %+v", most, worst)
	return worst
}
