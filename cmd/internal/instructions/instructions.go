// Package instructions counts the machine instructions that a process executes in user mode, with
// all of its threads.
//
//	meter, err := instructions.Find(ctx, os.TempDir())
//	if err != nil {
//		return err // says what is missing, and the command that adds it
//	}
//	count, err := meter.Start(cmd)
//	before, err := count.Total(mark)
//	// … have the process do something …
//	after, err := count.Total(mark)
//
// Two instruments can count. Hardware counters (perf_event_open) cost nothing, but virtual machines
// rarely pass them on, and hosted CI runners never do. Valgrind simulates the processor: it runs on
// any Linux, and slows a process down by a factor of 5 to 50.
//
// # Why massif
//
// Of the tools of valgrind, cachegrind is the usual one for counts, and prints its total when the
// process ends. So it needs two processes for one difference, and a Go test binary takes more than a
// second to begin under valgrind. Massif counts the same instructions as its unit of time
// (--time-unit=i), and writes the count to a file whenever the process asks for it. One process can
// thus measure all benchmarks of a package, and the difference of two marks has a noise of a few
// thousand instructions, where the whole process has 100 000. Callgrind could be asked too, but
// crashes on the stacks of goroutines.
//
// # What this does not show
//
// Instructions are not time. They do not see cache misses, branches that are predicted wrongly,
// waiting, the kernel, or where code lies in memory. The processor that valgrind simulates has AVX2
// and no AVX-512 or SHA extensions. So code that looks for these takes a different path than on the real
// processor.
package instructions

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// A Meter starts processes whose instructions can be counted. It may start several at once.
type Meter interface {
	// Name names the instrument, for a reader of the report.
	Name() string

	// Start starts cmd. The caller waits for cmd, and then calls Close of the Count.
	Start(cmd *exec.Cmd) (Count, error)
}

// A Count is of one process.
type Count interface {
	// Total returns how many instructions the process has executed. The process must be idle.
	// mark has the process make the client request of valgrind that writes a snapshot to path.
	// Hardware counters need no help of the process, and do not call mark.
	Total(mark func(path string) error) (int64, error)

	Close() error
}

// Find returns the best instrument that works here: hardware counters, or else valgrind. temp is a
// folder for files of valgrind, which the caller removes after the last process. The error says why
// neither works, and names the command that changes this.
func Find(ctx context.Context, temp string) (Meter, error) {
	hardware, hardwareErr := findHardware()
	if hardwareErr == nil {
		return hardware, nil
	}
	valgrind, valgrindErr := findValgrind(ctx, temp)
	if valgrindErr == nil {
		return valgrind, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("no counters of the processor (%w); no valgrind (%w)", hardwareErr, valgrindErr)
}

// errElsewhere says that an instrument exists for another system or processor only.
var errElsewhere = errors.New("not for this system")
