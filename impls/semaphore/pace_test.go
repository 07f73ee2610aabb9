package semaphore_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/impls/semaphore"
)

// served has the results of goroutines that take a permit in a loop.
type served struct {
	turns   []int         // of each goroutine
	longest time.Duration // wait of an Acquire
}

// serve lets goroutines hold one permit of s at a time, goroutine g for hold and g times spread.
// The clock of the bubble moves only when all goroutines sleep or wait. So every wait has its exact length,
// and no figure depends on the machine.
func serve(t *testing.T, s *semaphore.Weighted, goroutines int, hold, spread, total time.Duration) served {
	result := served{turns: make([]int, goroutines)}
	waits := make([]time.Duration, goroutines)
	end := time.Now().Add(total)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for time.Now().Before(end) {
				asked := time.Now()
				if err := s.Acquire(t.Context(), 1); err != nil {
					t.Error(err)
					return
				}
				waits[g] = max(waits[g], time.Since(asked))
				time.Sleep(hold + time.Duration(g)*spread)
				s.Release(1)
				result.turns[g]++
			}
		})
	}
	wg.Wait()
	result.longest = slices.Max(waits)
	return result
}

// Where permits are held for long, bounded bypass is as fair as strict hand-off: goroutines get the
// same number of turns, and no wait is longer than 1.2 times the longest one of NewFIFO.
func TestLongHoldsTakeTurns(t *testing.T) {
	const hold, turns = time.Millisecond, 20
	// Holders that began together end together, as timers and the network poller wake goroutines.
	spreads := map[time.Duration]string{0: "together", time.Microsecond: "apart"}
	for _, permits := range []int64{1, 2, 4, 16} {
		for _, goroutines := range []int{8, 32, 128} {
			if int64(goroutines) <= permits {
				continue
			}
			for spread, name := range spreads {
				t.Run(fmt.Sprintf("permits=%d/goroutines=%d/%s", permits, goroutines, name), func(t *testing.T) {
					total := turns * hold * time.Duration(goroutines) / time.Duration(permits)
					of := func(construct func(int64) *semaphore.Weighted) (result served) {
						synctest.Test(t, func(t *testing.T) {
							result = serve(t, construct(permits), goroutines, hold, spread, total)
						})
						return result
					}
					bypass, fifo := of(semaphore.NewWeighted), of(semaphore.NewFIFO)
					least, most := slices.Min(bypass.turns), slices.Max(bypass.turns)
					if most-least > 2 {
						t.Errorf("goroutines had %d to %d turns, want a difference of at most 2", least, most)
					}
					if bypass.longest > fifo.longest*6/5 {
						t.Errorf("the longest wait is %v, and %v with NewFIFO", bypass.longest, fifo.longest)
					}
				})
			}
		}
	}
}

// Permits that are held for less than 200 µs come back in bursts, too, and many permits come back less than
// 12.5 µs apart. In a bubble a waiter that is called runs before any time passes, so hand-off costs nothing.
func TestPromptWaitersTakeTurns(t *testing.T) {
	const turns = 22
	for _, permits := range []int64{1, 4, 16} {
		for _, goroutines := range []int{64, 128} {
			for _, hold := range []time.Duration{50 * time.Microsecond, 100 * time.Microsecond, 150 * time.Microsecond} {
				for _, spread := range []time.Duration{0, 100 * time.Nanosecond} {
					t.Run(fmt.Sprintf("permits=%d/goroutines=%d/hold=%v/spread=%v", permits, goroutines, hold, spread), func(t *testing.T) {
						total := turns * hold * time.Duration(goroutines) / time.Duration(permits)
						of := func(construct func(int64) *semaphore.Weighted) (result served) {
							synctest.Test(t, func(t *testing.T) {
								result = serve(t, construct(permits), goroutines, hold, spread, total)
							})
							return result
						}
						bypass, fifo := of(semaphore.NewWeighted), of(semaphore.NewFIFO)
						if j := jain(bypass.turns); j < 0.98 {
							t.Errorf("Jain's index is %.3f, want 0.98 at least", j)
						}
						if bypass.longest > 3*fifo.longest {
							t.Errorf("the longest wait is %v, and %v with NewFIFO", bypass.longest, fifo.longest)
						}
					})
				}
			}
		}
	}
}

