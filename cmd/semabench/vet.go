package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/vet"
)

// vetDoc names the types by their methods, because the analyzer finds them so: a semaphore of the user needs no
// import of this module.
const vetDoc = `Reports wrong uses of semaphores in the source of packages: an ignored error of Acquire, a return or
a continue that keeps the permits, a deferred Release in a loop, a Release after a failed Acquire, a
second one or one of another weight, a copy by value, and an HTTP handler that waits without the
context of its request. It judges golang.org/x/sync/semaphore and every type with
Acquire(context.Context, int64) error, TryAcquire(int64) bool and Release(int64).

The packages are patterns of the go command, ./... without one. Their tests are included.
go vet -vettool=$(which semabench) ./... runs the same check, with all flags of go vet.

Exit codes: 0 nothing was found; 1 something was found; 2 refused, or a package does not compile.`

// asVettool serves the go command, if args have the form that go vet -vettool uses, and
// exits. The three forms cannot be meant for a verb: no verb begins with a dash or ends in .cfg.
func asVettool(args []string) {
	if len(args) == 0 {
		return
	}
	last := args[len(args)-1]
	if strings.HasPrefix(args[0], "-V=") || args[0] == "-flags" ||
		filepath.Base(last) == "vet.cfg" && strings.HasPrefix(args[0], "-") || len(args) == 1 && strings.HasSuffix(last, ".cfg") {
		unitchecker.Main(vet.Analyzer)
	}
}

// vet runs go vet with this executable as its tool.
//
// The go command loads the packages, remembers what it found in its cache, and plans the order of
// the packages. So a second run takes less than a second, and the check sees the same files as
// go vet: build tags, cgo and vendored packages included.
func (a app) vet(ctx context.Context, args []string) error {
	f := a.flags("vet", "[flags] [packages]", vetDoc)
	tags := f.String("tags", "", "build `tags`, separated by commas")
	asJSON := f.Bool("json", false, "print the findings as JSON, one object a line")
	if err := f.parse(args); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// The go command needs the path of the tool, and this executable may not be in PATH.
	patterns := f.Args()
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	for _, p := range patterns {
		if strings.HasPrefix(p, "-") {
			return fmt.Errorf("flag %s stands behind a package: put it first", p)
		}
	}
	// With -json, go vet exits with 0 whatever the tool reports, so another code means that a package
	// could not be judged.
	out, err := gotool.Tool{}.Run(ctx, "vet", append([]string{"-vettool=" + self, "-json", "-tags=" + *tags}, patterns...)...)
	switch {
	case ctx.Err() != nil:
		return exitcode.ErrInterrupted
	case err != nil:
		return fmt.Errorf("the packages cannot be judged: %w", err)
	}
	found, err := readFindings(out)
	if err != nil {
		return err
	}
	// One object a line, and not one list: a reader can take the first findings while the rest is written.
	for _, one := range found {
		if *asJSON {
			line, err := json.Marshal(one)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s\n", line)
		} else {
			fmt.Fprintf(a.stdout, "%s: %s\n", one.Position, one.Message)
		}
	}
	if len(found) > 0 {
		return fmt.Errorf("%w: %s", exitcode.ErrFailed, plural.With(len(found), "wrong use of a semaphore", "wrong uses of semaphores"))
	}
	return nil
}

// A finding is one report of the analyzer. The names of its fields in JSON are an interface: editors and CI
// jobs read them.
type finding struct {
	Position string `json:"position"` // file:line:column, with the file relative to the working directory
	Message  string `json:"message"`
}

// readFindings reads what go vet -json prints: an object for each package, between lines of
// comment. A package and its test variant have the same files, so each finding may come twice.
//
// The findings are sorted, because a map gives them in another order each time. Equal ones are neighbours
// then, and one of them is dropped. A result that is no list is the error of an analyzer: it is returned, since
// a package that was not judged must not look clean.
func readFindings(text string) (found []finding, err error) {
	var objects bytes.Buffer
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			objects.WriteString(line)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(&objects); ; {
		var packages map[string]map[string]json.RawMessage
		if err := d.Decode(&packages); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading the output of go vet -json: %w", err)
		}
		for name, results := range packages {
			for _, raw := range results {
				var list []struct{ Posn, Message string }
				if err := json.Unmarshal(raw, &list); err != nil {
					return nil, fmt.Errorf("%s: %s", name, raw) // {"error": …} of an analyzer that failed
				}
				for _, one := range list {
					found = append(found, finding{relative(here, one.Posn), one.Message})
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.file(), b.file()), cmp.Compare(a.line(), b.line()), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(found), nil
}

// relative shortens a position in a file below here. Windows has a colon in its paths, so the
// file ends at the last but one.
func relative(here, position string) string {
	if short, err := filepath.Rel(here, position); err == nil && !strings.HasPrefix(short, "..") {
		return short
	}
	return position
}

// file and line are the keys of the order. Lines are compared as numbers: as texts, 10 comes before 9.
func (f finding) file() string { file, _ := f.split(); return file }
func (f finding) line() int    { _, line := f.split(); return line }

// split takes the file and the line out of the position. The line is searched from the end, since the file
// may have colons in its name.
func (f finding) split() (file string, line int) {
	fields := strings.Split(f.Position, ":")
	n := len(fields)
	if n < 3 {
		return f.Position, 0
	}
	fmt.Sscan(fields[n-2], &line) // of the analyzer's own making; 0 sorts a strange one first
	return strings.Join(fields[:n-2], ":"), line
}
