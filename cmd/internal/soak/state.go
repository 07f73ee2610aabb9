package soak

import (
	"io"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress"
)

// This file has the options of a soak and its counts. soak.go plays and changes the counts; summary.go reads them.

// Options say what to play, and for how long.
//
// The verb stress checks the values. Here an empty list of implementations or of Procs is a
// mistake of the caller.
type Options struct {
	Impls []impls.Impl

	// Program is the executable that plays a turn with the verb turn; "" is this one. Another one has
	// implementations that this executable lacks, made by Constructors.
	Program      string
	Constructors string // as flag -impl names them; kept with each failure

	// Slow reports whether the operations of an implementation cross the kernel. Its turns have fewer
	// operations. nil means that none do.
	Slow func(impls.Impl) bool

	Limit       time.Duration // 0 means until ctx is done
	Operations  int64         // of each implementation; 0 means no limit
	Seed        uint64        // of the first program; 0 means a seed that is drawn
	Procs       []int         // values of GOMAXPROCS that rounds go through; at least one
	Dir         string        // where programs that failed are kept
	Summary     string        // file for the summary as JSON; "" for none
	MaxFailures int           // after which an implementation is given up

	Stdout, Stderr io.Writer // for the summary, and for progress and messages
}

// A soak keeps counts of the programs that were played and nothing else, so that its memory is the
// same after a minute and after a week.
type soak struct {
	Options
	rows   []*row
	status *status
	began  time.Time
}

// A row is one implementation with its counts. next goes up with each program, so the programs of
// an implementation depend on the seed and not on its speed.
//
// All rows begin at the same seed. So two implementations play the same programs, and a program
// that only one of them fails says something about that one.
type row struct {
	impl     impls.Impl
	next     uint64 // seed of the next program
	tally    stress.Tally
	spent    time.Duration
	failures int

	// Peak memory in bytes, of the process of the first turn and of any turn. Growth shows a leak.
	firstMemory, mostMemory uint64
}

// givenUp reports whether r failed so often that further turns would only fill the folder.
func (s *soak) givenUp(r *row) bool { return r.failures >= s.MaxFailures }
