// Package layout builds the program that takes samples, linked in another order each time.
//
//	linker, err := layout.New(ctx, layout.Sampler, constructors, taken)
//	defer linker.Close()
//	program, err := linker.Build(ctx, seed)
//
// The place of a function in memory decides which other functions share its cache lines and branch
// predictor slots. Identical code that only the linker had moved was measured 5 % slower to 9 %
// faster. A figure of one binary includes that chance effect, and no number of samples removes it.
// Over several binaries it is noise like any other, and the interval of a median shows it.
//
// Constructors of other packages can be built into the program. Nothing is written into the user's
// folders: the program exists only in an overlay of the go command, and go.mod is a copy.
//
// # What this does not show
//
// The linker moves whole functions. The layout of the code within a function, and of data on the
// heap and on stacks, stays as it is.
package layout

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/gotool"
)

const tmpPrefix = "semabench-"

// New prepares to build in the module of the working directory. The program has the tables of
// packages impls and process, and the constructors. No constructor gets a name that is taken.
//
// With constructors, the module need not require this suite: a copy of its go.mod does. The caller
// must call Close.
func New(ctx context.Context, main Main, constructors []Constructor, taken []string) (*Linker, error) {
	l, err := newLinker(ctx, main, constructors, taken)
	if err != nil {
		return nil, err
	}
	if err := l.writeProgram(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// newLinker redirects the go command and finds the constructors.
func newLinker(ctx context.Context, main Main, constructors []Constructor, taken []string) (_ *Linker, err error) {
	l := &Linker{Constructors: slices.Clone(constructors), main: main}
	if l.tmp, err = os.MkdirTemp("", tmpPrefix); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	// A go command that is killed leaves its temporary folder behind; here Close removes it.
	l.tool = gotool.Tool{Env: []string{"GOTMPDIR=" + l.tmp}}
	if err := l.redirect(ctx); err != nil {
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
	return l, nil
}

// find resolves the path of the package as the go command does: relative to the working directory,
// and through the copy of go.mod. It neither compiles nor looks for the function; Build does both.
// The user's own words stand in front of each error.
//
// The function itself is not looked for here. Its type can be checked by the compiler only, and
// explain turns what the compiler says into words about the constructor.
func (l *Linker) find(ctx context.Context, c *Constructor) error {
	out, err := l.tool.Run(ctx, "list", "-find", "-f",
		"{{.ImportPath}}\n{{.Name}}\n{{.Dir}}\n{{with .Module}}{{.Main}}{{end}}", "--", c.Path)
	if err == nil && out == "" {
		err = errors.New("no such package")
	}
	if err != nil {
		cause := err.Error()
		var failure *child.Failure
		if errors.As(err, &failure) {
			cause = l.inUserTerms(failure.Stderr)
		}
		if hint := gotool.Advice(err); hint != "" {
			return fmt.Errorf("%s: %s: %s", c.given, hint, excerpt.Lines(cause, 3))
		}
		return fmt.Errorf("%s: looking for func %s in package %s: %s", c.given, c.Func, c.Path,
			excerpt.Lines(cause, 3))
	}
	found := strings.Split(out, "\n")
	if len(found) < 3 || len(found) > 4 || found[0] == "command-line-arguments" {
		return fmt.Errorf("%s: want one package, and %s is not one", c.given, c.Path)
	}
	c.Path, c.pkg, c.folder = found[0], found[1], filepath.Clean(found[2])
	if c.pkg == "main" {
		return fmt.Errorf("%s: %s is a program, which cannot be imported: move %s into a package",
			c.given, c.Path, c.Func)
	}
	if len(found) == 4 && found[3] == "true" {
		c.dir = c.folder
	}
	c.private = slices.Contains(strings.Split(c.Path, "/"), "internal")
	return nil
}

// A Program is an executable file. Code is equal for two programs that the same Go built from the
// same code, whatever their layout.
type Program struct{ Path, Code string }

// Build links the program in the order that a seed decides, and replaces the program of the call
// before. The same code, seed and Go make the same bytes. Code is a hash of the build IDs of all
// packages, because the bytes of the executable differ with each layout.
func (l *Linker) Build(ctx context.Context, seed uint32) (Program, error) {
	path := l.binary()
	_, err := l.compile(ctx, "build", fmt.Sprintf("-ldflags=-randlayout=%d", seed), "-o", path)
	if err != nil {
		return Program{}, err
	}
	// The code is identified after the build: an edit that was saved during the build changes Code.
	ids, err := l.compile(ctx, "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.BuildID}}")
	if err != nil {
		return Program{}, err
	}
	return Program{path, fmt.Sprintf("%x", sha256.Sum256([]byte(ids)))[:12]}, nil
}

// BuildPlain links the program in the order of the linker, perhaps with the race detector, and
// returns its path. It replaces the program of the call before.
func (l *Linker) BuildPlain(ctx context.Context, race bool) (path string, err error) {
	path = l.binary()
	_, err = l.compile(ctx, "build", fmt.Sprintf("-race=%v", race), "-o", path)
	return path, err
}

func (l *Linker) binary() string {
	path := filepath.Join(l.tmp, "sample")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	return path
}

// compile runs a go command on the program. Complaints of the compiler are put in terms of the
// constructors. -buildvcs=false keeps the state of the user's repository out of the binary, whose
// bytes a commit between two rounds would change otherwise.
func (l *Linker) compile(ctx context.Context, verb string, args ...string) (out string, err error) {
	args = append([]string{"-buildvcs=false", "-overlay=" + l.overlay()}, args...)
	out, err = l.tool.Run(ctx, verb, append(args, l.dir)...)
	var failure *child.Failure
	if errors.As(err, &failure) && failure.Stderr != "" {
		return "", l.failed(err, failure.Stderr)
	}
	return out, err
}

// failed returns what a go command complained about, with the step that package gotool advises in
// front of it.
func (l *Linker) failed(err error, complaint string) error {
	if hint := gotool.Advice(err); hint != "" {
		return fmt.Errorf("%s: %s", hint, l.explain(complaint))
	}
	return errors.New(l.explain(complaint))
}

// Close removes every file that was built.
func (l *Linker) Close() error { return os.RemoveAll(l.tmp) }
