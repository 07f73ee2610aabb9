package explore_test

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// savedSchedules are schedules of wrong programs. They were found in another process, without the
// race detector, and must play for ever.
var savedSchedules = map[string]string{
	"lock-order": "x1.1", "lost-wakeup": "x2.1", "panic": "x", "assertion": "x2.2", "leak": "x",
	"livelock": "x0.1", "pending-writer": "x0.1", "timeout": "x1.1_0.3",
}

// A saved schedule fails in the same way in every process, and under the race detector too. The
// variable REPLAYS sets the number of replays of all schedules together, which is 16 by default.
func TestReplay(t *testing.T) {
	replays, err := strconv.Atoi(os.Getenv("REPLAYS"))
	if err != nil {
		replays = 16
	}
	for name, word := range savedSchedules {
		t.Run(name, func(t *testing.T) {
			if name == "livelock" && os.Getenv("REPLAYS") == "" {
				longtest.NeedCI(t, "TestWrongProgramsAreRefuted, which replays each failure once")
			}
			for i := range (replays + len(savedSchedules) - 1) / len(savedSchedules) {
				r := explore.Check(t, explore.Options{Schedule: word}, wrong[name].program)
				if r.Verdict != explore.Fail || !strings.Contains(r.What, wrong[name].what) {
					t.Errorf("replay %d of %s: %s, %q, want %q", i, word, r.Verdict, r.What,
						wrong[name].what)
				}
			}
		})
	}
}

// The schedule of a bug that needs up to three preemptions is short, even if it was found among
// many operations that do not matter.
func TestScheduleIsShort(t *testing.T) {
	for depth, noise := range map[int]int{1: 36, 2: 12, 3: 4} {
		t.Run(strconv.Itoa(depth), func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 20_000, Strategy: "random"},
				deep(depth, noise))
			t.Logf("%s after %d schedules", r.Schedule, r.Schedules)
			if r.Verdict != explore.Fail || r.Preemptions != depth || len(r.Schedule) > 120 {
				t.Errorf("%s with %d preemptions, want %d, in %d characters, want at most 120: %q",
					r.Verdict, r.Preemptions, depth, len(r.Schedule), r.Schedule)
			}
		})
	}
}

// deep returns a program that fails if goroutines are preempted at depth places. Before each place
// come noise operations that do not matter.
func deep(depth, noise int) func(t *explore.T) {
	return func(t *explore.T) {
		var other, stage atomic.Int64
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for range depth {
					for range noise {
						other.Add(1)
					}
					seen := stage.Load()
					stage.CompareAndSwap(seen, seen+1)
				}
			})
		}
		wg.Wait()
		if missed := int64(2*depth) - stage.Load(); missed >= int64(depth) {
			t.Errorf("%d updates lost", missed)
		}
	}
}
