package stress

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// A mode is a way to run random programs: what they look like, and which oracles judge them.
type mode struct {
	clause string // the ID of the clause that the mode checks
	shape  shape
	share  int64 // the mode runs one in share of the operations that the flags ask for

	// once runs a program once. An error says how the implementation failed, or is errUndecided.
	once func(impls.Impl, time.Duration, model.Program) (*history, error)
}

var (
	// watchedMode judges a program while it runs, and whenever nothing can move.
	watchedMode = mode{clause: "R1", shape: wide, share: 1, once: runOnce}

	// linearMode also judges the whole history afterwards. The search takes longer than the run, so
	// it gets a tenth of the operations.
	linearMode = mode{clause: "C34", shape: narrow, share: 10, once: runAndCheck}
)

var (
	errNotLinearizable = errors.New("C34 linearizable: " +
		"there is no order in which these calls could have taken effect")

	// errUndecided says that the search for an order was given up. It is not a failure.
	errUndecided = errors.New("the search for a linearization ended undecided")
)

// refutes reports whether err is a failure of the implementation. Only a failure is shrunk and
// reported; a search that was given up is counted.
//
// An undecided search is neither: counting it as passed would hide that it was given up, and
// counting it as failed would accuse a correct semaphore.
func refutes(err error) bool { return err != nil && !errors.Is(err, errUndecided) }

// runAndCheck runs a program and then searches for an order of its calls. A failure that the runner
// saw itself comes first: its history is cut short, so the search would say less.
func runAndCheck(impl impls.Impl, patience time.Duration, p model.Program) (*history, error) {
	h, err := runOnce(impl, patience, p)
	if err != nil {
		return h, err
	}
	switch h.linearization(impl).check() {
	case porcupine.Illegal:
		return h, errNotLinearizable
	case porcupine.Unknown:
		return h, errUndecided
	}
	return h, nil
}

// run is the check of a clause. It runs programs of consecutive seeds, or the program of the flags,
// until enough operations have been run. It stops at the first failure: a second program would most
// likely find the same defect, and the budget of operations is better spent on making the first one
// small.
//
// The budget is asked after each program, so at least one is always played.
func (x mode) run(impl impls.Impl, patience time.Duration) error {
	left, err := flagBudget()
	if err != nil {
		return err
	}
	next, err := flagPrograms(x.shape)
	if err != nil {
		return err
	}
	histories, undecided := 0, 0
	for {
		p, seed := next()
		h, err := x.once(impl, patience, p)
		histories++
		switch {
		case refutes(err):
			return x.shrinkAndReport(context.Background(), impl, patience, p, seed, h, err)
		case err != nil:
			undecided++
		}
		if left.spent(x.share * max(1, p.Ops())) {
			break
		}
	}
	if undecided > 0 {
		return unknown{missing: fmt.Sprintf(
			"%d of %d histories were not decided within %d steps; none failed",
			undecided, histories, maxSteps)}
	}
	return nil
}

// shrinkAndReport shrinks a program that failed for as long as it still fails, and reports the
// result. A hang is reported as it is. Each try of the shrinker could leave one more goroutine
// behind that uses a processor, and would have to wait out the patience.
func (x mode) shrinkAndReport(
	ctx context.Context, impl impls.Impl, patience time.Duration,
	p model.Program, seed uint64, h *history, err error,
) failure {
	if hangs(err) {
		f := report(impl, p, "not shrunk: a call that hangs may go on to use a processor", h, err)
		f.seed = seed
		return f
	}
	s := newShrinker(ctx, x, impl, patience, p, h, err)
	s.shrink()
	rate := s.rate()
	how := ""
	if seed != 0 {
		how = fmt.Sprintf("drawn from seed %d with %d workers and %d operations; ",
			seed, len(p.Workers), p.Ops())
	}
	how += fmt.Sprintf("after %d tries to shrink it, it has %d workers and %d operations, and %s",
		s.tries, len(s.best.Workers), s.best.Ops(), rate)
	f := report(impl, s.best, how, s.history, s.err)
	f.seed = seed
	return f
}

// report says how a program failed, which program it was, and what every goroutine did. For a
// history that is not linearizable it also asks whether the declared order alone is to blame, and
// draws the picture. A picture that cannot be drawn is part of the message and hides nothing.
func report(impl impls.Impl, p model.Program, how string, h *history, err error) failure {
	f := failure{program: programText(p)}
	table := strings.TrimRight(h.table(), "\n")
	if errors.Is(err, errNotLinearizable) {
		page, pageErr := h.linearization(impl).page(caption{impl.Name, "program: " + f.program + "\n" + table})
		err = errors.Join(err, onlyByOrder(impl, h), pageErr)
		f.page = page
	}
	f.message = fmt.Sprintf("%v\nprogram: %s\n%s\n%s", err, f.program, how, table)
	return f
}
