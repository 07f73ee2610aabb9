package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semabench/semabench/bench"
)

// sample measures one row once. run starts it as a process of its own for every sample, because
// samples of one process share its heap, its memory layout and its luck.
func (a app) sample(_ context.Context, args []string) error {
	f := a.flags("sample", "-impl NAME -workload NAME [flags]",
		"Measures one row once and prints its line of benchmark text.")
	implName := f.String("impl", "", "implementation")
	benchtime := f.Duration("benchtime", 100*time.Millisecond, "how long to measure")
	var params bench.Params
	params.AddFlags(f.FlagSet, "")
	if err := f.parse(args); err != nil {
		return err
	}
	chosen, err := chooseImpls(*implName, a.table)
	if err != nil {
		return err
	}
	cases, err := params.Cases(false)
	if err != nil {
		return err
	}
	if len(chosen) != 1 || *benchtime <= 0 {
		return errors.New("want one implementation and a positive -benchtime")
	}
	if len(cases) != 1 {
		return fmt.Errorf("these flags ask for %d rows: want one, name its -workload, -permits and -goroutines",
			len(cases))
	}
	line, err := cases[0].Sample(chosen[0], *benchtime)
	if err != nil {
		return fmt.Errorf("%w: %w", errFlawed, err)
	}
	fmt.Fprint(a.stdout, line)
	return nil
}

// sampleArgs are the arguments that make another process measure a row.
func sampleArgs(r row, benchtime time.Duration) []string {
	args := []string{"sample", "-impl", r.impl.Name, "-benchtime", benchtime.String()}
	return append(args, r.Args()...)
}
