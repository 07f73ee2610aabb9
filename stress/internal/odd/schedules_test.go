//go:build !race || explored

package odd_test

import (
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/internal/odd"
)

// No schedule of a small program breaks the contract.
func TestSchedules(t *testing.T) {
	longtest.Need(t, "TestRandomPrograms")
	for _, impl := range odd.All() {
		t.Run(impl.Name, func(t *testing.T) {
			r := explore.CheckSemaphore(t, explore.Options{Time: 20 * time.Second}, impl)
			if r.Verdict != explore.Pass && r.Verdict != explore.Unknown {
				t.Error(r.Text)
			}
		})
	}
}
