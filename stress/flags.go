package stress

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"time"
)

var (
	seedFlag = flag.Uint64("stress.seed", 0,
		"play the random program of this seed, over and over; 0 means new programs each time")
	opsFlag = flag.Int64("stress.ops", defaultOps,
		"operations of random programs for each implementation")
	timeFlag = flag.Duration("stress.time", 0,
		"run random programs for so long, instead of -stress.ops operations")
	programFlag = flag.String("stress.program", "",
		"play this program over and over, in the notation in which failures print it")
	instrumentFlag = flag.Bool("stress.instrument", true,
		"without -race, build the tests again with it for the clauses that need it")
	outFlag = flag.String("stress.out", "",
		"folder for the pictures of histories that failed (default the system's for temporary files)")
)

const (
	defaultOps = 100_000
	mostOpsAll = 1_000_000_000_000
)

// A budget is how many operations, or how long, random programs are played.
type budget struct {
	ops   int64
	until time.Time // if set, instead
}

// flagBudget returns what the flags say, or which of them is out of its range.
func flagBudget() (budget, error) {
	switch {
	case *opsFlag < 1 || *opsFlag > mostOpsAll:
		return budget{}, fmt.Errorf("-stress.ops=%d: want a number of operations from 1 to %d", *opsFlag, int64(mostOpsAll))
	case *timeFlag < 0:
		return budget{}, fmt.Errorf("-stress.time=%v: want a duration from 0", *timeFlag)
	case *timeFlag > 0:
		return budget{until: time.Now().Add(*timeFlag)}, nil
	}
	return budget{ops: *opsFlag}, nil
}

// flagsInRange is for Run: a bad flag is nobody's failing clause.
func flagsInRange() error {
	_, err := flagBudget()
	if err == nil {
		_, err = flagPrograms(wide)
	}
	return err
}

// spent books operations and reports whether there is nothing left.
func (b *budget) spent(ops int64) bool {
	if !b.until.IsZero() {
		return time.Now().After(b.until)
	}
	b.ops -= ops
	return b.ops <= 0
}

// flagPrograms returns the programs that the flags ask for, one after the other, with the seed of
// each. A program that is given is played again and again; so is one of a given seed: its
// schedule differs from run to run.
func flagPrograms(s shape) (next func() (program, uint64), err error) {
	if *programFlag != "" {
		p, err := parseProgram(*programFlag)
		if err != nil {
			return nil, fmt.Errorf("-stress.program: %w", err)
		}
		return func() (program, uint64) { return p, 0 }, nil
	}
	seed, step := *seedFlag, uint64(0)
	if seed == 0 {
		seed, step = newSeed(), 1
	}
	return func() (program, uint64) {
		seed += step
		return s.generate(seed - step), seed - step
	}, nil
}

// newSeed is never 0, which means no seed, and leaves room to count from.
func newSeed() uint64 { return uint64(rand.Uint32()) + 1 }

// until returns the time left to a deadline, with some to spare for our own report.
func until(deadline time.Time) time.Duration {
	return max(time.Second, time.Until(deadline)*9/10).Round(time.Second)
}

func outDir() string {
	if *outFlag == "" {
		return os.TempDir()
	}
	return *outFlag
}
