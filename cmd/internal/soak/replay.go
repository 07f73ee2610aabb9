package soak

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/flags"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress"
)

// Constructors returns the constructors of other packages that the file of a failure names, as the
// flag -impl takes them, or "". A program that has their implementations must replay such a file.
func Constructors(path string) (string, error) {
	h, err := readFailure(path)
	if err != nil {
		return "", err
	}
	return h.constructors, nil
}

// Replay plays the program in the file of a failure again, at most the given number of times: its schedule
// differs from run to run, so one run need not fail. The file names one of the known
// implementations.
//
// If the program fails again, Replay prints the report to stdout, and the error wraps
// [exitcode.ErrFailed]. It writes warnings to stderr. GOMAXPROCS is as in the file meanwhile.
//
// Everything in the file is checked before the first run. A failure that does not come again is
// no error: the exit code 0 then says only that these runs passed, and the message says how many
// there were.
func Replay(
	ctx context.Context, path string, times int, known []impls.Impl, stdout, stderr io.Writer,
) error {
	h, err := readFailure(path)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(known, func(i impls.Impl) bool { return i.Name == h.impl })
	if at < 0 {
		return h.invalid("impl", fmt.Errorf("unknown implementation %q", h.impl))
	}
	procs, err := flags.ParseProcs(h.gomaxprocs)
	if err != nil {
		return h.invalid("gomaxprocs", err)
	}
	if _, err := strconv.ParseUint(h.seed, 10, 64); err != nil {
		// The program is played and not its seed, but a seed that is no number says the file is damaged.
		return h.invalid("seed", fmt.Errorf("%q: want a whole number", h.seed))
	}
	raced, err := strconv.ParseBool(h.race)
	if err != nil {
		return h.invalid("race", fmt.Errorf("%q: want true or false", h.race))
	}
	// This is a warning and no refusal: a failure that was found under the race detector can
	// often be repeated faster without it.
	if raced != stress.RaceDetector {
		fmt.Fprintf(stderr, "%s:%d: race: %v there, %v here: schedules will differ\n",
			path, h.line["race"], raced, stress.RaceDetector)
	}
	// The program is played in this process and not in a child, so that a crash shows its own
	// stacks.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	failure, err := stress.Replay(ctx, known[at], h.program, times)
	// A failure wins over an interrupt that came at the same time, because it is the answer that
	// the user waits for.
	switch {
	case failure != nil:
		fmt.Fprintln(stdout, failure.Report)
		return fmt.Errorf("%w: %s failed again", exitcode.ErrFailed, path)
	case ctx.Err() != nil:
		return fmt.Errorf("%w: it had not failed by then", exitcode.ErrInterrupted)
	case err != nil:
		return h.invalid("program", err)
	}
	fmt.Fprintf(stdout, "%s: the program did not fail in %s at GOMAXPROCS=%d\n",
		h.impl, plural.With(times, "run", "runs"), procs)
	return nil
}
