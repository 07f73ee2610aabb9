package main

import (
	"context"
	"fmt"
	"time"

	"github.com/semabench/semabench/bench"
)

// sample measures one row once. run starts it as a process of its own for every sample, because
// samples of one process share its heap, its memory layout and its luck.
func (a app) sample(_ context.Context, args []string) error {
	f := a.flags("sample", "-row NAME", "Measures one row once and prints its line of benchmark text.")
	row := f.String("row", "", "`name` of the row, as in benchmark text: workload=…/impl=…/permits=…/goroutines=…")
	benchtime := f.Duration("benchtime", 100*time.Millisecond, "how long to measure")
	if err := f.parse(args); err != nil {
		return err
	}
	if *benchtime <= 0 {
		return fmt.Errorf("-benchtime=%v: want a positive time", *benchtime)
	}
	c, name, err := bench.ParseRow(*row)
	if err != nil {
		return err
	}
	chosen, err := chooseImpls(name, a.table)
	if err != nil {
		return err
	}
	line, err := c.Sample(chosen[0], *benchtime)
	if err != nil {
		return fmt.Errorf("%w: %w", errFlawed, err)
	}
	fmt.Fprint(a.stdout, line)
	return nil
}

// sampleArgs are the arguments that make another process measure a row.
func sampleArgs(r row, benchtime time.Duration) []string {
	return []string{"sample", "-row", r.String(), "-benchtime", benchtime.String()}
}
