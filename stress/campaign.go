package stress

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// STUB: the engine replaces this file.

// RaceDetector reports whether this binary was built with it.
const RaceDetector = raceEnabled

// A Campaign plays random programs against one implementation, each with the next seed.
type Campaign struct {
	Impl impls.Impl
	Seed uint64 // of the next program
}

// A Tally counts what was played.
type Tally struct{ Programs, Operations, Histories, Undecided int64 }

// A Failure is a random program that an implementation failed.
type Failure struct {
	Impl    string
	Clause  Clause // R1 or C34
	Seed    uint64 // of the program as it was drawn
	Program string // after shrinking, in the notation that Replay reads
	Report  string // what was seen, the history, several lines
	Page    []byte // an HTML page of the history, if there is one
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %s: %s", f.Impl, f.Clause.ID, f.Report)
}

// Play plays programs until at least ops operations were run, ctx is done, or a program failed.
func (c *Campaign) Play(ctx context.Context, ops int64) (t Tally, f *Failure) {
	for t.Operations < ops && ctx.Err() == nil {
		seed := c.Seed
		c.Seed++
		workers, rounds := int(2+seed%4), int(1+seed%8)
		t.Programs++
		t.Operations += int64(2 * workers * rounds)
		t.Histories++
		if seen := stubPlay(c.Impl, workers, rounds); seen != "" {
			return t, stubFailure(c.Impl, seed, workers, rounds, seen)
		}
	}
	return t, nil
}

// Replay plays a program up to so many times. The error says that the notation is wrong.
func Replay(ctx context.Context, impl impls.Impl, program string, times int) (*Failure, error) {
	var workers, rounds int
	if _, err := fmt.Sscanf(program, "workers=%d rounds=%d", &workers, &rounds); err != nil {
		return nil, fmt.Errorf("program %q: %w", program, err)
	}
	for i := 0; i < times && ctx.Err() == nil; i++ {
		if seen := stubPlay(impl, workers, rounds); seen != "" {
			return stubFailure(impl, 0, workers, rounds, seen), nil
		}
	}
	return nil, nil
}

func stubFailure(impl impls.Impl, seed uint64, workers, rounds int, seen string) *Failure {
	return &Failure{
		Impl:    impl.Name,
		Clause:  Clause{ID: "R1"},
		Seed:    seed,
		Program: fmt.Sprintf("workers=%d rounds=%d", workers, rounds),
		Report:  seen + "\nhistory: a stub has none",
		Page:    []byte("<!doctype html><title>stub</title>\n"),
	}
}

func stubPlay(impl impls.Impl, workers, rounds int) string {
	sem, err := impl.Make(1)
	if err != nil {
		return err.Error()
	}
	var held, most atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range rounds {
				_ = sem.Acquire(context.Background(), 1)
				if h := held.Add(1); h > 1 {
					most.Store(h)
				}
				runtime.Gosched()
				held.Add(-1)
				sem.Release(1)
			}
		})
	}
	wg.Wait()
	for h := int64(1); h <= 2 && sem.TryAcquire(1); h++ {
		most.Store(max(most.Load(), h))
	}
	if m := most.Load(); m > 1 {
		return fmt.Sprintf("C1 capacity: %d permits are held, size is 1", m)
	}
	return ""
}
