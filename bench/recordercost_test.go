package bench

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

// A budget that no clock of this machine may meet is not met by timing everything.
func TestRecorderIsAffordable(t *testing.T) {
	every, costs := affordable()
	t.Logf("a recorder adds %.1f ns to an Acquire if one in %d is timed", costs, every)
	if math.IsNaN(costs) || math.IsInf(costs, 0) || every < oftenest || every > rarest {
		t.Errorf("the recorder costs %v ns where it times one in %d", costs, every)
	}
	if costs >= tolerable && every < rarest {
		t.Errorf("the recorder costs %v ns and could do with fewer looks at the clock", costs)
	}
}

// What a recorder costs: the difference to nothing. One in 1 is what is not affordable.
func BenchmarkRecorder(b *testing.B) {
	ctx := context.Background()
	acquire := func(name string, sem impls.Semaphore) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = sem.Acquire(ctx, 1) // has nothing to fail with
			}
		})
	}
	acquire("timed=none", nothing{})
	for _, every := range []uint64{1, 4, oftenest} {
		rec := newRecorders(1, every, time.Second)[0]
		acquire(fmt.Sprintf("timed=1in%d", every), &view{sem: nothing{}, rec: rec})
	}
}
