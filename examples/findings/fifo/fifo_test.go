package fifo_test

import (
	"math"
	"testing"

	"github.com/cockroachdb/crlib/fifo"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// All units are taken. No more than the capacity may be out.
func TestFIFOGivesOutTooMany(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		s := fifo.NewSemaphore(2)
		_ = s.TryAcquire(2)
		if s.TryAcquire(math.MaxInt64) {
			t.Errorf("units beside the two of the capacity are out: %v", s.Stats())
		}
	}, "capacity: 2, outstanding: -")
}
