package explore

import (
	"flag"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/task"
)

var (
	schedulesFlag = flag.Int("explore.schedules", 0,
		"play at most this many schedules in each exploration; 0 means that the time is the bound")
	timeFlag = flag.Duration("explore.time", 20*time.Second,
		"explore for at most this long in each exploration")
	seedFlag     = flag.Uint64("explore.seed", 1, "seed of the schedules that are drawn")
	strategyFlag = flag.String("explore.strategy", "",
		"use this strategy only: random, pct2 or another depth, pos, dpor or dfs; or look for starvation: starve")
	scheduleFlag = flag.String("explore.schedule", "", "play this schedule only")
	scenarioFlag = flag.String("explore.scenario", "",
		"play this scenario of explore.Semaphore only, or this program of explore.Type")
	callsFlag = flag.Int("explore.calls", 0,
		"enumerate the programs of explore.Semaphore up to this many calls; 0 means 5, negative none; "+
			"programs of explore.Type have 4 by default")
	noDaemonsFlag = flag.Bool("explore.nodaemons", false,
		"report goroutines that only wait for a timer as leaks, too")
	lazyFlag = flag.Bool("explore.lazyclock", false,
		"let time pass when nothing else can move, instead of at any moment")
	stepsFlag = flag.Int("explore.steps", 0,
		"end a schedule after this many operations; 0 means 100000, or ten million if no schedule ends before")
	workersFlag = flag.Int("explore.workers", 1,
		"explore with this many processes; go test runs several packages at a time anyway")
	preemptFlag = flag.Int("explore.preemptions", -1,
		"with dfs, preempt goroutines at most this often in one schedule; negative means no bound")
	strictFlag = flag.Bool("explore.strict", false,
		"fail a test whose result is unknown, instead of letting it pass or skipping it")
	pageFlag = flag.String("explore.page", "",
		"write a schedule that fails to this file, as an HTML page")
	noAlikeFlag = flag.Bool("explore.noalike", false,
		"with dpor, play goroutines that are alike in every order of their first steps")
	shardFlag = flag.String("explore.shard", "",
		"play only this share of the schedules, as in 2/3; see -explore.shardfile")
	shardFileFlag = flag.String("explore.shardfile", "",
		"with -explore.shard: write to this file what was played, for -explore.join")
	joinFlag = flag.String("explore.join", "",
		"play nothing, and join what the shards have written to these files, separated by commas")
	perfettoFlag = flag.String("explore.perfetto", "",
		"write a schedule that fails to this file, as a trace for ui.perfetto.dev")
)

// Options bound an exploration. The zero value explores as Run does without flags.
type Options struct {
	Schedules int           // schedules to play at most, by scenario; 0 means no bound but Time
	Time      time.Duration // time to explore at most; 0 means 20 s
	Seed      uint64        // seed of the schedules that are drawn; 0 means 1

	// Strategy is random, pctN for a depth N from 1, pos, dpor or dfs. Strategy starve looks for goroutines that
	// others can pass for ever; its failure names the pattern, such as starve0.1.1.3. "" draws some schedules with
	// several strategies and then plays all with dpor.
	Strategy string

	// Steps is the number of operations in one schedule at most. 0 means 100000, or ten million if no
	// schedule comes to its end before.
	Steps int

	Workers  int    // player processes, at most 64; 0 means the flag's value, which is 1 by default
	Schedule string // play this schedule only, a word that a failure has printed
	Scenario string // play this scenario of Semaphore, or program of Type, only; "" plays all

	// Calls bounds the programs that Semaphore enumerates: how many calls they have at most if the
	// size is 1 and the calls begin one after the other. Programs of larger sizes, and programs in
	// which calls begin at once, have fewer, so that their schedules are about as many. 0 means 5,
	// or none if Strategy or Schedules is set; a negative number means none.
	//
	// Type draws programs with at most this many calls: 4 by default, and at most 6.
	Calls int

	// NoDaemons reports goroutines that are left waiting for a timer or a ticker as leaks.
	NoDaemons bool

	// LazyClock lets time pass only when nothing else can move. By default the earliest timer may
	// fire at any moment.
	LazyClock bool

	// Preemptions bounds how often a goroutine that could go on loses its turn, in one schedule of
	// dfs. 0 means no bound, and a negative number means never.
	Preemptions int

	// NoAlike plays goroutines that are alike in every order of their first steps. By default dpor plays
	// one order, as nothing in the program could tell.
	NoAlike bool

	// Shard is the share of the schedules to play, as in "2/3"; "" plays all. The shards of one
	// exploration may run at the same time on several machines. The result of each is unknown, with
	// the bound shard, or a failure. ShardFile is written for Join.
	Shard, ShardFile string

	// Join has the files of all shards, separated by commas. Nothing is played; the result is the one
	// that one process would have come to with the same options. A missing shard leaves it unknown.
	Join string
}

// flagOptions returns the options that the flags give.
func flagOptions() Options {
	return Options{
		Schedules: *schedulesFlag, Time: *timeFlag, Seed: *seedFlag, Strategy: *strategyFlag,
		Steps: *stepsFlag, Schedule: *scheduleFlag, Scenario: *scenarioFlag,
		Calls: *callsFlag, NoDaemons: *noDaemonsFlag, LazyClock: *lazyFlag, Workers: *workersFlag,
		Preemptions: preemptionsOf(*preemptFlag), NoAlike: *noAlikeFlag, Shard: *shardFlag, ShardFile: *shardFileFlag, Join: *joinFlag,
	}
}

// preemptionsOf turns the value of the flag into a value for Options. In the flag a negative number
// means no bound, and 0 means none; in Options it is the other way round, so that the zero value
// of Options has no bound.
func preemptionsOf(bound int) int {
	switch {
	case bound < 0:
		return 0
	case bound == 0:
		return -1
	}
	return bound
}

// withDefaults replaces each zero field by its default value.
func (o Options) withDefaults() Options {
	if o.Workers == 0 {
		o.Workers = *workersFlag
	}
	return Options(task.Options(o).WithDefaults())
}
