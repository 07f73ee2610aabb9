package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/semabench/semabench/bench/sampler"
	"github.com/semabench/semabench/cmd/internal/soak"
	"github.com/semabench/semabench/internal/exitcode"
)

// sample measures one row once. The verb run starts it in a process of its own for every sample:
// samples of one process share its heap and its memory layout, so they are not independent. Where
// run can link programs, it starts programs that have nothing but this verb.
//
// An error of the measurement wraps ErrFailed, and every other error is a refusal. The verb run
// does not look at the code: it takes any error as a failed row and quotes the first lines of
// standard error.
func (a app) sample(_ context.Context, args []string) error {
	f := a.flags("sample", "-row NAME", "Measures one row once and prints its line of benchmark text.")
	var r sampler.Request
	r.Flags(f.FlagSet)
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.noArguments(); err != nil {
		return err
	}
	err := r.Answer(a.stdout, a.known())
	if errors.Is(err, sampler.ErrFailed) {
		return fmt.Errorf("%w: %w", exitcode.ErrFailed, err)
	}
	return err
}

// turn plays programs against one implementation. The verb stress starts it in a process of its
// own for every turn; see soak.ServeTurn.
//
// It takes one implementation and no list. The whole process belongs to one turn, so its peak memory and its death
// are facts about that implementation alone.
func (a app) turn(ctx context.Context, args []string) error {
	f := a.flags("turn", "-impl NAME -seed S -ops N",
		"Plays programs against one implementation, as one turn of stress.")
	implName := f.String("impl", "", "implementation")
	seed := f.Uint64("seed", 1, "seed of the first program")
	ops := f.Int64("ops", 1, "operations to play")
	if err := f.parse(args); err != nil {
		return err
	}
	if err := f.noArguments(); err != nil {
		return err
	}
	chosen, err := a.chooseImpls(*implName)
	if err != nil {
		return err
	}
	if len(chosen) != 1 {
		return errors.New("want one implementation")
	}
	return soak.ServeTurn(ctx, a.stdout, chosen[0], *seed, *ops)
}