// jain returns Jain's index of fairness: 1 if all goroutines had as many turns, 1/n if one of n had all.
func jain(turns []int) float64 {
	var sum, squares float64
	for _, n := range turns {
		sum += float64(n)
		squares += float64(n) * float64(n)
	}
	return sum * sum / squares / float64(len(turns))
}

// Newcomers pass the first in line if permits come back soon, and do not if they come back late.
// Bounds that no case reaches leave the decision to the pace. The first in line never fits before the
// end, so no goroutine races with the newcomers.
func TestPaceDecides(t *testing.T) {
	const longHold, longGap = 200 * time.Microsecond, 12500 * time.Nanosecond // as NewWeighted documents
	for name, test := range map[string]struct {
		size int64
		hold time.Duration
		want int // newcomers of 20 that pass
	}{
		"short holds":          {2, 10 * time.Microsecond, 20},
		"just below long ones": {2, longHold/2 - 1, 20},
		// Only the first newcomer passes: before its Release the pace is not known.
		"long holds":                   {2, longHold / 2, 1},
		"no time passes":               {2, 0, 20},
		"long holds, short gaps":       {1000, longGap - 1, 20},
		"many permits, and gaps, too":  {1000, longGap, 1},
		"a size that overflows int64":  {1 << 62, longGap, 1},
		"a size that overflows, short": {1 << 62, longGap - 1, 20},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := semaphore.NewBounded(test.size, time.Hour, 1000)
				s.TryAcquire(test.size / 2)
				var order []int64
				start(t.Context(), s, test.size, &order)
				passed := 0
				for range 20 {
					if !s.TryAcquire(1) {
						break
					}
					passed++
					time.Sleep(test.hold)
					mustPanic(t, "semaphore: released more than held", func() { s.Release(test.size + 1) }) // counts nowhere
					s.Release(1)
					s.Release(0) // returns nothing, so it does not count
				}
				if passed != test.want {
					t.Errorf("%d newcomers passed, want %d", passed, test.want)
				}
				s.Release(test.size / 2)
				synctest.Wait()
				if len(order) != 1 {
					t.Error("the first in line was not served after the last release")
				}
			})
		})
	}
}

// A holder that kept its permit for a second does not end bypass for good. Of a thousand short holds after
// it, some give a newcomer the permit. The newcomer races with the goroutine that was woken, and a single
// race may go either way.
func TestPaceForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := semaphore.NewWeighted(1)
		passed := 0
		for i := range 1000 {
			s.TryAcquire(1)
			var order []int64
			start(t.Context(), s, 1, &order)
			if i == 0 {
				time.Sleep(time.Second)
			}
			time.Sleep(time.Microsecond)
			s.Release(1)
			if s.TryAcquire(1) {
				passed++
				s.Release(1)
			}
			synctest.Wait()
			s.Release(1)
		}
		if passed == 0 {
			t.Error("no newcomer passed a waiter after one long hold")
		}
	})
}

// While no call waits, releases do not come to the ledger, and that time says nothing of the pace. What
// was measured before stays.
func TestPaceBesideOpenWord(t *testing.T) {
	for name, test := range map[string]struct {
		hold time.Duration
		want bool // a newcomer passes
	}{
		"short holds": {time.Microsecond, true},
		"long holds":  {time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := semaphore.NewBounded(2, time.Hour, 1000)
				for range 20 {
					s.TryAcquire(2)
					var order []int64
					start(t.Context(), s, 2, &order)
					time.Sleep(test.hold)
					s.Release(2)
					synctest.Wait()
					s.Release(2)
					time.Sleep(time.Minute) // all permits are free, and the word is open
				}
				s.TryAcquire(1)
				var order []int64
				start(t.Context(), s, 2, &order)
				if got := s.TryAcquire(1); got != test.want {
					t.Errorf("a newcomer passes: %t, want %t", got, test.want)
				} else if got {
					s.Release(1)
				}
				s.Release(1)
				synctest.Wait()
			})
		})
	}
}
