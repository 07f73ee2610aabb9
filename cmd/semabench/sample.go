package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/semabench/semabench/cmd/semabench/sampler"
)

// sample measures one row once. run starts it as a process of its own for every sample, because
// samples of one process share its heap, its memory layout and its luck. Where run can link, it starts
// programs that have nothing but this verb.
func (a app) sample(_ context.Context, args []string) error {
	f := a.flags("sample", "-row NAME", "Measures one row once and prints its line of benchmark text.")
	var r sampler.Request
	r.Flags(f.FlagSet)
	if err := f.parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	err := r.Answer(a.stdout, a.known())
	if errors.Is(err, sampler.ErrFailed) {
		return fmt.Errorf("%w: %w", errFlawed, err)
	}
	return err
}
