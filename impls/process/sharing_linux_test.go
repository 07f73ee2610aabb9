package process_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress"
)

// Histories of three processes are linearizable. Each process plays a random program with two
// goroutines. All calls carry times of one clock, so they form one history. After each
// round all permits are free.
func TestLinearizable(t *testing.T) {
	const size, ops = 3, 5
	forEachMechanism(t, size, func(t *testing.T, s namedSem) {
		rounds := longtest.Or(t, "rounds", 150, 75)
		if s.impl.Name == "broker" {
			// The instant at which a release takes effect is not known, so each search of a
			// linearization takes longer.
			rounds = longtest.Or(t, "rounds", 30, 15)
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
			mustAllBeFree(t, sem, size)
		}
		if undecided > rounds/2 {
			t.Errorf("%d of %d histories are undecided, want at most half", undecided, rounds)
		}
	})
}

// playTogether plays one program in each child, and returns the calls of all.
func playTogether(t *testing.T, children []*child, seed uint64, ops int) (all []stress.Call) {
	for i, c := range children {
		c.tell("play %d %d", seed+uint64(i)<<32, ops)
	}
	for i, c := range children {
		var calls []stress.Call
		if answer := c.answer(); json.Unmarshal([]byte(answer), &calls) != nil {
			t.Fatalf("a child answers %q, want its calls", answer)
		}
		for _, call := range calls {
			call.Goroutine += 2 * i
			all = append(all, call)
		}
	}
	return all
}

// asPromised removes from a history what a mechanism does not promise between processes. A failed
// try of a jobserver may have failed although permits were free, so it is dropped. A release
// or cancellation of a broker may take effect after it returned, so its end is moved.
func (s namedSem) asPromised(calls []stress.Call) (promised []stress.Call) {
	for _, c := range calls {
		if s.impl.Name == "jobserver" && !c.OK {
			continue
		}
		sentOnly := c.Method == stress.Release || !c.OK && c.Method == stress.Acquire
		if s.impl.Name == "broker" && sentOnly {
			c.End = nextAnswer(calls, c)
		}
		promised = append(promised, c)
	}
	return promised
}

// nextAnswer returns a time at which the broker had certainly read the frame of a call. The broker
// reads the frames of a process in order, so a later answer proves that.
func nextAnswer(calls []stress.Call, c stress.Call) int64 {
	end := int64(math.MaxInt64)
	for _, next := range calls {
		answered := next.Method == stress.TryAcquire || next.Method == stress.Acquire && next.OK
		if next.Goroutine/2 == c.Goroutine/2 && next.Begin >= c.End && answered {
			end = min(end, next.End)
		}
	}
	return end
}

// A process cannot release what another process holds.
func TestReleaseByAnotherProcess(t *testing.T) {
	forEachMechanism(t, 2, func(t *testing.T, s namedSem) {
		sem, other := s.open(t), start(t, s.spec)
		mustAcquire(t, sem, 1)
		if s.impl.Name == "jobserver" {
			other.must("release 1") // the implicit permit, see joinWithPermit
			other.must("acquire 1")
		}
		for _, n := range []int{1, 2, 3} {
			if s.impl.Name == "jobserver" && n == 1 {
				continue
			}
			got := other.do("release %d", n)
			if !strings.HasPrefix(got, "panic: process: released more") {
				t.Errorf("a child releases %d permits that it does not hold: %s, want a panic", n, got)
			}
		}
		sem.Release(1)
		mustAllBeFree(t, sem, 2)
	})
}

// If four processes make a semaphore at one path at the same time, they get the same one.
func TestConcurrentCreation(t *testing.T) {
	for _, name := range []string{"slots", "sysv"} {
		t.Run(name, func(t *testing.T) {
			for range longtest.Or(t, "rounds", 10, 4) {
				spec := name + " " + t.TempDir() + "/name 3"
				var children []*child
				for range 4 {
					children = append(children, tryStart(t, spec))
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
				if want := "ok ok ok no "; got != want {
					t.Errorf("TryAcquire(1) of 4 processes on 3 permits: %s, want %s", got, want)
				}
				removeSysV(t, spec)
			}
		})
	}
}
