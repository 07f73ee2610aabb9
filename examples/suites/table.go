package main

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore"
)

// A row is the results of a package. It has what explore returned and no counts, so that the file
// of -save still gives the whole table after a change of the table.
type row struct {
	Package string
	Tests   []explore.SuiteTest
	Err     string // the reason why no test can be explored, "" if they can
}

// table returns the results as Markdown. It has no times and no name of the machine, so that the
// difference between two versions of RESULTS.md shows results only.
func table(rows []row, o explore.Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Results of exploring the tests of other projects\n\n"+
		"Written by `go run .`; at most %d schedules of each kind and %v for a test. A test of which no "+
		"schedule ends within %v is played once more, for %d schedules and %v at most. "+
		"README.md says what the columns mean and what the failures are.\n\n",
		o.Schedules, o.Time, o.Time, once.Schedules, once.Time)
	b.WriteString("| package | version | tests | explored | complete | schedules | failures | " +
		"refused or skipped |\n" +
		"|---|---|---:|---:|---:|---:|---:|---|\n")
	var all counts
	for _, r := range rows {
		c := r.count()
		all.add(c)
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.Package, version(r.Package), c, r.reasons())
	}
	// With -only and a text that fits no package there are no tests, and 0/0 would be NaN.
	fmt.Fprintf(&b, "| **all** | | %s | %.1f %% of the tests are explored |\n", &all,
		100*float64(all.explored)/float64(max(1, all.tests)))
	b.WriteString(failures(rows))
	b.WriteString(notExplored(rows))
	return b.String()
}

// counts are the numbers in a row of the table. A test that failed counts as explored: its failing
// schedule was played to the end.
type counts struct{ tests, explored, complete, schedules, failures int }

func (c *counts) String() string {
	return fmt.Sprintf("%d | %d | %d | %d | %d", c.tests, c.explored, c.complete, c.schedules, c.failures)
}

func (c *counts) add(d *counts) {
	c.tests += d.tests
	c.explored += d.explored
	c.complete += d.complete
	c.schedules += d.schedules
	c.failures += d.failures
}

// count counts the tests of a package by result.
func (r *row) count() *counts {
	c := &counts{tests: len(r.Tests)}
	for _, t := range r.Tests {
		c.schedules += t.Schedules
		if t.Verdict == "fail" {
			c.failures++
		}
		if reason(t) == "" {
			c.explored++
		}
		// A test that skips itself has one schedule, which ends at once. That is complete, but
		// proves nothing, and would make the number look better than it is.
		if t.Complete && !t.Skipped {
			c.complete++
		}
	}
	return c
}

// reasons returns the reasons why tests were not explored, with how many tests each has. They are
// sorted: the order of a map would change RESULTS.md in each run.
func (r *row) reasons() string {
	if r.Err != "" {
		why := strings.ReplaceAll(r.Err, "\n", " ")
		if _, inCache, ok := strings.Cut(why, "/pkg/mod/"); ok { // the path in front differs from machine to machine
			why = inCache
		}
		return "all: " + why
	}
	count := map[string]int{}
	for _, t := range r.Tests {
		if why := reason(t); why != "" {
			count[why]++
		}
	}
	var list []string
	for _, why := range slices.Sorted(maps.Keys(count)) {
		list = append(list, fmt.Sprintf("%d: %s", count[why], why))
	}
	return strings.Join(list, "; ")
}

// unfinished is the reason of a test of which no schedule came to its end.
const unfinished = "no schedule ends within the bounds on steps and time"

// reason returns the reason why a test was not explored, "" if it was.
//
// A test whose bounds ended the exploration counts as explored if at least one schedule came to its
// end: its assertions ran at least once under the explorer's control. Endless counts the schedules
// that were cut off.
func reason(t explore.SuiteTest) string {
	switch {
	case t.Skipped:
		return "skips itself"
	case t.Verdict == "refused":
		why, _, _ := strings.Cut(strings.TrimPrefix(t.What, "refused: "), ":")
		return why
	case t.Verdict == "unknown" && t.Endless == t.Schedules:
		return unfinished
	}
	return ""
}

