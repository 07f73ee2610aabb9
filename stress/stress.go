package stress

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

// Run checks impl against every clause, each in a subtest of its own that can be selected or
// skipped by name:
//
//	go test -race -run 'TestMine/C20' -v
//	go test -race -skip 'TestMine/C11'
//
// C29 and C30 need the race detector: without -race they are played in a child, which is a build
// of the same tests with it. A clause that cannot be judged is skipped and says why.
func Run(t *testing.T, impl impls.Impl) {
	t.Helper()
	if err := usable(impl); err != nil {
		t.Fatal(err)
	}
	if err := flagsInRange(); err != nil {
		t.Fatal(err)
	}
	j := newJudge(impl)
	for _, c := range clauses {
		t.Run(c.ID+"-"+c.Name, func(t *testing.T) {
			v := j.judge(c)
			if v.needsRace {
				v = instrumented(t, v)
			}
			switch v.Outcome {
			case Fail:
				t.Errorf("%v%s\n%s", v, v.picture(), replayCommand(t.Name(), v.Program))
			case Unknown:
				t.Skip(v)
			}
		})
	}
}

// Check checks impl against every clause and returns an error that joins what failed, or nil.
// Nil does not speak for clauses that could not be judged; [Judge] names those.
func Check(impl impls.Impl) error {
	var failed []error
	for _, v := range Judge(impl) {
		if v.Outcome == Fail {
			failed = append(failed, errors.New(v.String()))
		}
	}
	return errors.Join(failed...)
}

// Judge returns one verdict for every clause, in the order of the contract. An implementation
// that cannot be constructed gets a single one.
func Judge(impl impls.Impl) []Verdict {
	if err := usable(impl); err != nil {
		made := Clause{ID: "C0", Name: "constructor", Text: "New returns a semaphore."}
		return []Verdict{{Impl: impl.Name, Clause: made, Outcome: Fail, Detail: err.Error()}}
	}
	j := newJudge(impl)
	var verdicts []Verdict
	for _, c := range clauses {
		verdicts = append(verdicts, j.judge(c))
	}
	return verdicts
}

// A Clause is one sentence of the contract.
type Clause struct {
	ID   string // C1 …, or R1 for the random programs, which serve many clauses
	Name string
	Text string
}

// An Outcome has three values. Unknown is not a pass: something was missing to tell.
type Outcome int

const (
	Pass Outcome = iota
	Fail
	Unknown
)

func (o Outcome) String() string { return [...]string{"pass", "FAIL", "unknown"}[o] }

// A Verdict is what became of one clause.
type Verdict struct {
	Impl string
	Clause
	Outcome Outcome
	Detail  string // what was seen, or what was missing; empty on a pass

	// Of a random program that failed: its seed, what it was shrunk to in the notation of
	// -stress.program, and a picture of a history that is not linearizable, in HTML.
	Seed    uint64
	Program string
	Page    []byte

	needsRace bool // what is missing is the race detector
}

// String gives the verdict as a report would: who, which sentence, what was seen.
func (v Verdict) String() string {
	s := fmt.Sprintf("%s: %v: %s %s: “%s”", v.Impl, v.Outcome, v.ID, v.Name, v.Text)
	if v.Detail == "" {
		return s
	}
	return s + "\n\t" + strings.ReplaceAll(strings.TrimSpace(v.Detail), "\n", "\n\t")
}

// A judge holds one implementation to clauses, one after the other.
type judge struct {
	impl     impls.Impl
	patience time.Duration
}

func newJudge(impl impls.Impl) *judge { return &judge{impl, patience} }

// judge plays one clause. A data race counts against whichever clause was played when the
// detector saw it; the detector's own report, on standard error, has the stacks.
func (j *judge) judge(c clause) Verdict {
	v := Verdict{Impl: j.impl.Name, Clause: c.Clause}
	races := raceErrors()
	err := c.run(j.impl, j.patience)
	if n := raceErrors() - races; n > 0 {
		err = errors.Join(err, fmt.Errorf("%d data race(s) while this clause ran; stacks above", n))
	}
	var never hung
	if errors.As(err, &never) && j.impl.Waits != impls.Elsewhere { // where it may just be slow
		j.patience = min(j.patience, patience/10) // the other clauses will likely hang as well
	}
	var missing unknown
	var broken failure
	switch {
	case err == nil:
		return v
	case errors.As(err, &missing):
		v.Outcome, v.needsRace = Unknown, missing.race
	default:
		v.Outcome = Fail
	}
	if errors.As(err, &broken) {
		v.Seed, v.Program, v.Page = broken.seed, broken.program, broken.page
	}
	v.Detail = err.Error()
	return v
}

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

// picture keeps the page of a history and says where.
func (v Verdict) picture() string {
	if v.Page == nil {
		return ""
	}
	path, err := keepPage(v.Impl, v.Page)
	if err != nil {
		return "\n" + err.Error()
	}
	return "\npicture: " + path
}

// replayCommand is for a shell, and its pattern matches this test and no other.
func replayCommand(test, program string) string {
	cmd := "replay: go test -race -run " + quoted(exactly(test))
	if program != "" {
		cmd += " -stress.program=" + quoted(program)
	}
	return cmd
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
