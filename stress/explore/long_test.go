package explore_test

import (
	"os"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

// needLong skips t unless long tests were asked for. A long test takes more than five seconds on
// two quiet cores; make test-long runs all of them.
func needLong(t *testing.T) {
	t.Helper()
	longtest.Need(t, "the shorter tests of this package")
}

// longOr returns long if long tests were asked for, and short otherwise. It logs what a short run
// leaves out, so that the log of a test says how much it has tried.
func longOr(t *testing.T, what string, long, short int) int {
	t.Helper()
	return longtest.Or(t, what, long, short)
}

// isPlayer reports whether this process plays schedules for an exploration, and is not its parent.
func isPlayer() bool { return os.Getenv("SEMABENCH_EXPLORE_NTH") != "" }
