package process_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress"
)

// Random programs in three processes at once, each with two goroutines. Their calls are merged by a
// clock that all share, and have to be linearizable; and after each round all permits are there.
func TestPlayedBySeveral(t *testing.T) {
	const size, ops = 3, 5
	forEachMechanism(t, size, func(t *testing.T, s namedSem) {
		rounds := 150
		if s.impl.Name == "broker" {
			rounds = 30 // where it is not known when a release takes effect, the search takes longer
		}
		sem := s.open(t)
		children := []*child{start(t, s.spec), start(t, s.spec), start(t, s.spec)}
		seed, undecided := rand.Uint64()>>1, 0
		for range rounds {
			seed++
			calls := playTogether(t, children, seed, ops)
			switch v := stress.Linearizable(s.impl, size, s.asPromised(calls)); v.Outcome {
			case stress.Fail:
				t.Fatalf("seed %d: %v", seed, v)
			case stress.Unknown:
				undecided++
			}
			s.mustAllBeFree(t, sem, size)
		}
		if undecided > rounds/2 {
			t.Errorf("%d of %d histories were not decided", undecided, rounds)
		}
	})
}

func playTogether(t *testing.T, children []*child, seed uint64, ops int) (all []stress.Call) {
	for i, c := range children {
		c.tell("play %d %d", seed+uint64(i)<<32, ops)
	}
	for i, c := range children {
		var calls []stress.Call
		if answer := c.answer(); json.Unmarshal([]byte(answer), &calls) != nil {
			t.Fatalf("child says %q", answer)
		}
		for _, call := range calls {
			call.Who += 2 * i
			all = append(all, call)
		}
	}
	return all
}

// asPromised leaves out what a mechanism does not promise across processes: that a release of the broker
// takes effect before it returns, or that a try of the jobserver fails only when too few are free.
func (s namedSem) asPromised(calls []stress.Call) (kept []stress.Call) {
	for _, c := range calls {
		if s.impl.Name == "jobserver" && !c.OK {
			continue
		}
		if s.impl.Name == "broker" && (c.Method == stress.Release || !c.OK && c.Method == stress.Acquire) {
			c.End = nextAnswer(calls, c)
		}
		kept = append(kept, c)
	}
	return kept
}

// nextAnswer returns when the broker had certainly read what a process sent in a call: it answers the
// process in the order in which that asks.
func nextAnswer(calls []stress.Call, c stress.Call) int64 {
	end := int64(math.MaxInt64)
	for _, next := range calls {
		answered := next.Method == stress.TryAcquire || next.Method == stress.Acquire && next.OK
		if next.Who/2 == c.Who/2 && next.Begin >= c.End && answered {
			end = min(end, next.End)
		}
	}
	return end
}

// allFree fails unless all permits, and no more, are there. What the broker was told last it may not
// have read yet.
func (s namedSem) mustAllBeFree(t testing.TB, sem interface {
	TryAcquire(int64) bool
	Release(int64)
}, size int64) {
	t.Helper()
	eventually(t, "has all permits", func() bool { return sem.TryAcquire(size) })
	if sem.TryAcquire(1) {
		t.Fatalf("there are more permits than %d", size)
	}
	sem.Release(size)
	sem.TryAcquire(0) // which the broker answers when it has read the release
}

// What one process holds, another cannot release.
func TestReleaseByAnotherProcess(t *testing.T) {
	forEachMechanism(t, 2, func(t *testing.T, s namedSem) {
		sem, other := s.open(t), start(t, s.spec)
		mustAcquire(t, sem, 1)
		if s.impl.Name == "jobserver" {
			other.must("release 1") // the one that a guest has of its own, see joinAsGuest
			other.must("acquire 1")
		}
		for _, n := range []int{1, 2, 3} {
			if s.impl.Name == "jobserver" && n == 1 {
				continue
			}
			if got := other.do("release %d", n); !strings.HasPrefix(got, "panic: process: released more") {
				t.Errorf("a child releases %d it does not hold: %s", n, got)
			}
		}
		sem.Release(1)
		s.mustAllBeFree(t, sem, 2)
	})
}

// Four processes find nothing under a name and make the semaphore, all at once. There has to be one.
func TestMadeBySeveral(t *testing.T) {
	for _, name := range []string{"slots", "sysv"} {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				what := name + " " + t.TempDir() + "/name 3"
				var children []*child
				for range 4 {
					children = append(children, tryStart(t, what))
				}
				for _, c := range children {
					if got := c.answer(); got != "ok" {
						t.Fatal(got)
					}
				}
				got := ""
				for _, c := range children {
					got += c.do("try 1") + " "
				}
				if got != "ok ok ok no " {
					t.Errorf("each of 4 processes tries for one of 3 permits: %s", got)
				}
				removeSysV(t, what)
			}
		})
	}
}

func mustAcquire(t testing.TB, sem interface {
	Acquire(context.Context, int64) error
}, n int64) {
	t.Helper()
	if err := sem.Acquire(t.Context(), n); err != nil {
		t.Fatalf("Acquire(%d) = %v", n, err)
	}
}