// what returns what failed, in one line. The first line of a failure of testify is a place, which stands
// before it already; the complaint follows some lines below.
func what(t explore.SuiteTest) string {
	place, _, ok := strings.Cut(t.What, "Error Trace:")
	if !ok {
		return t.What
	}
	for line := range strings.Lines(t.Text) {
		if complaint, ok := strings.CutPrefix(strings.TrimSpace(line), "Error:"); ok {
			return place + strings.TrimSuffix(strings.TrimSpace(complaint), ":")
		}
	}
	return place + "an assertion fails"
}

// word returns the word of a schedule for the table. The words of long schedules have thousands of letters:
// the table has their beginning, and go run . -package P -run T prints them.
func word(schedule string) string {
	const most = 120
	if len(schedule) > most {
		return fmt.Sprintf("`%s…` and %d letters more", schedule[:most], len(schedule)-most)
	}
	return "`" + schedule + "`"
}

// failures lists the failing schedules, each with its reason if that is known.
func failures(rows []row) string {
	var b strings.Builder
	for _, r := range rows {
		for _, t := range r.Tests {
			if t.Verdict != "fail" {
				continue
			}
			why := known[r.Package+" "+t.Name]
			if why == "" {
				why = "**not known**"
			}
			fmt.Fprintf(&b, "- `%s` `%s`: %s, in schedule %d (%s), %s. %s\n",
				r.Package, t.Name, what(t), t.Schedules, t.Strategy, word(t.Schedule), why)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n## Failures\n\n`go run . -package P -run '^TEST$' -schedule WORD` plays one again, with all its steps.\n\n" +
		b.String()
}

// remedies say what an author can do about a reason, by a part of it. The first part that fits
// decides.
var remedies = []struct{ part, remedy string }{
	{unfinished, "Play fewer goroutines or rounds: testing.Short, or a constant for the build tag semabench_explore."},
	{"no end within", "As above: thousands of goroutines run at once, and each costs time in every step."},
	{"os/exec", "Run the process in a test of its own, and give the code a function in its place here."},
	{"what the engine allocates", "Count allocations in a test of its own; go test has the number."},
	{"a finalizer or a cleanup", "Test in a test of its own what the collector does; go test runs it."},
	{"os/signal", "Give the code a channel in the place of signal.Notify, and send to it."},
	{"net/http", "Call the handler with httptest.NewRecorder, or use net.Pipe."},
	{"more than the schedule", "Make the state anew that the text names, for each test."},
	{"out of control", "Look at the stacks: a loop needs an operation, and a wait has to be under control."},
}

// notExplored lists the tests that were not explored, each with the reason and what its author can
// do. A test that skips itself is left out: its author has decided that already.
func notExplored(rows []row) string {
	var b strings.Builder
	for _, r := range rows {
		for _, t := range r.Tests {
			why := reason(t)
			if why == "" || t.Skipped {
				continue
			}
			if t.Verdict == "refused" {
				why, _, _ = strings.Cut(t.Text, "\n")
			}
			i := slices.IndexFunc(remedies, func(r struct{ part, remedy string }) bool {
				return strings.Contains(why, r.part)
			})
			remedy := ""
			if i >= 0 {
				remedy = " " + remedies[i].remedy
			}
			fmt.Fprintf(&b, "- `%s` `%s`: %s.%s\n", r.Package, t.Name, strings.TrimPrefix(why, "refused: "), remedy)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n## Not explored\n\n" + b.String()
}

// unknown counts the failures without a known reason.
func unknown(rows []row) (n int) {
	for _, r := range rows {
		for _, t := range r.Tests {
			if t.Verdict == "fail" && known[r.Package+" "+t.Name] == "" {
				n++
			}
		}
	}
	return n
}

// version returns the version of the module of a package, from the build information of this
// binary. The blank imports of packages.go put each module there; the versions are the ones that
// were explored, since the explorer builds the tests with the same go.mod.
func version(pkg string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "?"
	}
	for _, m := range info.Deps {
		if pkg == m.Path || strings.HasPrefix(pkg, m.Path+"/") {
			return m.Version
		}
	}
	return "?"
}
