// Package layout builds the program that takes samples, linked in another order each time.
//
// Where functions lie decides which of them share cache lines and branch predictor slots: moved by
// the linker alone, identical code was measured -5 to +9 % apart. A figure of one binary has
// such a share of luck in it that no number of samples takes out. Over several binaries it is
// noise like any other, and the interval of a median shows it.
//
// Constructors of other packages can be built into the program. Nothing is written where the user
// works: the program exists only in an overlay of the go tool, and go.mod is a copy.
package layout

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/child"
)

const (
	suite = "github.com/semabench/semabench"

	// program is the folder that exists in the overlay only. It is in the binary, and so always the
	// same: equal code is to make equal bytes.
	program = "semabench_sample"

	tmpPrefix = "semabench-"
)

// A Linker builds the program of one table of implementations.
type Linker struct {
	Constructors []Constructor // as they were found

	tmp   string   // has all that is written
	root  string   // of the module in which it is built
	dir   string   // of the program, in the overlay
	flags []string // of every go command
	env   []string
}

// New prepares to build in the module of the working directory. The program has the tables of
// packages impls and process, and the constructors, whose names it keeps apart from those taken. For constructors a
// module need not know this suite: what it then lacks is added to a copy of its go.mod.
func New(ctx context.Context, constructors []Constructor, taken []string) (_ *Linker, err error) {
	if _, err := exec.LookPath("go"); err != nil {
		return nil, errors.New("there is no go tool in PATH")
	}
	l := &Linker{Constructors: slices.Clone(constructors), env: os.Environ()}
	if l.tmp, err = os.MkdirTemp("", tmpPrefix); err != nil {
		return nil, err
	}
	l.env = append(l.env, "GOTMPDIR="+l.tmp) // a go command that Ctrl-C ends leaves its folder behind
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	if err := l.findModule(ctx); err != nil {
		return nil, err
	}
	for i := range l.Constructors {
		c := &l.Constructors[i]
		if err := l.find(ctx, c); err != nil {
			return nil, err
		}
		if err := c.setName(taken); err != nil {
			return nil, err
		}
		taken = append(slices.Clip(taken), c.Name)
	}
	return l, l.writeProgram()
}

// A Program is a file that can be run. Code is the same for two that are built of the same code by the same
// Go, whatever their layout.
type Program struct{ Path, Code string }

// Build links the program in the order that a seed decides. It takes the place of the one before. The
// same code, seed and Go make the same bytes.
func (l *Linker) Build(ctx context.Context, seed uint32) (Program, error) {
	path := filepath.Join(l.tmp, "sample")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	_, err := l.compile(ctx, "build", fmt.Sprintf("-ldflags=-randlayout=%d", seed), "-o", path)
	if err != nil {
		return Program{}, err
	}
	// After the build: if somebody edits meanwhile, this sees it.
	ids, err := l.compile(ctx, "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.BuildID}}")
	if err != nil {
		return Program{}, err
	}
	return Program{path, fmt.Sprintf("%x", sha256.Sum256([]byte(ids)))[:12]}, nil
}

// compile runs a go command on the program.
func (l *Linker) compile(ctx context.Context, verb string, args ...string) (out string, err error) {
	args = append([]string{"-buildvcs=false", "-overlay=" + l.overlay()}, args...)
	out, complaint, err := l.goTool(ctx, verb, append(args, l.dir)...)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case complaint != "" && err != nil:
		return "", errors.New(l.explain(complaint))
	}
	return out, err
}

// Close removes everything that was built.
func (l *Linker) Close() error { return os.RemoveAll(l.tmp) }

func (l *Linker) goTool(ctx context.Context, verb string, args ...string) (
	out, complaint string, err error) {
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{verb}, l.flags, args)...)
	cmd.Env = l.env
	child.InterruptOnDone(cmd)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	child.AwaitSignal(ctx, err)
	return strings.TrimSpace(stdout.String()), strings.TrimSpace(stderr.String()), err
}
