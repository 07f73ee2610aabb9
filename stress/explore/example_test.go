package explore_test

import (
	"context"
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/stress/explore"
)

// A test of a type in one line: Type draws the programs. Release panics if nothing is held, which is
// allowed where a sequential order panics, too.
func ExampleType() {
	newWeighted := func() *semaphore.Weighted { return semaphore.NewWeighted(2) }
	_ = func(t *testing.T) { // func TestWeighted(t *testing.T) {
		explore.Type(t, newWeighted,
			explore.Arguments("Acquire", context.Background(), 2),
			explore.Arguments("TryAcquire", 1),
			explore.Arguments("Release", 1))
	}
}
