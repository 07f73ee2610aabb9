// Command suites explores the tests of well-known concurrency packages, unmodified, at the
// versions in go.mod, and writes the results to RESULTS.md.
//
//	go run .                      all packages; an hour and a half, and less with -again 30s
//	go run . -save FILE           the same; goes on where an interrupted run with this FILE ended
//	go run . -only semaphore      packages with this in their path; writes to standard output
//	go run . -package P -run X    the tests of one package whose names match; also writes what each shows
//	go run . -package P -run X -schedule W    plays one schedule again, as RESULTS.md names it
//
// It exits with 1 if a schedule fails for a reason that is not in the table known of packages.go:
// then the package has a bug, or the explorer has one.
//
// The packages are the code of other authors, so the tests know nothing of the explorer: what the
// explorer refuses, or gets wrong, shows here first. The versions are fixed, so two runs differ
// only by a change of the explorer, or by the time that each machine needs.
//
// # What this does not show
//
// Each test is explored for a few seconds only. A test without a failure is complete only where the
// table says so. The packages were chosen by hand, so the share of tests that can be explored says
// nothing about Go code in general.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

func main() {
	// 200 schedules of each strategy and three seconds for each test let all packages end within
	// the hour and a half of the package comment.
	only := flag.String("only", "", "explore packages whose path contains `TEXT`")
	schedules := flag.Int("schedules", 200, "play `N` schedules of each strategy at most, for each test")
	limit := flag.Duration("time", 3*time.Second, "explore each test for this time at most")
	race := flag.Bool("race", false, "watch every schedule with the race detector")
	save := flag.String("save", "", "keep the results of each package in `FILE`, and take from it what is there")
	pkg := flag.String("package", "", "explore this package alone, `PATH`; it need not be in the list")
	tests := flag.String("run", "", "with -package: explore the tests that match `PATTERN`")
	schedule := flag.String("schedule", "", "with -package: play the schedule `WORD` of a failure alone")
	flag.DurationVar(&once.Time, "again", once.Time, "play a test of which no schedule ended once more, for this time at most")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o := explore.Options{Schedules: *schedules, Time: *limit, Schedule: *schedule}
	// With -package the exit code does not depend on the table known: a person reads the results.
	err := error(nil)
	if *pkg != "" {
		err = show(ctx, explore.Suite{Package: *pkg, Race: *race, Options: o}, *tests, os.Stdout)
	} else {
		err = run(ctx, *only, *save, *race, o, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "suites: %v\n", err)
		os.Exit(1)
	}
}

// show explores tests of one package, and writes the whole result of each: for a failure the
// schedule, for a refusal the reason with its remedy. The table has room for one line of either.
func show(ctx context.Context, s explore.Suite, tests string, w io.Writer) error {
	pattern, err := regexp.Compile(tests)
	if err != nil {
		return err
	}
	s.Run = pattern
	s.OnResult = func(t explore.SuiteTest) {
		fmt.Fprintf(w, "%s: %s\n%s\n\n", t.Name, t.Verdict, t.Text)
	}
	_, err = s.Explore(ctx)
	return err
}

// once are the bounds for a test of which no schedule came to its end within the first bounds: two
// schedules, and up to two minutes for them. They show that the test can be explored, and not much
// more. Steps is 0, so package explore plays schedules of up to ten million steps. The bound on
// time is for a machine with other work, and -again changes it.
var once = explore.Options{Schedules: 2, Time: 2 * time.Minute}

// again plays such tests once more, and replaces their results.
//
// Only these tests get the longer time: forty times the first bound for every test would take two
// days.
func (r *row) again(ctx context.Context, s explore.Suite) error {
	var names []string
	at := map[string]int{}
	for i, t := range r.Tests {
		if reason(t) == unfinished {
			names = append(names, regexp.QuoteMeta(t.Name))
			at[t.Name] = i
		}
	}
	if len(names) == 0 {
		return nil
	}
	s.Options = once
	s.Run = regexp.MustCompile("^(" + strings.Join(names, "|") + ")$")
	// One call for all tests of the package: the rewritten copy is built once.
	tests, err := s.Explore(ctx)
	for _, t := range tests {
		if i, ok := at[t.Name]; ok {
			r.Tests[i] = t
		}
	}
	return err
}

// run explores the packages that match only, and writes the table: to RESULTS.md if it has all
// packages, and to w otherwise.
func run(ctx context.Context, only, save string, race bool, o explore.Options, w, progress io.Writer) error {
	rows, err := load(save)
	if err != nil {
		return err
	}
	for _, pkg := range packages {
		if !strings.Contains(pkg, only) || has(rows, pkg) {
			continue
		}
		// A package whose tests were cut off by Ctrl-C is not stored: its row would look complete
		// to the run that goes on from the file.
		r := exploreAll(ctx, pkg, race, o, progress)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rows = append(rows, r)
		if err := store(save, rows); err != nil {
			return err
		}
	}
	// A package that was explored again, beside a file with the others, stands where it always stands.
	slices.SortStableFunc(rows, func(a, b row) int {
		return slices.Index(packages, a.Package) - slices.Index(packages, b.Package)
	})
	// RESULTS.md is in git, and always has all packages, played without the race detector. A part
	// of the table, or a table of another kind, must not replace it.
	text := table(rows, o)
	if only != "" || race {
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	} else if err := os.WriteFile("RESULTS.md", []byte(text), 0o644); err != nil {
		return err
	}
	if n := unknown(rows); n > 0 {
		return fmt.Errorf("%d test(s) fail for an unknown reason: see the table", n)
	}
	return nil
}

// exploreAll explores the tests of one package. An error, such as a package that does not build,
// becomes a part of its row: the other packages are explored all the same.
func exploreAll(ctx context.Context, pkg string, race bool, o explore.Options, progress io.Writer) row {
	r := row{Package: pkg}
	s := explore.Suite{Package: pkg, Race: race, Options: o, OnResult: func(t explore.SuiteTest) {
		fmt.Fprintf(progress, "%s %s %s (%d schedules, %.1f s)\n",
			pkg, t.Name, t.Verdict, t.Schedules, t.Took.Seconds())
	}}
	var err error
	if r.Tests, err = s.Explore(ctx); err == nil {
		err = r.again(ctx, s)
	}
	if err != nil {
		r.Err = err.Error()
	}
	return r
}

// load reads the results of an earlier run, if a file is named and there. The file does not name
// the options of that run: the caller has to use the same ones, or the table mixes two kinds of
// results.
func load(file string) (rows []row, err error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	return rows, err
}

// store writes the results so far to a file, if one is named. It runs after each package, because a
// run takes an hour and a half, and an interrupted one would be lost otherwise.
func store(file string, rows []row) error {
	if file == "" {
		return nil
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

func has(rows []row, pkg string) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return r.Package == pkg })
}
