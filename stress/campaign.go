package stress

import (
	"context"
	"fmt"

	"github.com/semabench/semabench/impls"
)

// RaceDetector reports whether this binary was built with -race.
const RaceDetector = raceEnabled

// A Campaign plays random programs against one implementation, each with the next seed. Three of
// four are long and judged while they run (R1); the fourth is short, and its whole history is
// checked for linearizability (C34). Nothing of a program is kept when it is over.
type Campaign struct {
	Impl impls.Impl
	Seed uint64 // of the next program
}

// A Tally counts what was played.
type Tally struct {
	Programs, Operations int64
	Histories            int64 // of the programs, those whose history was checked for linearizability
	Undecided            int64 // of the histories, those for which the search was given up
}

// Play plays programs until at least ops operations were run, ctx is done, or a program failed.
func (c *Campaign) Play(ctx context.Context, ops int64) (Tally, *Failure) {
	var played Tally
	for played.Operations < ops && ctx.Err() == nil {
		x, id := examOf(c.Seed)
		if id == "C34" {
			played.Histories++
		}
		seed := c.Seed
		c.Seed++
		p := x.shape.generate(seed)
		played.Programs++
		played.Operations += p.ops()
		races := raceErrors()
		h, err := x.once(c.Impl, patience, p)
		switch {
		case raceErrors() > races:
			return played, raceFailure(c.Impl, p, seed)
		case refutes(err):
			return played, newFailure(c.Impl, id, x.explain(ctx, c.Impl, patience, p, seed, h, err))
		case err != nil:
			played.Undecided++
		}
	}
	return played, nil
}

// examOf returns how a campaign plays the program of a seed, and the clause that judges it.
func examOf(seed uint64) (x exam, id string) {
	if seed%4 == 0 {
		return examLinear, "C34"
	}
	return examRandom, "R1"
}

// Died returns the failure of a campaign's program that took its process along, so that no oracle
// could speak.
func Died(impl impls.Impl, seed uint64, report string) *Failure {
	x, id := examOf(seed)
	p := x.shape.generate(seed).String()
	return newFailure(impl, id, failure{message: report + "\nprogram: " + p, seed: seed, program: p})
}

// A Failure is a random program that an implementation failed.
type Failure struct {
	Impl    string
	Clause  Clause // R1 or C34, or C30 if the race detector spoke
	Seed    uint64 // of the program as it was drawn
	Program string // after shrinking, in the notation of -stress.program
	Report  string // what was seen, and the history
	Page    []byte // a picture of a history that is not linearizable, in HTML, or nil
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %v: %s %s: “%s”\n%s", f.Impl, Fail, f.Clause.ID, f.Clause.Name, f.Clause.Text, f.Report)
}

func newFailure(impl impls.Impl, id string, f failure) *Failure {
	return &Failure{Impl: impl.Name, Clause: clauseNamed(id).Clause, Seed: f.seed, Program: f.program, Report: f.message, Page: f.page}
}

// raceFailure does not shrink: the detector reports a race once in a process.
func raceFailure(impl impls.Impl, p program, seed uint64) *Failure {
	return newFailure(impl, "C30", failure{
		message: fmt.Sprintf("data race, its stacks are on standard error, in program: %v", p),
		seed:    seed,
		program: p.String(),
	})
}

// Replay plays a program up to so many times, and returns the first failure. The error says that
// the program cannot be read. Its history is checked for linearizability unless it is too
// long for that.
func Replay(ctx context.Context, impl impls.Impl, text string, times int) (*Failure, error) {
	p, err := parseProgram(text)
	if err != nil {
		return nil, err
	}
	x, id := examRandom, "R1"
	if p.ops() <= mostToCheck {
		x, id = examLinear, "C34"
	}
	for range times {
		if ctx.Err() != nil {
			break
		}
		races := raceErrors()
		h, err := x.once(impl, patience, p)
		switch {
		case raceErrors() > races:
			return raceFailure(impl, p, 0), nil
		case refutes(err):
			return newFailure(impl, id, report(impl, p, "as it was given", h, err)), nil
		}
	}
	return nil, nil
}

// mostToCheck bounds the operations of a history that is to be checked for linearizability; what is
// drawn for that has fewer.
const mostToCheck = 64
