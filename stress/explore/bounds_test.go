package explore_test

import (
	"flag"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// counting has four goroutines and no defect, and more schedules than the bounds below allow.
func counting(t *explore.T) {
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { n.Add(1); n.Add(1); n.Add(1) })
	}
	wg.Wait()
}

// An exploration that is not complete is unknown, and its text names the flag of the bound. A
// complete one says so.
func TestTextNamesTheBound(t *testing.T) {
	for _, c := range []struct {
		options explore.Options
		program func(t *explore.T)
		verdict explore.Verdict
		text    string
	}{
		{explore.Options{Schedules: 300}, counting, explore.Unknown, "-explore.schedules=300"},
		{explore.Options{Time: time.Nanosecond, Schedules: 1 << 30}, counting, explore.Unknown,
			"-explore.time=1ns"},
		{explore.Options{Steps: 5, Schedules: 100}, counting, explore.Unknown, "-explore.steps=5"},
		{explore.Options{Strategy: "dfs"}, func(*explore.T) {
			var n atomic.Int64
			var wg sync.WaitGroup
			wg.Go(func() { n.Add(1) })
			wg.Wait()
		}, explore.Pass, "complete"},
	} {
		r := explore.Check(t, c.options, c.program)
		if r.Verdict != c.verdict || !strings.Contains(r.Text, c.text) {
			t.Errorf("%s, %q, want %s with %q", r.Verdict, r.Text, c.verdict, c.text)
		}
	}
}

// Result.Bound names the bound that was reached.
func TestBounds(t *testing.T) {
	for bound, o := range map[string]explore.Options{
		"schedules":   {Strategy: "dfs", Schedules: 100},
		"preemptions": {Strategy: "dfs", Preemptions: 1},
		"steps":       {Steps: 5},
		"time":        {Strategy: "random", Schedules: min(1<<40, math.MaxInt), Time: 50 * time.Millisecond},
	} {
		t.Run(bound, func(t *testing.T) {
			r := explore.Check(t, o, threeOfThree)
			if r.Verdict != explore.Unknown || r.Bound != bound ||
				!strings.Contains(r.Text, "-explore."+bound+"=") {
				t.Errorf("%s, bound %q, want it to be unknown for %s: %s", r.Verdict, r.Bound,
					bound, r.Text)
			}
		})
	}
}

// A program that never ends is cut off at the bound on steps, and the text says so.
func TestEndlessProgram(t *testing.T) {
	r := explore.Check(t, explore.Options{Schedules: 10, Steps: 1000}, func(t *explore.T) {
		for n := new(atomic.Int64); ; n.Add(1) {
		}
	})
	if r.Verdict != explore.Unknown ||
		!strings.Contains(r.Text, "schedules came to no end within -explore.steps=1000") {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}

// Run passes a test whose exploration reached a bound, and skips a test that could not be explored:
// neither is a silent pass.
func TestUnknownIsNoSilentPass(t *testing.T) {
	setFlag(t, "explore.schedules", "20")
	for name, c := range map[string]struct {
		body  func(*explore.T)
		skips bool
	}{
		"bound":   {counting, false},
		"refused": {func(*explore.T) { exec.Command("true").Run() }, true},
	} {
		var inner *testing.T
		t.Run(name, func(t *testing.T) {
			inner = t
			explore.Run(t, c.body)
		})
		if inner == nil || isPlayer() {
			continue // -run did not select the subtest, or this process is a player, which reports nothing
		}
		if inner.Skipped() != c.skips || inner.Failed() {
			t.Errorf("%s: skipped %v, want %v; failed %v", name, inner.Skipped(), c.skips,
				inner.Failed())
		}
	}
}

func setFlag(t *testing.T, name, value string) {
	t.Helper()
	old := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { flag.Set(name, old) })
}

// With -count=2 a test explores twice in one process, under one name.
func TestCountOfTwo(t *testing.T) {
	longtest.Need(t, "TestFlagsOfGoTest, whose first row has -count=2")
	test := exec.Command(os.Args[0], "-test.run=^TestCounter$", "-test.count=2", "-test.v")
	out, err := test.CombinedOutput()
	if passes := strings.Count(string(out), "--- PASS: TestCounter"); err != nil || passes != 2 {
		t.Errorf("%d passes, want 2; %v:\n%s", passes, err, out)
	}
}
