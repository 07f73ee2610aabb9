package sampling

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"

	"github.com/semabench/semabench/cmd/semabench/sampler"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/layout"
	"github.com/semabench/semabench/internal/machine"
)

// A Program takes samples. Its arguments are Args, followed by the arguments of a sampler.Request.
//
// Code identifies what is measured without the layout: equal sources, compiler and flags.
// Programs of one text must agree in it.
type Program struct {
	Path string
	Args []string
	Code string // equal for programs of the same code
}

// run runs the program once and returns its standard output. Standard error becomes part of the
// error: the first lines name the cause. The process starts with the highest priority where the
// system allows it. It is in a group of its own, so that Ctrl-C reaches this process alone, which
// then ends the sample.
//
// There is no pipe between the processes, only buffers: a sample must not wait for its parent to
// read.
func (p Program) run(ctx context.Context, r sampler.Request) (string, error) {
	cmd := exec.CommandContext(ctx, p.Path, append(p.Args, r.Args()...)...)
	child.OwnGroup(cmd)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := machine.StartFirst(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	child.AwaitSignal(ctx, err)
	if cause := excerpt.Lines(stderr.String(), 3); err != nil && cause != "" {
		return "", fmt.Errorf("%w: %s", err, cause)
	}
	return stdout.String(), err
}

// Programs makes the program of each round. A program is valid until the next call of Link or
// Close.
//
// Two implementations exist, a linker and the running executable. A round asks for its program
// in the same way in both.
type Programs interface {
	// Layout returns "random" or "one", for the configuration line of the text.
	Layout() string

	// Constructors returns the constructors in the programs, with the names that they got.
	Constructors() []layout.Constructor

	// Link makes the program with a code layout that the seed decides.
	Link(ctx context.Context, seed uint32) (Program, error)

	Close() error
}

// A Maker prepares the programs of a plan and links the first one. A plan without a program must be
// refused before anything is written.
type Maker func(ctx context.Context, o Options, p Plan, seed uint32) (Programs, Program, error)

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
