package process_test

import (
	"os"
	"testing"
)

// isLong reports whether the tests run that belong to make test-long.
func isLong() bool { return os.Getenv("SEMABENCH_LONG") == "1" }

// long skips a test of `make test-long`, and says what still covers its subject.
func long(t *testing.T, covered string) {
	t.Helper()
	if !isLong() {
		t.Skipf("needs SEMABENCH_LONG=1, as in make test-long; %s", covered)
	}
}

// longUnlessRuns is long, except if -process.runs asks for the test: scripts/process.sh does.
func longUnlessRuns(t *testing.T, covered string) {
	t.Helper()
	if !flagsGiven["process.runs"] {
		long(t, covered)
	}
}

// shortOr returns the number of rounds for make test, or for make test-long.
func shortOr(short, long int) int {
	if isLong() {
		return long
	}
	return short
}
