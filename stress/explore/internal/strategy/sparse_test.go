package strategy_test

import (
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	"github.com/semabench/semabench/stress/explore/shim/sync"
)

// Sparse departs from the default at a few steps of a long schedule, so that its word stays short. It still finds an
// update that is lost between two of thousands of operations.
func TestSparse(t *testing.T) {
	skipRaced(t)
	const turns = 2_000
	lost := false
	program := func(apart bool) func() {
		return func() {
			var n atomic.Int64
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					for range turns {
						if apart {
							n.Store(n.Load() + 1)
						} else {
							n.Add(1)
						}
					}
				})
			}
			wg.Wait()
			lost = n.Load() != 2*turns
		}
	}
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	for _, apart := range []bool{true, false} {
		search := &strategy.Recorder{Search: strategy.New(strategy.SparseName, 1, -1, func() int { return 4 * turns })}
		found, words := 0, map[string]bool{}
		for range 20 {
			search.Begin(x)
			x.Play(search, program(apart))
			search.Done(x)
			word := search.Schedule.String()
			if words[word] = true; len(word) > 10_000 {
				t.Errorf("a word of %d bytes", len(word))
			}
			if lost {
				found++
			}
		}
		if (found > 0) != apart || len(words) < 10 {
			t.Errorf("load and store: %v: %d of 20 schedules lose an update, %d are different", apart, found, len(words))
		}
	}
}
