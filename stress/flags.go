package stress

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/semabench/semabench/stress/internal/model"
)

var (
	seedFlag = flag.Uint64("stress.seed", 0,
		"run the random program of this seed again and again; 0 means new programs each time")
	opsFlag = flag.Int64("stress.ops", defaultOps,
		"operations of random programs for each implementation")
	timeFlag = flag.Duration("stress.time", 0,
		"run random programs for this long, instead of -stress.ops operations")
	programFlag = flag.String("stress.program", "",
		"run this program again and again, in the notation in which failures print it")
	instrumentFlag = flag.Bool("stress.instrument", true,
		"without -race, build the tests again with it for the clauses that need it")
	outFlag = flag.String("stress.out", "",
		"folder for the pictures of histories that failed (default: the folder for temporary files)")
)

const (
	defaultOps = 100_000
	maxOps     = 1_000_000_000_000
)

// A budget is for how many operations, or until when, random programs are run.
// Operations are the default, because a number of operations means the same on every machine and
// in every run of CI.
type budget struct {
	ops   int64
	until time.Time // if set, ops is ignored
}

// flagBudget returns the budget of the flags. The error names the flag that is out of its range.
//
// The flags are read at each call and not at the start: package testing parses them after init
// functions have run.
func flagBudget() (budget, error) {
	switch {
	case *opsFlag < 1 || *opsFlag > maxOps:
		return budget{}, fmt.Errorf("-stress.ops=%d: want a number of operations from 1 to %d",
			*opsFlag, int64(maxOps))
	case *timeFlag < 0:
		return budget{}, fmt.Errorf("-stress.time=%v: want a duration from 0", *timeFlag)
	case *timeFlag > 0:
		return budget{until: time.Now().Add(*timeFlag)}, nil
	}
	return budget{ops: *opsFlag}, nil
}

// flagsInRange lets Run refuse a bad flag before any clause runs: the implementation has not
// failed.
func flagsInRange() error {
	_, err := flagBudget()
	if err == nil {
		_, err = flagPrograms(wide)
	}
	return err
}

// spent subtracts operations and reports whether nothing is left. A budget of time is asked between
// programs, so it is exceeded by one program at most.
func (b *budget) spent(ops int64) bool {
	if !b.until.IsZero() {
		return time.Now().After(b.until)
	}
	b.ops -= ops
	return b.ops <= 0
}

// flagPrograms returns a function that gives the programs that the flags ask for, each with its
// seed. A program that is given by its text or by its seed is returned again and again, since its
// schedule differs from run to run. Programs that are drawn have consecutive seeds from a random
// start. So each is named by its seed, and two runs of the tests rarely repeat each other.
//
// The function is a closure over the next seed, so two modes of one run draw from two sequences.
func flagPrograms(s shape) (next func() (model.Program, uint64), err error) {
	if *programFlag != "" {
		p, err := parseProgram(*programFlag)
		if err != nil {
			return nil, fmt.Errorf("-stress.program: %w", err)
		}
		return func() (model.Program, uint64) { return p, 0 }, nil
	}
	seed, step := *seedFlag, uint64(0)
	if seed == 0 {
		seed, step = NewSeed(), 1
	}
	return func() (model.Program, uint64) {
		seed += step
		return s.generate(seed - step), seed - step
	}, nil
}

// NewSeed draws a seed for a [Campaign]. It is never 0, which means that no seed is given. It has ten or
// eleven digits, which are short enough to type.
func NewSeed() uint64 { return seedsWithNone + uint64(rand.Uint32()) }

// until returns nine tenths of the time to a deadline. The rest is for the report. If the child
// took all of the time, the deadline of the parent would kill both before the child has reported.
func until(deadline time.Time) time.Duration {
	return max(time.Second, time.Until(deadline)*9/10).Round(time.Second)
}

// outDir returns the folder of -stress.out.
func outDir() string {
	if *outFlag == "" {
		return os.TempDir()
	}
	return *outFlag
}
