package task

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
)

// Options are explore.Options, which documents each field.
//
// The public type is a struct of its own, and not an alias, so that its documentation shows the
// fields. Both must have the same fields in the same order: the public package converts one into
// the other, and the compiler refuses the conversion if they differ.
type Options struct {
	Schedules   int
	Time        time.Duration
	Seed        uint64
	Strategy    string
	Steps       int
	Workers     int
	Schedule    string
	Scenario    string
	Calls       int
	NoDaemons   bool
	LazyClock   bool
	Preemptions int
	NoAlike     bool
	Shard       string
	ShardFile   string
	Join        string
}

// MaxWorkers bounds Options.Workers. The parent keeps only some tens of parts of a tree ready, so
// more processes would wait for work.
const MaxWorkers = 64

// NoBound is Options.Schedules where the time is the only bound. More schedules cannot be played in
// the life of a machine, or on one of 32 bits in a month. It is far from the largest int of 64
// bits: sums and multiples of it do not overflow.
const NoBound = min(1<<40, math.MaxInt)

// WithDefaults replaces each zero field by its default value.
func (o Options) WithDefaults() Options {
	if o.Schedules == 0 {
		o.Schedules = NoBound
	}
	if o.Time == 0 {
		o.Time = 20 * time.Second
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Workers == 0 {
		o.Workers = 1
	}
	return o
}

// The bounds on the steps of a schedule if the options give none. Bodies written for the explorer have
// some hundred steps, so one of a hundred thousand is most likely caught in a loop, and a million of its
// schedules would say nothing more. If no schedule ends within the first bound, long ones are played.
const (
	defaultSteps = 100_000
	longSteps    = 10_000_000 // about 400 MB of memory for the trace
)

// StepBound returns the number of steps after which a schedule is cut off.
func (o Options) StepBound() int {
	if o.Steps == 0 {
		return defaultSteps
	}
	return o.Steps
}

// LongBound returns StepBound for long schedules: a bound that the options give is never exceeded.
func (o Options) LongBound() int {
	if o.Steps == 0 {
		return longSteps
	}
	return o.Steps
}

// PlaysLong reports whether long schedules are played if no schedule ends within StepBound. The
// strategies of trees are left alone: their schedules come in an order.
func (o Options) PlaysLong() bool {
	return o.Steps == 0 && o.Schedule == "" && !strategy.IsTree(o.Strategy)
}

// Check returns an error if the options contradict each other, or do not fit an exploration of this
// many programs.
func (o Options) Check(programs int) error {
	switch {
	case o.Preemptions != 0 && o.Strategy != "dfs":
		return errors.New(
			"a bound on preemptions needs dfs: with dpor it would cut off schedules that " +
				"stand for others. Choose -explore.strategy=dfs",
		)
	case o.Schedules < 0 || o.Steps < 0 || o.Time < 0 || o.Workers < 0:
		return errors.New(
			"the numbers of schedules, steps and workers, and the time, must not be negative",
		)
	case o.Workers > MaxWorkers:
		return fmt.Errorf("-explore.workers=%d: want %d at most", o.Workers, MaxWorkers)
	case strategy.IsStarve(o.Strategy) && programs > 1:
		return errors.New("the strategy starve explores one body, and no programs of Semaphore or Type")
	case strategy.IsStarve(o.Strategy) && (o.Shard != "" || o.Join != "" || o.Schedule != ""):
		return errors.New("the strategy starve has neither shards nor schedules: replay it as " +
			"-explore.strategy=starve with its numbers")
	case o.Schedule != "" && programs > 1:
		return errors.New("a schedule fits one scenario: add -explore.scenario")
	}
	if _, err := strategy.Parse(o.Schedule); o.Schedule != "" && err != nil {
		return err
	}
	if err := o.checkShard(); err != nil {
		return err
	}
	return strategy.CheckName(o.Strategy)
}

// checkShard returns an error if the options of shards contradict each other.
//
// A shard without a file is an error: it would play for minutes, and then nothing could be joined.
func (o Options) checkShard() error {
	_, _, err := ParseShard(o.Shard)
	switch {
	case o.Join != "" && (o.Shard != "" || o.ShardFile != ""):
		return errors.New("-explore.join plays nothing: leave out -explore.shard and -explore.shardfile")
	case o.Join != "" && o.Schedule != "", o.Shard != "" && o.Schedule != "":
		return errors.New("one schedule has no shards: leave out -explore.schedule")
	case (o.Shard == "") != (o.ShardFile == ""):
		return errors.New("-explore.shard=i/n and -explore.shardfile=FILE need each other: the file is what " +
			"-explore.join reads")
	}
	return err
}

// PreemptionBound returns the bound on preemptions as strategy.DFS takes it: negative means no
// bound. In Options, no bound is 0, so that the zero value of Options explores everything, and a
// bound of no preemption at all is negative.
func (o Options) PreemptionBound() int {
	switch {
	case o.Preemptions == 0:
		return -1
	case o.Preemptions < 0:
		return 0
	}
	return o.Preemptions
}
