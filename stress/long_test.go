package stress

import (
	"os"
	"testing"
)

// long reports whether long tests were asked for. A long test takes more than five seconds on two
// quiet cores; make test-long runs all of them.
func long() bool { return os.Getenv("SEMABENCH_LONG") != "" }

// NeedLong skips t unless long tests were asked for.
func NeedLong(t *testing.T) {
	t.Helper()
	if !long() {
		t.Skip("takes longer than make test allows: SEMABENCH_LONG=1 runs it, as make test-long does")
	}
}

// LongOr returns all if long tests were asked for, and few otherwise. It logs what a short run
// leaves out. Both are exported for the external tests of this package.
func LongOr(t *testing.T, what string, all, few int) int {
	t.Helper()
	if long() {
		return all
	}
	t.Logf("%d %s; SEMABENCH_LONG=1 runs %d, as make test-long does", few, what, all)
	return few
}
