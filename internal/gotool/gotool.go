// Package gotool runs the go command for programs that build other programs.
//
//	tool := gotool.Tool{Dir: dir}
//	out, err := tool.Run(ctx, "list", "-f", "{{.Dir}}", "./...")
//
// Every command runs in a process group of its own. When ctx is done it is interrupted, so that it can remove its
// files, and killed if that does not help. The error of a command has its standard error as its text. See
// package child for the reasons.
//
// Four more parts are for every package that builds programs:
//
//   - [Tool.Locate] finds the go.mod or go.work that governs a folder.
//   - [Overlay] is the file behind -overlay, which shows the go command files that do not exist.
//   - [CacheFolder] is where they keep what the next run uses again.
//   - [Manifest] is a copy of go.mod or go.work with edits, so that the user's own file stays as it is.
//
// # What this does not do
//
// It does not choose a toolchain, and reads no environment variable: the go command in PATH does
// what it would do for the user in that folder.
package gotool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/child"
)

// A Tool runs go commands in one folder, with the same flags and environment. The zero value runs
// in the working directory.
type Tool struct {
	Dir   string   // where the command runs; "" is the working directory
	Env   []string // added to the environment of this process
	Flags []string // put between the verb and the arguments of Run
}

// ErrNoGo says that PATH has no go command.
var ErrNoGo = errors.New("there is no go tool in PATH; Go is at https://go.dev/dl")

// Run runs "go verb" with t.Flags and args, and returns its standard output without blank space
// around it. Flags such as -modfile exist only for verbs that load packages; the other methods of
// Tool ignore t.Flags.
//
// The error is ctx.Err() if ctx is done, wraps [ErrNoGo] if there is no go command, and otherwise
// is a [*child.Failure].
func (t Tool) Run(ctx context.Context, verb string, args ...string) (string, error) {
	return t.run(ctx, slices.Concat([]string{verb}, t.Flags, args))
}

func (t Tool) run(ctx context.Context, args []string) (string, error) {
	out, err := child.Output(ctx, t.Dir, t.Env, "go", args...)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%w: %w", ErrNoGo, err)
	}
	var failure *child.Failure
	if errors.As(err, &failure) {
		if hint := advice(failure.Stderr); hint != "" {
			return out, fmt.Errorf("%s: %w", hint, err)
		}
	}
	return out, err
}

// advices name the step that a user has to take, for complaints of the go command about the
// machine and not about the code. All words of a complaint must be there: a compiler error may quote
// any one of them.
var advices = []struct {
	words []string
	hint  string
}{
	{[]string{"requires go >=", "GOTOOLCHAIN=local"}, "the Go in PATH is too old for go.mod; install a newer one, or unset GOTOOLCHAIN"},
	{[]string{"-race requires cgo"}, "the race detector needs a C compiler and CGO_ENABLED=1"},
	{[]string{"C compiler", "not found"}, "install a C compiler, gcc or clang"},
	{[]string{"failed to initialize build cache"}, "set GOCACHE to a folder that can be written"},
	{[]string{"build cache is required, but could not be located"}, "set HOME, or GOCACHE to a folder that can be written"},
	{[]string{"module cache not found"}, "set HOME, or GOMODCACHE and GOCACHE to folders that can be written"},
	{[]string{"module lookup disabled by GOPROXY=off"}, "a module is not on this machine; run go mod download where there is a network"},
	{[]string{"dial tcp", "proxy.golang.org"}, "a module is not on this machine, and the network does not answer; run go mod download where there is one"},
}

// Advice returns the next step for an error of Run that is about the machine, as the error itself has
// it in front, or "". It is for callers that show a part of the output of the go command.
func Advice(err error) string {
	var failure *child.Failure
	if !errors.As(err, &failure) {
		return ""
	}
	return advice(failure.Stderr)
}

// advice returns the hint for a text that the go command wrote to standard error, or "".
func advice(stderr string) string {
	for _, a := range advices {
		if !slices.ContainsFunc(a.words, func(word string) bool { return !strings.Contains(stderr, word) }) {
			return a.hint
		}
	}
	return ""
}

// Variables returns what `go env` says of each name, in the folder of t.
func (t Tool) Variables(ctx context.Context, names ...string) (map[string]string, error) {
	out, err := t.run(ctx, append([]string{"env", "-json"}, names...))
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	if err := json.Unmarshal([]byte(out), &values); err != nil {
		return nil, fmt.Errorf("reading the output of go env: %w", err)
	}
	return values, nil
}

// A Location says where the go command takes the modules of a folder from.
type Location struct {
	GoMod    string // path of the go.mod that governs the folder
	GoWork   string // path of the go.work that is in force; "" is none
	ModCache string // folder with the downloaded modules
	GoRoot   string // folder of the Go release
	GoFlags  string // the flags that the go command adds to every command, as GOFLAGS has them
}

// Root returns the folder of the go.work in force, or else of the go.mod.
func (l Location) Root() string {
	if l.GoWork != "" {
		return filepath.Dir(l.GoWork)
	}
	return filepath.Dir(l.GoMod)
}

// Manifest returns the path of the go.work in force, or else of the go.mod.
func (l Location) Manifest() string {
	if l.GoWork != "" {
		return l.GoWork
	}
	return l.GoMod
}

// ErrNoModule says that a folder is in no module and in no workspace.
var ErrNoModule = errors.New("no go.mod governs it")

// Locate finds the go.mod and the go.work of the folder of t. Without either the error wraps
// [ErrNoModule].
func (t Tool) Locate(ctx context.Context) (Location, error) {
	values, err := t.Variables(ctx, "GOMOD", "GOWORK", "GOMODCACHE", "GOROOT", "GOFLAGS")
	if err != nil {
		return Location{}, err
	}
	l := Location{
		GoMod: values["GOMOD"], GoWork: values["GOWORK"], ModCache: values["GOMODCACHE"],
		GoRoot: values["GOROOT"], GoFlags: values["GOFLAGS"],
	}
	if l.GoWork == "off" {
		l.GoWork = ""
	}
	if l.GoMod == os.DevNull { // modules are on, and no go.mod is above the folder
		l.GoMod = ""
	}
	if l.GoMod == "" && l.GoWork == "" {
		return Location{}, fmt.Errorf("%s: %w", t.Dir, ErrNoModule)
	}
	return l, nil
}

// WithoutDebugging returns the flag of go build and go test -c for a binary that no debugger reads.
// Linking is most of the time of a small build, and DWARF is a third of linking. Stacks, profiles
// and the names of functions do not come from DWARF. go test without -c leaves it out as well.
//
// A flag on the command line replaces the linker flags of GOFLAGS, which may set variables of the
// program (-X). So the result is empty if goFlags, the value of GOFLAGS, has linker flags.
func WithoutDebugging(goFlags string) []string {
	if strings.Contains(goFlags, "-ldflags") {
		return nil
	}
	return []string{"-ldflags=-w"}
}

// An Overlay maps the path of a file, which need not exist, to the path of the file that the go
// command reads in its place. An empty replacement hides the file.
type Overlay map[string]string

// WriteFile writes o to path, for the flag -overlay=path. It leaves a file alone that has this
// content already: the go command takes a newer file for a change.
func (o Overlay) WriteFile(path string) error {
	text, err := json.Marshal(struct{ Replace map[string]string }{o})
	if err != nil {
		return err
	}
	return WriteIfChanged(path, text)
}

// WriteIfChanged writes text to path, and creates missing folders, unless the file has this text
// already. The go command decides by the modification time of some files whether to build again.
func WriteIfChanged(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
