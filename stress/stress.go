package stress

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/stress/internal/race"
)

// Run checks impl against every clause. Each clause is a subtest, which can be selected or skipped
// by name:
//
//	go test -race -run 'TestMine/C20' -v
//	go test -race -skip 'TestMine/C11'
//
// C29 and C30 need the race detector. Without -race, Run builds the same tests again with it and
// runs the two clauses in that child process. A clause that cannot be judged is skipped with the
// reason.
//
// If impl ends the process, by os.Exit for example, a second process that Run starts says on standard
// error which clause was checked and which had failed.
//
// Run fails t at once if impl cannot be constructed or a flag is out of its range.
//
// Subtests run one after the other, because the race detector counts for the whole process; a
// parallel test of the caller is the one exception that cannot be prevented.
func Run(t *testing.T, impl impls.Impl) {
	t.Helper()
	if err := usable(impl); err != nil {
		t.Fatal(err)
	}
	if err := flagsInRange(); err != nil {
		t.Fatal(err)
	}
	// The same checker serves all clauses: what it learns from a hang shortens its later waits.
	k := newChecker(impl)
	rec := startRecorder()
	defer rec.end()
	for _, c := range clauses {
		t.Run(c.ID+"-"+c.Name, func(t *testing.T) {
			// Before the check and not after it: the recorder must know the clause when the process
			// ends in it.
			rec.tell(note{Clause: fmt.Sprintf("%s: %s %s: “%s”", impl.Name, c.ID, c.Name, c.Text)})
			v := k.check(c)
			// The second build is made only for a clause that said so, because it compiles the
			// whole package.
			if v.needsRace {
				v = instrumented(t, v)
			}
			switch v.Outcome {
			case Fail:
				rec.tell(note{Verdict: v.String()})
				replay := replayCommand(t.Name(), v.Program)
				t.Errorf("%v%s\n%s", v, v.picture(replay), replay)
			case Unknown:
				t.Skip(v)
			}
		})
	}
}

// Check checks impl against every clause. It returns an error that joins all failures, or nil. Nil
// says nothing about clauses that could not be judged: [Judge] lists those as Unknown.
func Check(impl impls.Impl) error {
	var failed []error
	for _, v := range Judge(impl) {
		if v.Outcome == Fail {
			// The verdict becomes text here. A caller that needs its fields has Judge.
			failed = append(failed, errors.New(v.String()))
		}
	}
	return errors.Join(failed...)
}

// Judge returns one verdict for every clause, in the order of the contract. It returns a single
// verdict, on C0, if impl cannot be constructed.
//
// It has no testing.T and needs none, so a program may call it; the clauses that need the race
// detector are Unknown in a binary without it.
func Judge(impl impls.Impl) []Verdict {
	if err := usable(impl); err != nil {
		// C0 is no clause of the table: without a semaphore none of the others can be asked.
		constructor := Clause{ID: "C0", Name: "constructor", Text: "New returns a semaphore."}
		return []Verdict{{Impl: impl.Name, Clause: constructor, Outcome: Fail, Detail: err.Error()}}
	}
	k := newChecker(impl)
	var verdicts []Verdict
	for _, c := range clauses {
		verdicts = append(verdicts, k.check(c))
	}
	return verdicts
}

// A checker checks one implementation against clauses, one after the other. It is not safe for
// concurrent use. Clauses run one after the other for a second reason: the count of data races
// belongs to the process, so two clauses at once could not tell whose race it was.
type checker struct {
	impl impls.Impl
	// patience is the package's patience until a clause hangs, and a tenth of it afterwards.
	// Otherwise an implementation that hangs in every clause would take 30 seconds for each of
	// them.
	patience time.Duration
}

func newChecker(impl impls.Impl) *checker { return &checker{impl, patience} }

// withoutDefects returns impl with weaker policies where a declared defect is the breach of a policy. Every clause
// asks for the policies; so no clause but the declared one relies on what the declared one would show.
func withoutDefects(impl impls.Impl) impls.Impl {
	if impl.Defects["C8"] != "" {
		impl.DoneContext = impls.DoneMayWin
	}
	if impl.Defects["C13"] != "" {
		impl.ZeroWeight = impls.ZeroPanics // so no clause asks for nothing
	}
	return impl
}

// check checks one clause. A data race counts against the clause that ran when the detector
// reported it. The report of the detector, on standard error, has the stacks.
func (k *checker) check(c clause) Verdict {
	v := Verdict{Impl: k.impl.Name, Clause: c.Clause}
	// A declared defect is unknown and no pass: nothing was checked. It is decided before the
	// clause runs, since a defect may well be a hang or the end of the process.
	if instead := k.impl.Defects[c.ID]; instead != "" {
		v.Outcome, v.Detail = Unknown, "a declared defect: "+instead
		return v
	}
	racesBefore := race.Errors()
	err := c.run(withoutDefects(k.impl), k.patience)
	raced := race.Errors() - racesBefore
	if raced > 0 {
		err = errors.Join(err, fmt.Errorf("%d data race(s) while this clause ran; stacks above", raced))
	}
	var never hung
	// An implementation whose waiters wait elsewhere may just be slow.
	if errors.As(err, &never) && k.impl.Waits != impls.Elsewhere {
		k.patience = min(k.patience, patience/10) // other clauses will probably hang as well
	}
	if err == nil {
		return v
	}
	v.Outcome, v.needsRace = outcomeOf(err, raced)
	var broken failure
	if errors.As(err, &broken) {
		v.Seed, v.Program, v.Page = broken.seed, broken.program, withClause(broken.page, v.Clause)
	}
	v.Detail = err.Error()
	return v
}

// outcomeOf returns the outcome of a clause that ended with an error, while a number of data races
// were reported. An unknown counts as unknown only if the check chose to end: no failure is turned
// into it. A race is a failure of its own, whatever else the check could not find out. needsRace
// reports whether a build with the race detector would find it out.
func outcomeOf(err error, raced int) (o Outcome, needsRace bool) {
	var missing unknown
	if errors.As(err, &missing) && raced == 0 {
		return Unknown, missing.race
	}
	return Fail, false
}

// usable returns why an implementation cannot be constructed. Make is tried as well as Validate: a
// constructor may refuse or panic only when it is called. The size is 1, which every implementation
// must support.
//
// The semaphore is closed again. Constructing one has no effect that a check could see.
func usable(impl impls.Impl) error {
	if err := impl.Validate(); err != nil {
		return err
	}
	sem, err := impl.Make(1)
	if err != nil {
		return err
	}
	return impls.Close(sem)
}

// replayCommand returns a line for a shell. Its pattern matches this test and no other.
func replayCommand(test, program string) string {
	cmd := "replay: go test -race -run " + escape.Quote(exactly(test))
	if program != "" {
		cmd += " -stress.program=" + escape.Quote(program)
	}
	return cmd
}
