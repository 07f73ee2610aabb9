package odd_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress"
	"github.com/semabench/semabench/stress/internal/designs"
	"github.com/semabench/semabench/stress/internal/mutant"
	"github.com/semabench/semabench/stress/internal/odd"
)

// correct returns every correct semaphore of this module.
func correct() (all []impls.Impl) {
	for _, impl := range impls.All() {
		if impl.OverRelease == impls.OverReleaseUnchanged { // what is left is declared, and checked there
			all = append(all, impl)
		}
	}
	all = append(all, mutant.Reference)
	all = append(all, designs.All()...)
	return append(all, odd.All()...)
}

// At least 30 correct semaphores of different designs stand against false alarms.
func TestThirtyDesigns(t *testing.T) {
	if n := len(correct()); n < 30 {
		t.Errorf("%d correct designs, want at least 30", n)
	}
}

// Random programs find nothing in any odd design.
func TestRandomPrograms(t *testing.T) {
	ops := int64(longtest.Or(t, "operations", 50_000, 500))
	for _, impl := range odd.All() {
		t.Run(impl.Name, func(t *testing.T) {
			c := stress.Campaign{Impl: impl, Seed: 1}
			if _, failed := c.Play(t.Context(), ops); failed != nil {
				t.Error(failed)
			}
		})
	}
}

// No clause refutes a correct design, with any number of processors.
func TestContract(t *testing.T) {
	longtest.Need(t, "TestRandomPrograms")
	for _, processors := range []int{1, 2, 8} {
		t.Run(fmt.Sprintf("GOMAXPROCS=%d", processors), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			for _, impl := range correct() {
				t.Run(impl.Name, func(t *testing.T) { stress.Run(t, impl) })
			}
		})
	}
}
