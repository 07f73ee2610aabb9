package process_test

import (
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

// longUnlessRuns leaves a test to make test-long, except if -process.runs asks for the test:
// scripts/process.sh does.
func longUnlessRuns(t *testing.T, covered string) {
	t.Helper()
	if !flagsGiven["process.runs"] {
		longtest.Need(t, covered)
	}
}
