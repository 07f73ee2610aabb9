package designs_test

import (
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress"
	"github.com/semabench/semabench/stress/internal/designs"
)

// Random programs find nothing in any design. The contract as a whole takes two seconds for each.
func TestRandomPrograms(t *testing.T) {
	for _, impl := range designs.All() {
		t.Run(impl.Name, func(t *testing.T) {
			c := stress.Campaign{Impl: impl, Seed: 1}
			if _, failed := c.Play(t.Context(), int64(longtest.Or(t, "operations", 50_000, 500))); failed != nil {
				t.Error(failed)
			}
		})
	}
}

// Every design keeps the contract.
func TestContract(t *testing.T) {
	longtest.Need(t, "TestRandomPrograms")
	for _, impl := range designs.All() {
		t.Run(impl.Name, func(t *testing.T) { stress.Run(t, impl) })
	}
}
