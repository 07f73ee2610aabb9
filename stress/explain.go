package stress

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
)

// explain shrinks a program that failed as far as it still fails, and reports on that.
func (x exam) explain(ctx context.Context, impl impls.Impl, patience time.Duration, p program, seed uint64, h *history, err error) failure {
	if hangs(err) {
		f := report(impl, p, "not shrunk, as what hangs may go on to take the processor", h, err)
		f.seed = seed
		return f
	}
	s := newShrinker(ctx, x, impl, patience, p, h, err)
	s.shrink()
	rate := s.rate()
	how := ""
	if seed != 0 {
		how = fmt.Sprintf("drawn from seed %d with %d workers and %d operations; ", seed, len(p.workers), p.ops())
	}
	how += fmt.Sprintf("after %d tries to shrink it, it has %d and %d, and %s",
		s.tries, len(s.best.workers), s.best.ops(), rate)
	f := report(impl, s.best, how, s.seen, s.err)
	f.seed = seed
	return f
}

// report says what was seen, in which program, and what every goroutine did.
func report(impl impls.Impl, p program, how string, h *history, err error) failure {
	f := failure{program: p.String()}
	if errors.Is(err, errNotLinearizable) {
		page, flaw := h.linearize(impl).page()
		err = errors.Join(err, byOrderAlone(impl, h), flaw)
		f.page = page
	}
	f.message = fmt.Sprintf("%v\nprogram: %v\n%s\n%s", err, p, how, strings.TrimRight(h.columns(), "\n"))
	return f
}

// byOrderAlone says whether it is the declared order that a history breaks, and nothing else.
func byOrderAlone(impl impls.Impl, h *history) error {
	declared := impl.Order
	impl.Order = impls.Unspecified
	if declared == impls.Unspecified || h.linearize(impl).check() != porcupine.Ok {
		return nil
	}
	if declared == impls.FIFO {
		return errors.New("(there would be one if Impl.Order were not FIFO: somebody was served past one who " +
			"was seen to wait before)")
	}
	return errors.New("(there would be one if Impl.Order were not Barging: somebody was refused or left waiting " +
		"though the permits were free)")
}

// keepPage writes a picture where the user can open it and returns its path.
func keepPage(impl string, page []byte) (string, error) {
	if err := os.MkdirAll(outDir(), 0o755); err != nil {
		return "", fmt.Errorf("making the folder of -stress.out: %w", err)
	}
	f, err := os.CreateTemp(outDir(), "stress-"+impl+"-*.html")
	if err != nil {
		return "", fmt.Errorf("keeping the picture of the history: %w", err)
	}
	_, err = f.Write(page)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("keeping the picture of the history: %w", err)
	}
	return filepath.Abs(f.Name())
}
