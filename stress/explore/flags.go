package explore

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

var (
	schedulesFlag = flag.Int("explore.schedules", 20_000, "schedules to play in each exploration at most")
	timeFlag      = flag.Duration("explore.time", 20*time.Second, "time for each exploration at most")
	seedFlag      = flag.Uint64("explore.seed", 1, "seed of the schedules that are drawn")
	strategyFlag  = flag.String("explore.strategy", "", "only this one: random, pct2 or of another depth, pos, dpor or dfs")
	scheduleFlag  = flag.String("explore.schedule", "", "play this schedule only")
	scenarioFlag  = flag.String("explore.scenario", "", "play this scenario only, of explore.Semaphore")
	noDaemonsFlag = flag.Bool("explore.nodaemons", false, "take goroutines that only wait for a timer for leaks, too")
	lazyFlag      = flag.Bool("explore.lazyclock", false, "time passes when nothing else can move, not at any moment")
	stepsFlag     = flag.Int("explore.steps", 100_000, "operations of one schedule at most")
	workersFlag   = flag.Int("explore.workers", 1, "processes to explore with; packages are tested side by side anyway")
	preemptFlag   = flag.Int("explore.preemptions", -1,
		"of dfs: how often a goroutine may lose its turn in one schedule; negative is no bound")
)

// Options bound an exploration. The zero value is what the doors do when no flag is given.
type Options struct {
	Schedules int           // 0 means 20000
	Time      time.Duration // 0 means 20 s
	Seed      uint64        // 0 means 1
	Strategy  string        // random, pctN for N from 1, pos, dpor or dfs; "" draws some and then plays dpor
	Steps     int           // operations of one schedule; 0 means 100000
	Workers   int           // processes; 0 means what the flag says, which is 1 by default
	Schedule  string        // play this one only
	Scenario  string        // play this one only, of Semaphore; "" plays those that this package has
	NoDaemons bool          // goroutines that are left waiting for a timer or a ticker are leaks, too
	LazyClock bool          // time passes when nothing else can move, and not at any moment

	// Preemptions bounds how often a goroutine loses its turn in one schedule of dfs: 0 means no bound, and
	// a negative number that it never does.
	Preemptions int

	stuck func(stacks string) // in a child: what ends it
}

func flagOptions() Options {
	return Options{
		Schedules: *schedulesFlag, Time: *timeFlag, Seed: *seedFlag, Strategy: *strategyFlag, Steps: *stepsFlag,
		Schedule: *scheduleFlag, Scenario: *scenarioFlag, NoDaemons: *noDaemonsFlag, LazyClock: *lazyFlag,
		Workers: *workersFlag, Preemptions: preemptions(*preemptFlag),
	}
}

// preemptions turns what the flag says into what Options do.
func preemptions(bound int) int {
	switch {
	case bound < 0:
		return 0
	case bound == 0:
		return -1
	}
	return bound
}

// preemptionBound is for strategy.DFS.
func (o Options) preemptionBound() int {
	switch {
	case o.Preemptions == 0:
		return -1
	case o.Preemptions < 0:
		return 0
	}
	return o.Preemptions
}

// check refuses what cannot be played.
func (o Options) check(programs int) error {
	switch {
	case o.Preemptions != 0 && o.Strategy != "dfs":
		return errors.New("a bound on preemptions is for dfs: with dpor it would cut off schedules that others " +
			"stand for. Choose -explore.strategy=dfs")
	case o.Schedules < 0 || o.Steps < 0 || o.Time < 0 || o.Workers < 0:
		return errors.New("the numbers of schedules, steps and workers, and the time, must not be negative")
	case o.Workers > maxWorkers:
		return fmt.Errorf("-explore.workers=%d: want %d at most", o.Workers, maxWorkers)
	case o.Schedule != "" && programs > 1:
		return errors.New("a schedule fits one scenario: add -explore.scenario")
	}
	if _, err := strategy.Parse(o.Schedule); o.Schedule != "" && err != nil {
		return err
	}
	return known(o.Strategy)
}

// maxWorkers is far more than pay: parts of a tree are kept for about as many.
const maxWorkers = 64

func (o Options) limits() schedrt.Limits {
	return schedrt.Limits{Steps: o.Steps, NoDaemons: o.NoDaemons, LazyClock: o.LazyClock, OnStall: o.stuck}
}

func (o Options) withDefaults() Options {
	if o.Schedules == 0 {
		o.Schedules = 20_000
	}
	if o.Time == 0 {
		o.Time = 20 * time.Second
	}
	if o.Steps == 0 {
		o.Steps = 100_000
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Workers == 0 {
		o.Workers = *workersFlag
	}
	return o
}
