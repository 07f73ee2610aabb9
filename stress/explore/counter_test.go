package explore_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

func count(t *explore.T) {
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { n.Store(n.Load() + 1) })
	}
	wg.Wait()
	if got := n.Load(); got != 2 {
		t.Errorf("n = %d, want 2", got)
	}
}

func TestCounter(t *testing.T) {
	r := explore.Check(t, explore.Options{}, count)
	mustShowInDoc(t, r)
}
