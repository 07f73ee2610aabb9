package duel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/instructions"
	"golang.org/x/sync/errgroup"
)

// A binary is the test binary of a package, with a code layout of its own.
//
// Several pairs may use one binary, one after the other.
type binary struct {
	path   string
	dir    string             // where it runs: the directory of the package
	layout uint64             // seed of the linker
	meter  instructions.Meter // counts the instructions of its processes; nil for none
	names  *nameCache         // nil for a worker; else what is known of the benchmarks of this ordinary binary
}

// build links the test binary of a package with a layout. Where functions lie in
// memory moves times by several percent, so the sides that are compared must not
// share one layout's luck.
//
// The linker leaves out the symbols for debuggers, which saves a third of its
// time. Profiles do not need them. The path has the layout in it, which is
// drawn from 2^40 numbers, so all binaries of a side fit one folder.
//
// -vet=off, because a complaint of vet says nothing about speed, and the old side may have some
// that the user cannot mend any more.
func (s *side) build(ctx context.Context, p pkg, layout uint64) (binary, error) {
	b := binary{
		path: filepath.Join(s.bin, fmt.Sprintf("%x.test", layout)), dir: p.Dir, layout: layout, names: s.names,
	}
	if runtime.GOOS == "windows" {
		b.path += ".exe"
	}
	_, err := s.goTool().Run(ctx, "test", "-c", "-vet=off", "-overlay="+s.overlay,
		s.ldflags(layout), "-o", b.path, p.ImportPath)
	if err != nil {
		return b, fmt.Errorf("%s: building %s: %w\nit must build: go test -c %[2]s",
			s.label, p.ImportPath, err)
	}
	return b, nil
}

// ldflags returns the flag of the linker, with the words of an -ldflags in GOFLAGS in front: the flag of a command
// replaces the one of GOFLAGS, and a variable that -X sets there belongs to the program that is measured.
func (s *side) ldflags(layout uint64) string {
	flag := "-ldflags="
	if users := ldflagsOf(s.fact("goflags")); users != "" {
		flag += users + " "
	}
	return fmt.Sprintf("%s-s -w -randlayout=%d", flag, layout)
}

// ldflagsOf returns the value of -ldflags in GOFLAGS, or "". As the go command does, it splits at blanks outside of
// quotation marks, which surround whole entries, and the last one decides.
func ldflagsOf(goflags string) (value string) {
	for rest := strings.TrimSpace(goflags); rest != ""; rest = strings.TrimSpace(rest) {
		var entry string
		if quote := rest[0]; quote == '\'' || quote == '"' {
			entry, rest, _ = strings.Cut(rest[1:], string(quote))
		} else if i := strings.IndexAny(rest, " \t\n"); i >= 0 {
			entry, rest = rest[:i], rest[i:]
		} else {
			entry, rest = rest, ""
		}
		if _, flags, is := strings.Cut(entry, "-ldflags="); is && strings.Trim(entry[:len(entry)-len(flags)-len("-ldflags=")], "-") == "" {
			value = strings.TrimSpace(flags)
		}
	}
	return value
}

// binaries are of one package and one side, with different layouts.
type binaries []binary

// linkBoth links binaries of a package for both sides, with the given number of
// layouts each. Both sides are linked in one go and by turns, so that the
// machine is equally busy for both.
//
// If all binaries of one side came first, the other side would find warmer caches.
func (m *measurer) linkBoth(ctx context.Context, path string, layouts int) (old, new binaries, err error) {
	all, err := m.link(ctx, path, slices.Repeat([]*side{m.old, m.new}, layouts))
	for i, b := range all {
		if i%2 == 0 {
			old = append(old, b)
		} else {
			new = append(new, b)
		}
	}
	return old, new, err
}

// link links one binary for each of the given sides, on every core. It returns
// the first error only: the other builds of the package fail for the same
// reason. On an error the binaries that were linked stay until Close.
//
// Linking is the only work that runs on all cores. No pair is measured meanwhile.
func (m *measurer) link(ctx context.Context, path string, sides []*side) (binaries, error) {
	linked, began := make(binaries, len(sides)), time.Now()
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, s := range sides {
		layout := m.newLayout() // drawn here, because m.random is for one goroutine
		group.Go(func() (err error) {
			linked[i], err = s.build(ctx, s.packages[path], layout)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if n := len(sides); n > 0 { // what the plan supposes of the links to come
		rounds := (n + runtime.NumCPU() - 1) / runtime.NumCPU()
		m.linkTime = time.Since(began) / time.Duration(rounds)
	}
	return linked, nil
}

// remove deletes the binaries. All binaries of a run would take gigabytes. Errors
// do not matter, because Close removes the whole directory.
func (all binaries) remove() {
	for _, b := range all {
		os.Remove(b.path)
	}
}

// newLayout draws the seed of a layout. It is never 0, which means the usual
// layout of the linker.
func (m *measurer) newLayout() uint64 { return 1 + m.random.Uint64N(1<<40) }
