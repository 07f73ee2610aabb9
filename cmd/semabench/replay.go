package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress"
)

// replay plays the program of a kept failure again, up to so many times: its schedule differs from
// run to run, so it need not fail at once.
func (a app) replay(ctx context.Context, path string, times int) error {
	c, err := readFailure(path)
	if err != nil {
		return err
	}
	known := a.known()
	at := slices.IndexFunc(known, func(i impls.Impl) bool { return i.Name == c.impl })
	if at < 0 {
		return c.wrong("impl", fmt.Errorf("unknown implementation %q", c.impl))
	}
	procs, err := parseProcs(c.gomaxprocs)
	if err != nil {
		return c.wrong("gomaxprocs", err)
	}
	if _, err := strconv.ParseUint(c.seed, 10, 64); err != nil {
		return c.wrong("seed", fmt.Errorf("%q: want a whole number", c.seed)) // shown, not played
	}
	raced, err := strconv.ParseBool(c.race)
	if err != nil {
		return c.wrong("race", fmt.Errorf("%q: want true or false", c.race))
	}
	if raced != stress.RaceDetector {
		fmt.Fprintf(a.stderr, "%s:%d: race: %v there, %v here: schedules will differ\n",
			path, c.line["race"], raced, stress.RaceDetector)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	failure, err := stress.Replay(ctx, known[at], c.program, times)
	switch {
	case failure != nil:
		fmt.Fprintln(a.stdout, failure.Report)
		return fmt.Errorf("%w: %s failed again", errFlawed, path)
	case ctx.Err() != nil:
		return fmt.Errorf("%w: it had not failed by then", errInterrupted)
	case err != nil:
		return c.wrong("program", err)
	}
	fmt.Fprintf(a.stdout, "%s: the program did not fail in %s at GOMAXPROCS=%d\n",
		c.impl, count(times, "run", "runs"), procs)
	return nil
}
