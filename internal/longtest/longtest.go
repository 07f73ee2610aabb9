// Package longtest divides the tests between make test, make test-race and make test-long.
//
// make test has five minutes on two cores, so a test there takes at most about two seconds of
// processor time. What takes longer belongs to one of two larger tiers:
//
//   - make test-race, which CI runs after make test and which sets SEMABENCH_LONG=ci. It runs each
//     test that takes seconds: [NeedCI] and [OrCI]. CI runs such a test once, and not in both tiers.
//   - make test-long, which sets SEMABENCH_LONG=1. It adds the tests that take minutes, of which CI
//     runs some each time and all each week: [Need] and [Or].
//
// A tier runs all tests of the smaller ones. A test that is left out is skipped with the command
// that runs it, and a test that tries fewer cases says how many: a reader of the log never takes a
// short run for a whole one.
package longtest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// variable chooses the tier: "1" for make test-long, "ci" for make test-race.
const variable = "SEMABENCH_LONG"

// Asked reports whether the long tests run.
func Asked() bool { return os.Getenv(variable) == "1" }

// AskedCI reports whether the tests run that CI runs once, in make test-race.
func AskedCI() bool { return Asked() || os.Getenv(variable) == "ci" }

// Need skips t unless the long tests run. Covered names the tests of make test that check the same
// code for simpler cases.
func Need(t testing.TB, covered string) {
	t.Helper()
	if !Asked() {
		t.Skipf("takes longer than make test allows: %s=1 runs it; see %s", variable, covered)
	}
}

// NeedCI skips t unless the tests run that CI runs once. Covered names the tests of make test that
// check the same code for simpler cases.
func NeedCI(t testing.TB, covered string) {
	t.Helper()
	if !AskedCI() {
		top, _, _ := strings.Cut(t.Name(), "/")
		t.Skipf("takes longer than make test allows: %s=ci go test -run '^%s$' runs it, as make test-race does; see %s",
			variable, regexp.QuoteMeta(top), covered)
	}
}

// Or returns all if the long tests run, and few otherwise. What names the cases that are counted,
// as in "random programs".
func Or(t testing.TB, what string, all, few int) int {
	t.Helper()
	if Asked() {
		return all
	}
	t.Logf("%d %s; %s=1 tries %d, as make test-long does", few, what, variable, all)
	return few
}

// OrCI returns all if the tests run that CI runs once, and few otherwise, as [Or] does.
func OrCI(t testing.TB, what string, all, few int) int {
	t.Helper()
	if AskedCI() {
		return all
	}
	t.Logf("%d %s; %s=ci tries %d, as make test-race does", few, what, variable, all)
	return few
}
