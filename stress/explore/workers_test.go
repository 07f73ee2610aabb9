package explore_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// threeOfThree has 9!/(3!)^3 = 1680 schedules of its own; the counter of the WaitGroup is 0 by then.
func threeOfThree(t *explore.T) {
	var n atomic.Int64
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			n.Add(1)
			n.Add(1)
			n.Add(1)
		})
	}
	all.Wait()
}

// rare fails in a small part of its schedules.
func rare(t *explore.T) {
	var a, b, c atomic.Int64
	var all sync.WaitGroup
	all.Go(func() { a.Store(1); b.Store(1); c.Store(1) })
	all.Go(func() {
		if b.Load() == 1 && c.Load() == 0 {
			a.Store(2)
		}
	})
	all.Go(func() {
		if a.Load() == 2 && c.Load() == 0 {
			t.Error("found")
		}
	})
	all.Wait()
}

// What is played, and what is found, is the same with any number of processes.
func TestWorkersPlayTheSame(t *testing.T) {
	for name, o := range map[string]explore.Options{
		"dfs":             {Strategy: "dfs", Schedules: 1_000_000},
		"dfs bounded":     {Strategy: "dfs", Schedules: 1_000_000, Preemptions: 2},
		"dfs in part":     {Strategy: "dfs", Schedules: 700},
		"dpor":            {Strategy: "dpor", Schedules: 1_000_000},
		"random":          {Strategy: "random", Schedules: 3000},
		"pct":             {Strategy: "pct4", Schedules: 2000, Seed: 7},
		"all strategies":  {Schedules: 1_000_000},
		"one and no more": {Schedules: 1},
	} {
		t.Run(name, func(t *testing.T) {
			for body, f := range map[string]func(*explore.T){"three of three": threeOfThree, "rare": rare} {
				t.Run(body, func(t *testing.T) {
					mustAgree(t, o, func(t *testing.T, o explore.Options) *explore.Result { return explore.Check(t, o, f) })
				})
			}
		})
	}
}

// mustAgree explores with one, two and five processes.
func mustAgree(t *testing.T, o explore.Options, check func(*testing.T, explore.Options) *explore.Result) {
	results := map[string]*explore.Result{}
	for _, workers := range []string{"1", "2", "5"} {
		t.Run(workers, func(t *testing.T) {
			o.Workers = int(workers[0] - '0')
			o.Time = 5 * time.Minute
			r := check(t, o)
			r.Text, _, _ = strings.Cut(r.Text, "replay:") // which has the name of the test
			if r.Pairs == 0 {
				t.Error("no pair of dependent operations was seen")
			}
			r.Text, _, _ = strings.Cut(r.Text, fmt.Sprint(r.Pairs, " ordered pairs"))
			r.Pairs, r.Reversed = 0, 0 // each process looks where it has seen nothing like it
			r.Story = nil              // which Text tells
			results[workers] = r
		})
	}
	one := results["1"]
	if one == nil || one.Schedules == 0 {
		return // this is a child, or one test only was asked for
	}
	t.Log(one.Verdict, one.Text)
	for workers, r := range results {
		if r != nil && *r != *one {
			t.Errorf("%s processes came to another result:\n%+v\nand one to\n%+v", workers, *r, *one)
		}
	}
}

var measureFlag = flag.Bool("workers.measure", false, "measure how much faster two processes are than one")

// One process against two, in turns, for the same schedules. It is a figure and no test: what else the
// machine does is in it.
func TestTwoProcessesAgainstOne(t *testing.T) {
	if !*measureFlag && os.Getenv("SEMABENCH_EXPLORE_NTH") == "" {
		t.Skip("this is a measurement: go test -run TestTwoProcessesAgainstOne ./stress/explore -workers.measure -v")
	}
	body := func(t *explore.T) {
		var n atomic.Int64
		for range 3 {
			go func() {
				for range 11 {
					n.Add(1)
				}
			}()
		}
	}
	for _, strategy := range []string{"random", "pos", "dpor", "dfs"} {
		var ratios, rates []float64
		for round := range 5 {
			var took [3]float64 // by number of processes
			for _, workers := range []int{1, 2} {
				t.Run(fmt.Sprint(strategy, round, workers), func(t *testing.T) {
					began := time.Now()
					r := explore.Check(t, explore.Options{
						Strategy: strategy, Workers: workers, Schedules: 300_000, Time: time.Minute,
					}, body)
					took[workers] = time.Since(began).Seconds() / float64(r.Schedules)
				})
			}
			ratios, rates = append(ratios, took[1]/took[2]), append(rates, 1/took[2])
		}
		slices.Sort(ratios)
		slices.Sort(rates)
		t.Logf("%s: two processes are %.2f times as fast as one (%.2f to %.2f), %.0f schedules/s",
			strategy, ratios[2], ratios[0], ratios[4], rates[2])
	}
}

// Semaphores have many programs, which are played in turn.
func TestWorkersPlayTheSameScenarios(t *testing.T) {
	subjects := []impls.Impl{impls.All()[0]}
	for _, m := range mutant.All() {
		if m.ID == "M1" || m.ID == "M18" {
			subjects = append(subjects, m.Impl)
		}
	}
	for _, impl := range subjects {
		for _, strategy := range []string{"", "dpor", "dfs", "pos"} {
			t.Run(impl.Name+"/"+strategy, func(t *testing.T) {
				mustAgree(t, explore.Options{Schedules: 100, Strategy: strategy},
					func(t *testing.T, o explore.Options) *explore.Result { return explore.CheckSemaphore(t, o, impl) })
			})
		}
	}
}

// What a body writes is not taken for what the engine says, and a process that dies is no verdict.
func TestBounds(t *testing.T) {
	for bound, o := range map[string]explore.Options{
		"schedules":   {Strategy: "dfs", Schedules: 100},
		"preemptions": {Strategy: "dfs", Preemptions: 1},
		"steps":       {Steps: 5},
		"time":        {Strategy: "random", Schedules: 1 << 40, Time: 50 * time.Millisecond},
	} {
		t.Run(bound, func(t *testing.T) {
			r := explore.Check(t, o, threeOfThree)
			if r.Verdict != "unknown" || r.Bound != bound || !strings.Contains(r.Text, "-explore."+bound+"=") {
				t.Errorf("%s, bound %q, want it to be unknown for %s: %s", r.Verdict, r.Bound, bound, r.Text)
			}
		})
	}
}

// The counts are those of one process that never splits a tree: 4!/(2!2!) for two goroutines of two.
func TestCountsAreExact(t *testing.T) {
	for _, workers := range []int{1, 2} {
		var n atomic.Int64
		r := explore.Check(t, explore.Options{Strategy: "dfs", Workers: workers}, func(t *explore.T) {
			for range 2 {
				go func() { n.Add(1); n.Add(1) }()
			}
		})
		if r.Verdict != "pass" || r.Schedules != 6 {
			t.Errorf("%d processes: %s after %d schedules, want all 6: %s", workers, r.Verdict, r.Schedules, r.Text)
		}
	}
}
