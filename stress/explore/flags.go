package explore

import (
	"flag"
	"fmt"
	"time"
)

var (
	schedulesFlag = flag.Int("explore.schedules", 20_000, "schedules to play in each exploration at most")
	timeFlag      = flag.Duration("explore.time", 20*time.Second, "time for each exploration at most")
	seedFlag      = flag.Uint64("explore.seed", 1, "seed of the schedules that are drawn")
	strategyFlag  = flag.String("explore.strategy", "", "only this one: random, pct2, pct3, pos, dpor or dfs")
	scheduleFlag  = flag.String("explore.schedule", "", "play this schedule only")
	scenarioFlag  = flag.String("explore.scenario", "", "play this scenario only, of explore.Semaphore")
	stepsFlag     = flag.Int("explore.steps", 100_000, "operations of one schedule at most")
)

// childFlags are the flags with which a child explores what this process was asked to.
func childFlags() []string {
	return []string{
		fmt.Sprintf("-explore.schedules=%d", *schedulesFlag), fmt.Sprintf("-explore.time=%v", *timeFlag),
		fmt.Sprintf("-explore.seed=%d", *seedFlag), "-explore.strategy=" + *strategyFlag,
		"-explore.schedule=" + *scheduleFlag, "-explore.scenario=" + *scenarioFlag, fmt.Sprintf("-explore.steps=%d", *stepsFlag),
	}
}

// Options bound an exploration. The zero value is what the doors do when no flag is given.
type Options struct {
	Schedules int           // 0 means 20000
	Time      time.Duration // 0 means 20 s
	Seed      uint64        // 0 means 1
	Strategy  string        // random, pct2, pct3, pos, dpor or dfs; "" draws some and then plays dpor
	Steps     int           // operations of one schedule; 0 means 100000
	Schedule  string        // play this one only
	Scenario  string        // play this one only, of Semaphore; "" plays those that this package has
}

func flagOptions() Options {
	return Options{
		Schedules: *schedulesFlag, Time: *timeFlag, Seed: *seedFlag, Strategy: *strategyFlag, Steps: *stepsFlag,
		Schedule: *scheduleFlag, Scenario: *scenarioFlag,
	}
}

func (o Options) withDefaults() Options {
	if o.Schedules == 0 {
		o.Schedules = 20_000
	}
	if o.Time == 0 {
		o.Time = 20 * time.Second
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	return o
}
