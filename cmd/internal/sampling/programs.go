package sampling

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/semabench/semabench/cmd/internal/layout"
	"github.com/semabench/semabench/internal/exitcode"
)

// Linked makes programs with the go command, each with another layout. If that is not possible, the
// running executable is the program, as with [Self]: it has the tables, but no constructors of
// other packages, and one layout. Linked tells the user so. The fallback is no error, because
// figures with one layout are still figures; the text says which it was.
//
// The order of the cases matters. An interrupt is no reason to measure with another program, and
// neither is a constructor that does not compile: the fallback would silently measure something
// else than was asked.
func Linked(ctx context.Context, o Options, p Plan, seed uint32) (Programs, Program, error) {
	var taken []string
	for _, impl := range o.Known {
		taken = append(taken, impl.Name)
	}
	var first Program
	l, err := layout.New(ctx, layout.Sampler, p.constructors, taken)
	if err == nil {
		if first, err = (linker{l}).Link(ctx, seed); err == nil {
			return linker{l}, first, nil
		}
		_ = l.Close() // the user needs err, and not the path of a leftover folder
	}
	switch {
	case ctx.Err() != nil:
		return nil, first, fmt.Errorf("%w: nothing was measured", exitcode.ErrInterrupted)
	case len(p.constructors) > 0:
		return nil, first, fmt.Errorf("building a program for -impl: %w", err)
	}
	fmt.Fprintf(o.Stderr, "all samples will have one code layout, which alone can make code 5 to "+
		"9 %% "+
		"faster or slower: %v\nfor a random one in each round, run semabench in a module that requires it\n",
		err)
	return Self(ctx, o, p, seed)
}

// A linker is the Programs of Linked.
// It embeds nothing, so that only the methods of Programs are visible.
type linker struct{ linker *layout.Linker }

func (linker) Layout() string                       { return "random" }
func (l linker) Constructors() []layout.Constructor { return l.linker.Constructors }
func (l linker) Close() error                       { return l.linker.Close() }

func (l linker) Link(ctx context.Context, seed uint32) (Program, error) {
	p, err := l.linker.Build(ctx, seed)
	return Program{Path: p.Path, Code: p.Code}, err
}

// Self makes the running executable, with the verb sample, the program of every round. The hash of
// the executable takes the place of the build IDs: Resume must see that the code has changed.
//
// The hash covers the whole file. A rebuilt executable of the same source may have another hash,
// and then -resume refuses where it need not; the reverse, going on with other code, cannot
// happen.
func Self(_ context.Context, _ Options, p Plan, _ uint32) (_ Programs, first Program, err error) {
	if len(p.constructors) > 0 {
		return nil, first, fmt.Errorf("%v: this executable has only its own table", p.constructors[0])
	}
	first.Args = []string{"sample"}
	if first.Path, err = os.Executable(); err != nil {
		return nil, first, err
	}
	f, err := os.Open(first.Path)
	if err != nil {
		return nil, first, err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, first, err
	}
	first.Code = fmt.Sprintf("%x", sum.Sum(nil))[:12]
	return executable(first), first, nil
}

// An executable is the Programs of Self: one program, whatever the seed.
type executable Program

func (executable) Layout() string                                  { return "one" }
func (executable) Constructors() []layout.Constructor              { return nil }
func (executable) Close() error                                    { return nil }
func (e executable) Link(context.Context, uint32) (Program, error) { return Program(e), nil }

// layoutSeed returns the seed of the linker for a round. It is never 0, which would leave the
// layout as it is. It depends on the plan's seed and the round only, so -resume links the same
// program again.
//
// The rounds use different streams of one generator and not consecutive seeds, which are close
// together in some generators.
func layoutSeed(seed uint64, round int) uint32 {
	return 1 + rand.New(rand.NewPCG(seed, uint64(round))).Uint32N(1<<31-1)
}
