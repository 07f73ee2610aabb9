package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/exitcode"
)

// helpOn prints the help of the verb that args name, or of the command if they name none.
func (a app) helpOn(ctx context.Context, args []string) int {
	if len(args) == 0 {
		a.usage(a.stdout)
		return exitcode.OK
	}
	return a.main(ctx, []string{args[0], "-h"})
}

// version prints what a report of a defect needs: the version of this module, the commit that the
// binary was built from, and the toolchain with its platform.
func version(w io.Writer) {
	info, ok := debug.ReadBuildInfo()
	if !ok { // only binaries of other build systems than the go command have none
		info = &debug.BuildInfo{}
	}
	module, commit := info.Main, "unknown"
	for _, d := range info.Deps {
		if d.Path == modulePath {
			module = *d // the command is a tool of another module, or a test is linked with it
		}
	}
	if module.Version == "" {
		module.Version = "(devel)"
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && info.Main.Path == modulePath:
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = " with changes"
		}
	}
	fmt.Fprintf(w, "semabench %s\ncommit %s%s\n%s %s/%s\n", module.Version, commit, dirty,
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

const modulePath = "github.com/semabench/semabench"

// unknownVerb says which verbs there are, and which one was probably meant.
func (a app) unknownVerb(name string) int {
	var names []string
	for _, v := range verbs {
		if !slices.Contains(innerVerbs, v.name) {
			names = append(names, v.name)
		}
	}
	fmt.Fprintf(a.stderr, "semabench: unknown verb %q%s; verbs are %s\n", name,
		didYouMean(name, names, ""), strings.Join(names, ", "))
	return exitcode.Refused
}

// unknownFlag adds to the error of package flag which flag was probably meant. Other errors stay.
func (f *flagSet) unknownFlag(err error) error {
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		return err
	}
	var names []string
	f.VisitAll(func(g *flag.Flag) { names = append(names, g.Name) })
	return fmt.Errorf("unknown flag -%s%s; semabench %s -h lists the flags", strings.TrimPrefix(name, "-"),
		didYouMean(strings.TrimPrefix(name, "-"), names, "-"), f.Name())
}

// didYouMean returns a question with the name that is nearest to the typed one, or "" if none is
// near: at most two edits away, and less than half of the word. A wrong guess is worse than none.
func didYouMean(typed string, names []string, prefix string) string {
	best, least := "", min(2, (len(typed)-1)/2)
	for _, name := range names {
		if d := edits(typed, name); d <= least {
			best, least = name, d-1 // the first of several equally near ones
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s%s?)", prefix, best)
}

// edits returns the least number of insertions, deletions, substitutions and swaps of neighbours
// that make b of a (optimal string alignment; Damerau 1964). Swaps are the commonest slip of a
// typist, so they count as one edit.
func edits(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substitution := above[j-1]
			if a[i-1] != b[j-1] {
				substitution++
			}
			row[j] = min(above[j]+1, row[j-1]+1, substitution)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
