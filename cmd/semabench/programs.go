package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/layout"
)

// A program takes samples: it is given the arguments of a sampler.Request.
type program struct {
	path string
	args []string // that come first
	code string   // the same for programs of the same code
}

// programs makes the program for each round.
type programs interface {
	layout() string // random or one, as in the text
	// measured returns the constructors that the programs have, with the names that they got.
	measured() []layout.Constructor
	link(ctx context.Context, seed uint32) (program, error)
	close() error
}

// A maker prepares programs for a plan, and makes the first: whether there can be one has to be known
// before anything is written.
type maker func(a app, ctx context.Context, p plan, seed uint32) (programs, program, error)

// linked makes programs with the go tool, each with another layout. Where that cannot be, this
// executable is the program: it has the table, but nobody else's constructors, and one layout.
func linked(a app, ctx context.Context, p plan, seed uint32) (programs, program, error) {
	var taken []string
	for _, impl := range a.known() {
		taken = append(taken, impl.Name)
	}
	var first program
	l, err := layout.New(ctx, p.constructors, taken)
	if err == nil {
		if first, err = (linker{l}).link(ctx, seed); err == nil {
			return linker{l}, first, nil
		}
		_ = l.Close() // there is a worse error
	}
	switch {
	case ctx.Err() != nil:
		return nil, first, fmt.Errorf("%w: nothing was measured", exitcode.ErrInterrupted)
	case len(p.constructors) > 0:
		return nil, first, fmt.Errorf("building a program for -impl: %w", err)
	}
	fmt.Fprintf(a.stderr, "all samples will have one code layout, which alone can make code 5 to 9 %% "+
		"faster or slower: %v\nfor a random one in each round, run semabench in a module that requires it\n",
		err)
	return self(a, ctx, p, seed)
}

type linker struct{ *layout.Linker }

func (linker) layout() string                   { return "random" }
func (l linker) measured() []layout.Constructor { return l.Constructors }
func (l linker) close() error                   { return l.Close() }

func (l linker) link(ctx context.Context, seed uint32) (program, error) {
	p, err := l.Build(ctx, seed)
	return program{path: p.Path, code: p.Code}, err
}

// self makes this executable the program of every round.
func self(_ app, _ context.Context, p plan, _ uint32) (_ programs, first program, err error) {
	if len(p.constructors) > 0 {
		return nil, first, fmt.Errorf("%v: this executable has only its own table", p.constructors[0])
	}
	first.args = []string{"sample"}
	if first.path, err = os.Executable(); err != nil {
		return nil, first, err
	}
	f, err := os.Open(first.path)
	if err != nil {
		return nil, first, err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, first, err
	}
	first.code = fmt.Sprintf("%x", sum.Sum(nil))[:12]
	return executable(first), first, nil
}

type executable program

func (executable) layout() string                                  { return "one" }
func (executable) measured() []layout.Constructor                  { return nil }
func (executable) close() error                                    { return nil }
func (e executable) link(context.Context, uint32) (program, error) { return program(e), nil }

// layoutSeed is the linker's for a round. Zero would leave the layout as it is.
func layoutSeed(seed uint64, round int) uint32 {
	return 1 + rand.New(rand.NewPCG(seed, uint64(round))).Uint32N(1<<31-1)
}
