package explore_test

import (
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// No implementation is refuted, and neither is what most mutants are made of.
func TestImplementations(t *testing.T) {
	for _, impl := range append(impls.All(), mutant.Reference) {
		t.Run(impl.Name, func(t *testing.T) {
			r := explore.CheckSemaphore(t, explore.Options{Schedules: 1500}, impl)
			t.Log(r.Text)
			if r.Verdict == "fail" {
				t.Errorf("a false alarm: %s", r.What)
			}
		})
	}
}
