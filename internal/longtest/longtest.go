// Package longtest divides the tests between make test and make test-long.
//
// make test has seven minutes on two cores. A test that takes more than about five seconds there
// belongs to make test-long, which sets SEMABENCH_LONG=1. Such a test is skipped by [Need], or it
// tries fewer cases by [Or]. Both write to the log of the test what the short run leaves out: a
// reader of the log never takes a short run for a whole one.
package longtest

import (
	"os"
	"testing"
)

// variable asks for the long tests if its value is 1.
const variable = "SEMABENCH_LONG"

// Asked reports whether the long tests run.
func Asked() bool { return os.Getenv(variable) == "1" }

// Need skips t unless the long tests run. Covered names the tests of make test that check the same
// code for simpler cases.
func Need(t testing.TB, covered string) {
	t.Helper()
	if !Asked() {
		t.Skipf("takes longer than make test allows: %s=1 runs it; see %s", variable, covered)
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
