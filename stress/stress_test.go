package stress_test

import (
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress"
)

func TestImplementations(t *testing.T) {
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) { stress.Run(t, impl) })
	}
}

// Whoever declares less is held to less: a correct semaphore passes with the defaults of impls.Of,
// and when it is watched from outside.
func TestDeclaringLessNeverFails(t *testing.T) {
	for _, impl := range impls.All() {
		plain := impl
		plain.Order = impls.Unspecified
		mustNotFail(t, "order unspecified", plain)
		if impl.Waits == impls.Parked {
			outside := impl
			outside.Waits = impls.Elsewhere
			mustNotFail(t, "watched from outside", outside)
		}
	}
}

func mustNotFail(t *testing.T, how string, impl impls.Impl) {
	t.Helper()
	if err := stress.Check(impl); err != nil {
		t.Errorf("%s: %v", how, err)
	}
}
