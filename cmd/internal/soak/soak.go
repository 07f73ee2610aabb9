// Package soak plays random programs against semaphores for as long as the user likes, and keeps a
// file for each program that fails.
//
//	err := soak.Run(ctx, soak.Options{
//		Impls: impls.All(), Seed: 1, Limit: time.Hour, Procs: []int{1, 8}, Dir: "failures", MaxFailures: 10,
//		Stdout: os.Stdout, Stderr: os.Stderr,
//	})
//
// # How to run it
//
// The command semabench stress calls this package. Implementations take turns: each turn plays some
// programs in a child process, which is the same executable with the verb turn; see [ServeTurn]. A
// fatal error, memory that is never freed and goroutines that spin for ever end with that process.
//
// # What this does not show
//
// No failure is the absence of a counterexample and no proof. The same seed plays the same
// programs, but not the same schedules: a failure may need many replays. Package explore plays all
// schedules of small programs.
package soak

import (
	"context"
	"fmt"
	"time"

	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress"
)

// A turn is long enough for its process to cost little, and short enough for all implementations to
// have had one within seconds, even under -race. An operation that crosses the kernel takes about
// twenty times as long as another operation.
//
// They are counted in operations and not in time, so that the programs of a seed do not depend
// on the speed of the machine.
const (
	turnOperations     = 100_000
	slowTurnOperations = 5_000
)

// Run plays until the limit, the operations, or ctx ends it, and prints a summary. The error wraps
// [exitcode.ErrFailed] if a program failed, even after an interrupt: that takes no failure back. It
// wraps [exitcode.ErrInterrupted] if ctx ended it before a failure. Its order after play is: the
// final line of progress, the summary, the error. So the last thing on the terminal is the result.
// A child process that cannot be started ends the soak, since no other would start either.
//
// The summary is printed before the error decides, also after an interrupt: the counts of an
// hour must not depend on how the hour ended.
func Run(ctx context.Context, o Options) error {
	if o.Seed == 0 {
		o.Seed = stress.NewSeed()
	}
	s := &soak{Options: o, began: time.Now(), status: newStatus(o.Stderr, o.Limit)}
	for _, impl := range o.Impls { // all of them play the same programs
		s.rows = append(s.rows, &row{impl: impl, next: o.Seed})
	}
	s.status.print(fmt.Sprintf("playing random programs from seed %d", s.Seed))
	limited, cancel := ctx, context.CancelFunc(func() {})
	if s.Limit > 0 {
		limited, cancel = context.WithTimeout(ctx, s.Limit)
	}
	defer cancel()
	// The message tells that the first Ctrl-C was heard. The program at hand may take seconds,
	// and without a message the user would press again.
	forget := context.AfterFunc(ctx, func() {
		s.status.print("interrupted: ending after the program at hand; once more ends at once")
	})
	defer forget()
	s.status.start()
	err := s.play(limited)
	s.status.end()
	if err != nil {
		return fmt.Errorf("%w: %w", exitcode.ErrFailed, err)
	}
	if err := s.summarize(s.ending(ctx, limited)); err != nil {
		return fmt.Errorf("%w: writing the summary: %w", exitcode.ErrFailed, err)
	}
	failures := 0
	for _, r := range s.rows {
		failures += r.failures
		if r.tally.Programs == 0 && r.failures == 0 && ctx.Err() == nil {
			// Zero failures would look like a result. A turn lasts seconds for a slow implementation.
			fmt.Fprintf(s.Stderr, "%s was not played: the time was over before its first turn; give it more with -time\n",
				r.impl.Name)
		}
	}
	switch {
	case failures > 0:
		return fmt.Errorf("%w: %s, see %s", exitcode.ErrFailed,
			plural.With(failures, "program failed", "programs failed"), s.Dir)
	case ctx.Err() != nil:
		return fmt.Errorf("%w: nothing had failed by then", exitcode.ErrInterrupted)
	}
	return nil
}

// play gives each implementation a turn, round after round, until ctx is done or no implementation
// has operations left. All turns of a round have one value of GOMAXPROCS. Turns run one after the
// other: two at once would share the cores, and GOMAXPROCS would say little about either.
//
// The limit is checked between turns. A turn ends by itself when ctx is done, so the soak ends
// after one program at most, however long a turn is.
func (s *soak) play(ctx context.Context) error {
	for round := 0; ; round++ {
		procs := s.Procs[round%len(s.Procs)]
		idle := true
		for _, r := range s.rows {
			operations := s.turnLength(r)
			if operations == 0 {
				continue
			}
			if ctx.Err() != nil {
				return nil
			}
			idle = false
			if err := s.playTurn(ctx, r, operations, procs); err != nil {
				return err
			}
		}
		if idle {
			return nil
		}
	}
}

// turnLength returns how many operations r is to play next: 0 if it has played all of them or was
// given up. With few operations in all, turns are shorter, so that each value of GOMAXPROCS gets
// one. Turns are counted in operations and not in time, so that a replay of the seeds plays the
// same programs.
//
// The last turn may play a few operations more than are left, because a program is played as a
// whole.
func (s *soak) turnLength(r *row) int64 {
	most := int64(turnOperations)
	if s.Slow != nil && s.Slow(r.impl) {
		most = slowTurnOperations
	}
	switch {
	case s.givenUp(r):
		return 0
	case s.Operations == 0:
		return most
	}
	share := max(1, s.Operations/int64(len(s.Procs)))
	return max(0, min(most, share, s.Operations-r.tally.Operations))
}

// playTurn plays one turn of r and adds it to the counts. An error means that the child process
// could not be run; a program that failed is a count and a file, and the soak goes on. The seed
// goes on where the child has ended, so no program is played twice in a soak.
//
// Peak memory of the first turn is kept apart. A process has a floor of memory, and only growth
// above the first turn points to a leak.
func (s *soak) playTurn(ctx context.Context, r *row, operations int64, procs int) error {
	s.status.playing(r.impl.Name, procs)
	began := time.Now()
	played, err := runTurn(ctx, s.Program, r.impl, r.next, operations, procs)
	if err != nil {
		return err
	}
	r.spent += time.Since(began)
	r.next = played.Seed
	addTally(&r.tally, played.Tally)
	s.status.add(played.Tally)
	if r.firstMemory == 0 {
		r.firstMemory = played.Memory
	}
	r.mostMemory = max(r.mostMemory, played.Memory)
	if played.Failure == nil {
		return nil
	}
	r.failures++
	s.status.failed()
	s.status.print(s.save(played.Failure, procs))
	if s.givenUp(r) {
		s.status.print(fmt.Sprintf("%s: given up after %s", r.impl.Name,
			plural.With(r.failures, "failure", "failures")))
	}
	return nil
}

// save writes a failure into a file and returns a message with its path. A failure that cannot be
// written becomes the message as a whole, because no other copy exists.
//
// The message has the path on a line of its own, so that a terminal makes a link of it.
func (s *soak) save(f *stress.Failure, procs int) string {
	path, err := saveFailure(s.Dir, f, procs, s.Constructors)
	if err != nil {
		return fmt.Sprintf("%v\nkeeping this failure: %v", headOf(f, procs, s.Constructors).text(f.Report), err)
	}
	cause := excerpt.Line(f.Report)
	if cause == "" {
		cause = excerpt.Line(f.Error())
	}
	return fmt.Sprintf("%s\n\t%s: %s", path, f.Impl, cause)
}
