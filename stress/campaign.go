package stress

import (
	"context"
	"fmt"

	"github.com/anishathalye/porcupine"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
	"github.com/semabench/semabench/stress/internal/race"
)

// Linearizable judges recorded calls by C34: is there an order in which they could have taken
// effect, each between its begin and its end? The semaphore has the given size, the policies of
// impl, and all permits free at first. That covers capacity, failed tries that change nothing, and
// errors that hold nothing. Such calls do not show which request was blocked before which, so
// Linearizable says nothing about the order of grants. The slice stays as it is.
//
// It is for callers that record by themselves, as the tests of semaphores between processes do:
// no bubble spans two processes.
func Linearizable(impl impls.Impl, size int64, calls []Call) Verdict {
	v := Verdict{Impl: impl.Name, Clause: clauseNamed("C34").Clause}
	l := recordedLinearization(impl, size, calls)
	switch l.check() {
	case porcupine.Illegal:
		v.Outcome = Fail
		v.Detail = errNotLinearizable.Error() + "\n" + callList(calls)
		if page, err := l.page(caption{impl.Name, callList(calls)}); err == nil {
			v.Page = withClause(page, v.Clause)
		}
	case porcupine.Unknown:
		v.Outcome, v.Detail = Unknown, fmt.Sprintf("not decided within %d steps", maxSteps)
	}
	return v
}

// RaceDetector reports whether this binary was built with -race.
const RaceDetector = race.Enabled

// A Campaign runs random programs against one implementation, each with the next seed. Three of
// four programs are long and judged while they run (R1). The fourth is short, and its whole history
// is checked for linearizability (C34). A campaign keeps nothing of a program that passed, so it
// may run for days. It is not safe for concurrent use. Two campaigns at once in one process would
// blame each other for data races, because the race detector counts for the whole process.
//
// It is the loop of R1 and C34 without a testing.T, for the verb stress.
type Campaign struct {
	Impl impls.Impl
	Seed uint64 // of the next program; see NewSeed
}

// A Tally counts the programs that a campaign ran.
type Tally struct {
	Programs, Operations int64
	Histories            int64 // programs whose history was checked for linearizability
	Undecided            int64 // histories for which that search was given up
}

// Play runs programs until at least ops operations were run, ctx is done, or a program failed.
// After a failure it may be called again: Seed then belongs to the following program. The race
// detector is asked before the error of a program: after a race the result of the program means
// nothing. A program that runs when ctx ends still runs to its end.
func (c *Campaign) Play(ctx context.Context, ops int64) (Tally, *Failure) {
	var played Tally
	for played.Operations < ops && ctx.Err() == nil {
		x := campaignMode(c.Seed)
		if x.clause == linearMode.clause {
			played.Histories++
		}
		seed := c.Seed
		c.Seed++
		p := x.shape.generate(seed)
		played.Programs++
		played.Operations += p.Ops()
		races := race.Errors()
		h, err := x.once(c.Impl, patience, p)
		switch {
		case race.Errors() > races:
			return played, raceFailure(c.Impl, p, seed)
		case refutes(err):
			f := x.shrinkAndReport(ctx, c.Impl, patience, p, seed, h, err)
			return played, newFailure(c.Impl, x.clause, f)
		case err != nil:
			played.Undecided++
		}
	}
	return played, nil
}

// campaignMode returns the mode in which a campaign runs the program of a seed. It depends on the
// seed alone, so that a seed names a program and its oracles without more context, as Died needs
// it.
func campaignMode(seed uint64) mode {
	if seed%4 == 0 {
		return linearMode
	}
	return watchedMode
}

// Died returns the failure of a program that ended the process of its campaign, so that no oracle
// could report. The report describes how the process ended. The program is generated again from its
// seed, because the process took every record with it. It is not shrunk: each try could end this
// process too.
func Died(impl impls.Impl, seed uint64, report string) *Failure {
	x := campaignMode(seed)
	text := programText(x.shape.generate(seed))
	message := report + "\nprogram: " + text
	return newFailure(impl, x.clause, failure{message: message, seed: seed, program: text})
}

// A Failure is a random program that an implementation failed.
type Failure struct {
	Impl    string
	Clause  Clause // R1 or C34, or C30 if the race detector reported
	Seed    uint64 // of the program as it was drawn, or 0 if it was given as text
	Program string // after shrinking, in the notation of -stress.program
	Report  string // what was observed, and the history
	Page    []byte // a picture of a history that is not linearizable, in HTML, or nil
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %v: %s %s: “%s”\n%s",
		f.Impl, Fail, f.Clause.ID, f.Clause.Name, f.Clause.Text, f.Report)
}

func newFailure(impl impls.Impl, clause string, f failure) *Failure {
	broken := clauseNamed(clause).Clause
	return &Failure{
		Impl: impl.Name, Clause: broken, Seed: f.seed, Program: f.program,
		Report: f.message, Page: withClause(f.page, broken),
	}
}

// raceFailure does not shrink the program: the detector reports each race only once in a process.
func raceFailure(impl impls.Impl, p model.Program, seed uint64) *Failure {
	text := programText(p)
	return newFailure(impl, "C30", failure{
		message: "data race, its stacks are on standard error, in program: " + text,
		seed:    seed,
		program: text,
	})
}

// Replay runs a program up to the given number of times, and returns the first failure, or nil. The
// history of a program of at most 64 operations is also checked for linearizability. The error says
// that the text is not a program. A search that was given up is no failure and is not counted.
//
// The text and not the seed is played: a shrunk program has no seed.
func Replay(ctx context.Context, impl impls.Impl, text string, times int) (*Failure, error) {
	p, err := parseProgram(text)
	if err != nil {
		return nil, err
	}
	x := watchedMode
	if p.Ops() <= maxChecked {
		x = linearMode
	}
	for range times {
		if ctx.Err() != nil {
			break
		}
		races := race.Errors()
		h, err := x.once(impl, patience, p)
		switch {
		case race.Errors() > races:
			return raceFailure(impl, p, 0), nil
		case refutes(err):
			return newFailure(impl, x.clause, report(impl, p, "as it was given", h, err)), nil
		}
	}
	return nil, nil
}

// maxChecked is how many operations a replayed program may have to be checked for linearizability.
// The programs of linearMode have at most 45. The search takes exponential time in the worst case,
// and its bound of steps would leave most longer histories undecided.
const maxChecked = 64
