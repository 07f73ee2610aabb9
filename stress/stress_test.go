package stress_test

import (
	"strings"
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress"
)

func TestImplementations(t *testing.T) {
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) { stress.Run(t, impl) })
	}
}

// A correct semaphore also passes if it declares less: with the defaults of impls.Of, and when it is
// watched from outside of a bubble.
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

// golang.org/x/sync v0.24.0 subtracts before it panics. If it does not declare that, C11 fails and no other
// clause does.
func TestWeightedIsCorruptedByOverRelease(t *testing.T) {
	undeclared := impls.Of("weighted", semaphore.NewWeighted)
	for _, v := range stress.Judge(undeclared) {
		if got, want := v.Outcome == stress.Fail, v.ID == "C11"; got != want {
			t.Errorf("failed = %v, want %v: %v", got, want, v)
		}
		if v.ID == "C11" && !strings.Contains(v.Detail, "permits were granted, want") {
			t.Errorf("%v does not say what was granted", v)
		}
	}
}
