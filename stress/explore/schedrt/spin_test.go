package schedrt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A loop that reads a flag is passed over from its third look on, so its schedules have an end:
// the flag is set before the first, the second or the third look.
func TestSpinningLoopEnds(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var flag word
		looks := 1
		schedrt.Go(func() { flag.store(1) })
		for flag.load() == 0 {
			looks++
		}
		fmt.Fprint(seen, looks)
	})
	schedtest.MustResult(t, got, map[string]int{"passed 1": 1, "passed 2": 1, "passed 3": 1})
}

// The same read in straight-line code is no loop: all 4 interleavings of 3 loads with a store
// count.
func TestRepeatedReadIsNoSpin(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(*strings.Builder) {
		var flag word
		schedrt.Go(func() { flag.store(1) })
		flag.load()
		flag.load()
		flag.load()
	})
	schedtest.MustResult(t, got, map[string]int{"passed": 4})
}

// A loop of failing compare-and-swaps spins, too.
func TestSwapLoopSpins(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{Steps: 200}, nil, nil, func() {
		var lock word = 1
		schedrt.Go(func() { lock.store(0) })
		for !lock.cas(0, 1) {
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Yielding in a loop that waits for another goroutine gives way to it.
func TestYieldLoopGivesWay(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{Steps: 200}, nil, nil, func() {
		done := false
		schedrt.Go(func() { new(word).store(1); done = true })
		for !done {
			schedrt.Yield()
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Two loops that wait for each other are a livelock.
func TestAllSpinIsALivelock(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{Livelock: 50}, nil, nil, func() {
		var a, b word
		schedrt.Go(func() {
			for a.load() == 0 {
			}
			b.store(1)
		})
		for b.load() == 0 {
		}
		a.store(1)
	})
	schedtest.MustEnd(t, x, schedrt.Livelock)
}
