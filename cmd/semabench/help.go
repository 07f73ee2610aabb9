package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/spelling"
)

// usage prints the verbs and the exit codes. It goes to standard output if the user asked for
// it, and to standard error if the arguments were empty: a script that pipes the output must not
// take the help for a result.
func (a app) usage(w io.Writer) {
	fmt.Fprintln(w, "semabench measures semaphores, reports on benchmarks, guards them, and plays "+
		"random programs\nand every schedule.\n\n"+
		"Verbs (-h after one lists its flags, version prints the version):")
	for _, v := range verbs {
		fmt.Fprintf(w, "  %-10s %s\n", v.name, v.what)
	}
	fmt.Fprintln(w, "\nExit codes: 0 done, nothing failed; 1 something failed, the good part was "+
		"kept; "+
		"2 refused, nothing written; 130 interrupted.\n"+
		"gate: 0 pass; 1 regression; 2 refused, unreadable, failed or missing rows; 3 inconclusive or "+
		"interrupted; 4 invalid run.\n"+
		"explore: 3 unknown: none failed, and a bound came before all schedules were played.\n"+
		"vet: 0 nothing found; 1 found; 2 refused, or a package does not compile.")
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

// modulePath tells the own build from a build in which this module is a dependency: go run and go install of a
// version, a tool line in another go.mod, a test. The commit of another module must not be shown as the commit
// of this one.
const modulePath = "github.com/semabench/semabench"

// unknownVerb says which verbs there are, and which one was probably meant. The inner verbs are left out: a
// user that calls them gets lines for a program.
func (a app) unknownVerb(name string) int {
	var names []string
	for _, v := range verbs {
		if !slices.Contains(innerVerbs, v.name) {
			names = append(names, v.name)
		}
	}
	fmt.Fprintf(a.stderr, "semabench: unknown verb %q%s; verbs are %s\n", name,
		spelling.Suggest(name, append(names, "help", "version", "--help", "--version"), ""), strings.Join(names, ", "))
	return exitcode.Refused
}
