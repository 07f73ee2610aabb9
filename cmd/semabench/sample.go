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
	f := a.flags("sample", "-impl NAME -workload NAME -permits N -goroutines N",
		"Measures one row once and prints its line of benchmark text.")
	implName := f.String("impl", "", "implementation")
	workload := f.String("workload", "", "workload")
	permits := f.Int64("permits", 1, "size of the semaphore")
	goroutines := f.Int("goroutines", 1, "goroutines that use it")
	benchtime := f.Duration("benchtime", 250*time.Millisecond, "how long to measure")
	if err := f.parse(args); err != nil {
		return err
	}
	chosen, err := chooseImpls(*implName, a.table)
	if err != nil {
		return err
	}
	workloads, err := chooseWorkloads(*workload)
	if err != nil {
		return err
	}
	if len(chosen) != 1 || len(workloads) != 1 || *permits < 1 || *goroutines < 1 || *benchtime <= 0 {
		return fmt.Errorf("want one implementation, one workload, and positive numbers")
	}
	c := bench.Case{Workload: workloads[0], Shape: bench.Shape{Permits: *permits, Goroutines: *goroutines}}
	line, err := c.Sample(chosen[0], *benchtime)
	if err != nil {
		return fmt.Errorf("%w: %w", errFlawed, err)
	}
	fmt.Fprint(a.stdout, line)
	return nil
}

// sampleArgs are the arguments that make another process measure a row.
func sampleArgs(r row, benchtime time.Duration) []string {
	return []string{
		"sample", "-impl", r.impl.Name, "-workload", r.Workload.Name,
		"-permits", fmt.Sprint(r.Permits), "-goroutines", fmt.Sprint(r.Goroutines),
		"-benchtime", benchtime.String(),
	}
}
