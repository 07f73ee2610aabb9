package stress

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
)

// An exam plays programs of a shape and judges each run.
type exam struct {
	shape shape
	share int64 // of the operations that the flags ask for: one in so many

	// once plays a program once. An error says what the implementation did wrong.
	once func(impls.Impl, time.Duration, program) (*history, error)
}

var (
	// R1: what can be judged while a program runs, and when nothing can move any more.
	examRandom = exam{shape: wide, share: 1, once: performOnce}

	// C34: the whole history, afterwards. A check takes longer than the run, so there are fewer.
	examLinear = exam{shape: narrow, share: 10, once: performAndCheck}
)

var (
	errNotLinearizable = errors.New("C34 linearizable: there is no order in which these calls could have taken effect")

	// errUndecided says that the search for one was given up. It refutes nobody.
	errUndecided = errors.New("the search for a linearization ended undecided")
)

func refutes(err error) bool { return err != nil && !errors.Is(err, errUndecided) }

func performAndCheck(impl impls.Impl, patience time.Duration, p program) (*history, error) {
	h, err := performOnce(impl, patience, p)
	if err != nil {
		return h, err
	}
	switch h.linearize(impl).check() {
	case porcupine.Illegal:
		return h, errNotLinearizable
	case porcupine.Unknown:
		return h, errUndecided
	}
	return h, nil
}

// run is the clause: programs of consecutive seeds, or those that the flags name, until enough
// operations have been run.
func (x exam) run(impl impls.Impl, patience time.Duration) error {
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
			return x.explain(context.Background(), impl, patience, p, seed, h, err)
		case err != nil:
			undecided++
		}
		if left.spent(x.share * max(1, p.ops())) {
			break
		}
	}
	if undecided > 0 {
		return unknown{missing: fmt.Sprintf("%d of %d histories were not decided within %d steps; none failed",
			undecided, histories, mostSteps)}
	}
	return nil
}
