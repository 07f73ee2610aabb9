package explore_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// turns are so many that two goroutines, with two operations in a round, exceed the first bound on steps.
const turns = 40_000

// tallies adds to a counter from two goroutines, in the right way or with a load and a store.
func tallies(t *explore.T, atomically bool) {
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range turns {
				if atomically {
					n.Add(1)
				} else {
					n.Store(n.Load() + 1)
				}
				_ = n.Load()
			}
		})
	}
	wg.Wait()
	if got := int(n.Load()); got != 2*turns {
		t.Errorf("%d, want %d", got, 2*turns)
	}
}

// A body of more operations than a schedule has by default is played in whole schedules, and the text
// says that they are a sample.
func TestLongBody(t *testing.T) {
	longtest.Need(t, "TestLongSchedules of package parent")
	r := explore.Check(t, explore.Options{Schedules: 3, Time: 2 * time.Minute}, func(t *explore.T) { tallies(t, true) })
	if r.Verdict != explore.Unknown || r.Complete || r.Schedules != 3 || r.Endless != 0 ||
		!strings.Contains(r.Text, "3 schedules played and none failed, of up to 16") ||
		!strings.Contains(r.Text, "a sample, as no schedule ends within 100000: -explore.schedules=3") {
		t.Errorf("%s, %d schedules, %d endless: %s", r.Verdict, r.Schedules, r.Endless, r.Text)
	}
}

// An update that is lost between two goroutines of such a body is found, with a schedule that a command
// line takes, and that fails again.
func TestLongBodyFails(t *testing.T) {
	longtest.Need(t, "TestSparse of package strategy")
	body := func(t *explore.T) { tallies(t, false) }
	r := explore.Check(t, explore.Options{Time: 2 * time.Minute}, body)
	if r.Verdict != explore.Fail || !strings.Contains(r.What, "want 80000") {
		t.Fatalf("%s: %s", r.Verdict, r.Text)
	}
	if r.Preemptions == 0 || len(r.Schedule) > 10_000 {
		t.Errorf("%d preemptions, %.100s…", r.Preemptions, r.Schedule)
	}
	for _, want := range []string{"n.Load()", "n.Store(n.Load() + 1)", "steps before"} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("the text has no %q: %s", want, r.Text)
		}
	}
	if again := explore.Check(t, explore.Options{Schedule: r.Schedule}, body); again.Verdict != explore.Fail {
		t.Errorf("its schedule does not fail again: %s", again.Text)
	}
}

// A bound on steps that the author gives stays: the body is not played beyond it.
func TestLongBodyWithABound(t *testing.T) {
	r := explore.Check(t, explore.Options{Steps: 1000, Schedules: 3}, func(t *explore.T) { tallies(t, true) })
	if r.Verdict != explore.Unknown || r.Bound != "steps" || r.Endless == 0 || r.Endless != r.Schedules {
		t.Errorf("%s, bound %q: %s", r.Verdict, r.Bound, r.Text)
	}
}
