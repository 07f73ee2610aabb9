package explore

import (
	"flag"
	"time"

	"github.com/semabench/semabench/stress/explore/sched"
)

var (
	schedulesFlag = flag.Int("explore.schedules", 20_000, "schedules to play in each exploration at most")
	timeFlag      = flag.Duration("explore.time", 20*time.Second, "time for each exploration at most")
	seedFlag      = flag.Uint64("explore.seed", 1, "seed of the schedules that are drawn")
	strategyFlag  = flag.String("explore.strategy", "", "only this one: random, pct2, pct3, pos, dpor or dfs")
	scheduleFlag  = flag.String("explore.schedule", "", "play this schedule only")
	scenarioFlag  = flag.String("explore.scenario", "", "play this scenario only, of explore.Semaphore")
	noDaemonsFlag = flag.Bool("explore.nodaemons", false, "take goroutines that only wait for a timer for leaks, too")
	lazyFlag      = flag.Bool("explore.lazyclock", false, "time passes when nothing else can move, not at any moment")
	stepsFlag     = flag.Int("explore.steps", 100_000, "operations of one schedule at most")
)

// Options bound an exploration. The zero value is what the doors do when no flag is given.
type Options struct {
	Schedules int           // 0 means 20000
	Time      time.Duration // 0 means 20 s
	Seed      uint64        // 0 means 1
	Strategy  string        // random, pct2, pct3, pos, dpor or dfs; "" draws some and then plays dpor
	Steps     int           // operations of one schedule; 0 means 100000
	Schedule  string        // play this one only
	Scenario  string        // play this one only, of Semaphore; "" plays those that this package has
	NoDaemons bool          // goroutines that are left waiting for a timer or a ticker are leaks, too
	LazyClock bool          // time passes when nothing else can move, and not at any moment

	stuck func(stacks string) // in a child: what ends it
}

func flagOptions() Options {
	return Options{
		Schedules: *schedulesFlag, Time: *timeFlag, Seed: *seedFlag, Strategy: *strategyFlag, Steps: *stepsFlag,
		Schedule: *scheduleFlag, Scenario: *scenarioFlag, NoDaemons: *noDaemonsFlag, LazyClock: *lazyFlag,
	}
}

func (o Options) limits() sched.Limits {
	return sched.Limits{Steps: o.Steps, NoDaemons: o.NoDaemons, LazyClock: o.LazyClock, Stuck: o.stuck}
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
	return o
}
