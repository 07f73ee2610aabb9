package exploration

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/semabench/semabench/cmd/internal/layout"
	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/stress/explore"
	"golang.org/x/mod/modfile"
)

// The option Impls explores a module with this one test. The module stays in the user's cache,
// so that the next run need not build it again. A module of its own is needed because the
// working directory may be in no module, or in a module that does not require this suite. The
// replace directive makes it explore the source that this executable was built from.
const (
	implsModule = `module semabench_explored

go 1.26

require github.com/semabench/semabench v0.0.0

replace github.com/semabench/semabench => %s
`
	implsTest = `package explored

import (
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
)

func TestImplementation(t *testing.T) {
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) { explore.Semaphore(t, impl) })
	}
}
`
)

// writeImplTests writes the module, and sets folder, Package and Run so that they select the tests
// of the implementations. The names are quoted in the pattern: a name may have a dot. The
// implementations are explored by an ordinary test, so that this verb has no way of its own into
// the explorer.
//
// A verb with its own way would need its own flags, results and replays, and each of them would
// have to stay equal to its counterpart in a test.
func (r *run) writeImplTests(ctx context.Context) error {
	source, err := layout.FindSource(ctx)
	if err != nil {
		return nothingExplored(ctx, "-impl", err)
	}
	folder, err := implsFolder(source)
	if err != nil {
		return err
	}
	r.folder, r.Package, r.env = folder, ".", []string{r.commands(nil)}
	names := strings.Join(r.Impls, ",")
	// With -mod=mod the go command adds to go.mod the modules that the suite needs.
	if _, err := (gotool.Tool{Dir: folder}).Run(ctx, "list", "-mod=mod", "-deps", "-test",
		"."); err != nil {
		return nothingExplored(ctx, "preparing the test of -impl "+names, err)
	}
	var patterns []string
	for _, name := range r.Impls {
		patterns = append(patterns, regexp.QuoteMeta(name))
	}
	r.Run = "^TestImplementation$/^(" + strings.Join(patterns, "|") + ")$"
	return nil
}

// writeConstructorTests writes a module with the same test for constructors of other packages, and
// for the chosen implementations of this suite beside them. See layout.Nest for where the module is.
func (r *run) writeConstructorTests(ctx context.Context) error {
	cache, err := gotool.CacheFolder(cacheName)
	if err != nil {
		return err
	}
	n, err := layout.Nest(ctx, r.Constructors, r.Taken, cache, fmt.Sprintf(constructorsTest, r.ownNames()))
	if err != nil {
		return nothingExplored(ctx, "-impl", err)
	}
	r.folder, r.Package, r.nested = n.Dir, ".", n
	r.env = append(n.Env, r.commands(n.Constructors))
	r.Run = "^TestImplementation$"
	return nil
}

// constructorsTest has the names of the suite's implementations that are explored as well. The names are text in the
// source, and not a flag of the test: a replay then needs no more than the schedule, and the file of the test says
// what it explored.
const constructorsTest = `package explored

import (
	"slices"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
)

var own = []string{%s}

func TestImplementation(t *testing.T) {
	for _, impl := range impls.All() {
		if slices.Contains(own, impl.Name) {
			t.Run(impl.Name, func(t *testing.T) { explore.Semaphore(t, impl) })
		}
	}
	for _, impl := range all {
		t.Run(impl.Name, func(t *testing.T) { explore.Semaphore(t, impl) })
	}
}

// A constructor that does not fit ends the process here, before any test.
var all = Made()
`

// commands returns the variable with the commands that play a failure of each implementation again. The tests
// print a command with each failure. They cannot know it themselves: the module they are in exists only here, so
// "go test" would be the wrong advice.
//
// A constructor is named by its import path, so its command works in every folder of the module. The
// implementations of a table get their names from the table, so all of them have its command.
func (r *run) commands(constructors []layout.Constructor) string {
	command := "semabench explore "
	if r.Race {
		command += "-race "
	}
	if r.Tags != "" {
		command += "-tags=" + escape.Quote(r.Tags) + " "
	}
	command += "-impl "
	var b strings.Builder
	b.WriteString(explore.CommandsVar + "=")
	for _, name := range r.Impls {
		fmt.Fprintf(&b, "%s\t%s%s\n", name, command, name)
	}
	var tables []string
	for _, c := range constructors {
		if c.IsTable() {
			tables = append(tables, c.String())
			continue
		}
		fmt.Fprintf(&b, "%s\t%s%s\n", c.Name, command, escape.Shell(c.String()))
	}
	if len(tables) > 0 {
		fmt.Fprintf(&b, "\t%s%s\n", command, escape.Quote(strings.Join(tables, ",")))
	}
	return b.String()
}

// ownNames returns the names as the elements of a Go slice. They are quoted by the rules of Go, because they become
// source.
func (r *run) ownNames() string {
	var quoted []string
	for _, name := range r.Impls {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	return strings.Join(quoted, ", ")
}

// cacheName is the name of the folder for modules that the next run uses again.
const cacheName = "semabench-explore"

// implsFolder writes the module and returns its folder. Each source folder and each state of its
// go.mod and go.sum has a folder of its own. Two processes may write it at once: they write the
// same text.
//
// The key has everything that decides the content. A changed go.mod of the suite thus makes a
// new folder, and an old one is never updated under a process that builds in it.
func implsFolder(source string) (string, error) {
	gomod, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return "", err
	}
	sum, err := os.ReadFile(filepath.Join(source, "go.sum"))
	if err != nil {
		return "", err
	}
	key := sha256.Sum256([]byte(source + "\x00" + string(gomod) + string(sum) + implsModule +
		implsTest))
	cache, err := gotool.CacheFolder(cacheName)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, fmt.Sprintf("impls-%x", key[:8]))
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
		return folder, nil
	}
	// go.mod is written last: its existence says that the module is whole.
	for _, file := range []struct{ name, text string }{
		{"explored_test.go", implsTest},
		{"go.sum", string(sum)},
		{"go.mod", fmt.Sprintf(implsModule, modfile.AutoQuote(source))},
	} {
		if err := gotool.WriteIfChanged(filepath.Join(folder, file.name), []byte(file.text)); err != nil {
			return "", err
		}
	}
	return folder, nil
}
