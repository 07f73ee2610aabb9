package explore_test

import (
	"flag"
	"fmt"
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

// threeOfThree has three goroutines with three operations each: 9!/(3!)^3 = 1680 schedules, and
// some more for the WaitGroup.
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

// The schedules that are played and the failure that is found are the same with any number of
// processes.
func TestWorkersPlayTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		options explore.Options
		long    bool
	}{
		"dfs":            {explore.Options{Strategy: "dfs", Schedules: 1_000_000}, true},
		"dfs bounded":    {explore.Options{Strategy: "dfs", Schedules: 1_000_000, Preemptions: 2}, true},
		"dfs in part":    {explore.Options{Strategy: "dfs", Schedules: 700}, false},
		"dpor":           {explore.Options{Strategy: "dpor", Schedules: 1_000_000}, true},
		"random":         {explore.Options{Strategy: "random", Schedules: 3000}, true},
		"pct":            {explore.Options{Strategy: "pct4", Schedules: 2000, Seed: 7}, true},
		"all strategies": {explore.Options{Schedules: 1_000_000}, false},
		"one schedule":   {explore.Options{Schedules: 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long {
				needLong(t)
			}
			o := c.options
			for body, f := range map[string]func(*explore.T){"three of three": threeOfThree, "rare": rare} {
				t.Run(body, func(t *testing.T) {
					mustAgree(
						t,
						o,
						func(t *testing.T, o explore.Options) *explore.Result { return explore.Check(t, o, f) },
					)
				})
			}
		})
	}
}

// mustAgree explores with one, two and five processes, and compares the results. Five processes are
// left to long tests.
func mustAgree(
	t *testing.T,
	o explore.Options,
	check func(*testing.T, explore.Options) *explore.Result,
) {
	results := map[string]*explore.Result{}
	for _, workers := range []string{"1", "2", "5"} {
		t.Run(workers, func(t *testing.T) {
			if workers == "5" {
				needLong(t)
			}
			o.Workers = int(workers[0] - '0')
			o.Time = 5 * time.Minute
			r := check(t, o)
			r.Text, _, _ = strings.Cut(
				r.Text,
				"replay:",
			) // the replay command contains the name of the subtest
			if r.Pairs == 0 {
				t.Error("no pair of dependent operations was seen")
			}
			r.Text, _, _ = strings.Cut(r.Text, fmt.Sprint(r.Pairs, " ordered pairs"))
			r.Pairs, r.Reversed = 0, 0     // each process samples on its own
			r.Story, r.Decision = nil, nil // Text shows them
			results[workers] = r
		})
	}
	one := results["1"]
	if one == nil || one.Schedules == 0 {
		return // this is a player, or -run chose one subtest
	}
	t.Log(one.Verdict, one.Text)
	for workers, r := range results {
		if r != nil && *r != *one {
			t.Errorf("%s processes came to another result:\n%+v\nand one to\n%+v", workers, *r,
				*one)
		}
	}
}

var measureFlag = flag.Bool("workers.measure", false,
	"measure how much faster two processes are than one")

// TestTwoProcessesAgainstOne measures two processes against one, in turns, on the same schedules.
// It checks nothing, because the result depends on the load of the machine.
func TestTwoProcessesAgainstOne(t *testing.T) {
	if !*measureFlag && !isPlayer() {
		t.Skip(
			"this is a measurement: go test -run TestTwoProcessesAgainstOne ./stress/explore -workers.measure -v",
		)
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

// The same holds for a semaphore, which has many scenarios that are played in turn.
func TestWorkersPlayTheSameScenarios(t *testing.T) {
	subjects := []impls.Impl{impls.All()[0]}
	for _, m := range mutant.All() {
		if m.ID == "M1" || m.ID == "M18" {
			subjects = append(subjects, m.Impl)
		}
	}
	schedules := longOr(t, "schedules of each scenario", 100, 25)
	for i, impl := range subjects {
		for _, strategy := range []string{"", "dpor", "dfs", "pos"} {
			t.Run(impl.Name+"/"+strategy, func(t *testing.T) {
				if i > 0 || strategy != "" {
					needLong(t)
				}
				mustAgree(
					t,
					explore.Options{Schedules: schedules, Strategy: strategy},
					func(t *testing.T, o explore.Options) *explore.Result { return explore.CheckSemaphore(t, o, impl) },
				)
			})
		}
	}
}

// Splitting a tree among processes changes no count: two goroutines with two operations each have
// 4!/(2!2!) = 6 schedules.
func TestCountsAreExact(t *testing.T) {
	for _, workers := range []int{1, 2} {
		var n atomic.Int64
		r := explore.Check(
			t,
			explore.Options{Strategy: "dfs", Workers: workers},
			func(t *explore.T) {
				for range 2 {
					go func() { n.Add(1); n.Add(1) }()
				}
			},
		)
		if r.Verdict != explore.Pass || r.Schedules != 6 {
			t.Errorf("%d processes: %s after %d schedules, want all 6: %s", workers, r.Verdict,
				r.Schedules, r.Text)
		}
	}
}
