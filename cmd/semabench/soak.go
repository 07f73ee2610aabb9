package main

import (
	"context"
	"fmt"
	"time"

	"github.com/semabench/semabench/stress"
)

// batch is how many operations an implementation has in its turn: long enough for the process of a
// turn to cost little, short enough for all to have had one within some seconds, even under -race.
// What crosses the kernel takes twenty times as long.
const (
	batch       = 100_000
	sharedBatch = 5_000
)

// A soak plays random programs against implementations in turns. It keeps counts of what was
// played and nothing else, so that its memory is the same after a minute and a week.
type soak struct {
	app
	rows        []*soakRow
	limit       time.Duration // 0 means until interrupted
	ops         int64         // of each implementation; 0 means no limit
	seed        uint64        // of the first program
	procs       procsList
	dir         string // where programs that failed are kept
	path        string // of the file for the summary; "" for none
	maxFailures int    // of each implementation

	status *status
	began  time.Time
}

// A soakRow is one implementation with what became of it so far.
type soakRow struct {
	stress.Campaign
	tally    stress.Tally
	spent    time.Duration
	failures int

	firstMemory, mostMemory uint64 // of the processes of its turns, at most
}

// run plays, prints the summary however that ended, and returns what the exit code is to say.
func (s *soak) run(ctx context.Context) error {
	s.began = time.Now()
	s.status = newStatus(s.stderr, s.limit)
	s.status.say(fmt.Sprintf("playing random programs from seed %d", s.seed))
	limited, cancel := ctx, context.CancelFunc(func() {})
	if s.limit > 0 {
		limited, cancel = context.WithTimeout(ctx, s.limit)
	}
	defer cancel()
	heard := context.AfterFunc(ctx, func() {
		s.status.say("interrupted: ending after the program at hand; once more ends at once")
	})
	defer heard()
	s.status.start()
	flaw := s.play(limited)
	s.status.end()
	if flaw != nil {
		return fmt.Errorf("%w: %w", errFlawed, flaw)
	}
	if err := s.summarize(s.ending(ctx, limited)); err != nil {
		return fmt.Errorf("%w: writing the summary: %w", errFlawed, err)
	}
	failures := 0
	for _, r := range s.rows {
		failures += r.failures
	}
	switch {
	case failures > 0: // also if interrupted, which takes nothing back
		return fmt.Errorf("%w: %s, see %s", errFlawed, count(failures, "program failed", "programs failed"), s.dir)
	case ctx.Err() != nil:
		return fmt.Errorf("%w: nothing had failed by then", errInterrupted)
	}
	return nil
}

// play goes round until ctx is done or nobody has anything left to play.
func (s *soak) play(ctx context.Context) error {
	for round := 0; ; round++ {
		procs := s.procs[round%len(s.procs)]
		idle := true
		for _, r := range s.rows {
			ops := s.turn(r)
			if ops == 0 {
				continue
			}
			if ctx.Err() != nil {
				return nil
			}
			idle = false
			if err := s.playTurn(ctx, r, ops, procs); err != nil {
				return err
			}
		}
		if idle {
			return nil
		}
	}
}

// turn returns how many operations r is to play next, 0 if it is through or was given up. With
// few in all, turns are shorter, so that each value of GOMAXPROCS still gets some.
func (s *soak) turn(r *soakRow) int64 {
	most := int64(batch)
	if s.isShared(r.Impl) {
		most = sharedBatch
	}
	switch {
	case s.givenUp(r):
		return 0
	case s.ops == 0:
		return most
	}
	share := max(1, s.ops/int64(len(s.procs)))
	return max(0, min(most, share, s.ops-r.tally.Operations))
}

func (s *soak) givenUp(r *soakRow) bool { return r.failures >= s.maxFailures }

func (s *soak) playTurn(ctx context.Context, r *soakRow, ops int64, procs int) error {
	s.status.playing(r.Impl.Name, procs)
	began := time.Now()
	done, err := startTurn(ctx, r.Impl, r.Seed, ops, procs)
	if err != nil {
		return err
	}
	r.spent += time.Since(began)
	r.Seed = done.Seed
	addTally(&r.tally, done.Tally)
	s.status.add(done.Tally)
	if r.firstMemory == 0 {
		r.firstMemory = done.Memory
	}
	r.mostMemory = max(r.mostMemory, done.Memory)
	if done.Failure == nil {
		return nil
	}
	r.failures++
	s.status.failed()
	s.status.say(s.keep(done.Failure, procs))
	if s.givenUp(r) {
		s.status.say(fmt.Sprintf("%s: given up after %s", r.Impl.Name, count(r.failures, "failure", "failures")))
	}
	return nil
}

// keep writes a failure into its file and says where. One that cannot be kept is said in full,
// as nothing else has it.
func (s *soak) keep(f *stress.Failure, procs int) string {
	path, err := keepFailure(s.dir, f, procs)
	if err != nil {
		return fmt.Sprintf("%v\nkeeping this failure: %v", caseOf(f, procs).text(f.Report), err)
	}
	return fmt.Sprintf("%s\n\t%s: %s", path, f.Impl, firstLine(f))
}

func addTally(sum *stress.Tally, t stress.Tally) {
	sum.Programs += t.Programs
	sum.Operations += t.Operations
	sum.Histories += t.Histories
	sum.Undecided += t.Undecided
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}
