package main

import (
	"os"
	"testing"
)

// skipUnlessLong skips a test that takes more than five seconds on two cores, unless
// SEMABENCH_LONG=1 is set, as make test-long sets it. short names the tests of make test that cover
// the same code for a simpler case.
func skipUnlessLong(t *testing.T, short string) {
	t.Helper()
	if os.Getenv("SEMABENCH_LONG") != "1" {
		t.Skip("takes longer than make test allows: SEMABENCH_LONG=1 runs it; see " + short)
	}
}
