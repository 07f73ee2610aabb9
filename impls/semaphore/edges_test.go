package semaphore_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/impls/semaphore"
)

// extremes are numbers at the ends of the integer types, and some small ones. A field that is too narrow, or a sum that
// overflows, shows with one of them.
var extremes = func() []int64 {
	numbers := []int64{0, 1, 2, 3, 5, math.MaxInt64}
	for _, bits := range []int{7, 8, 15, 16, 31, 32, 53, 62} {
		numbers = append(numbers, 1<<bits-1, 1<<bits, 1<<bits+1)
	}
	return append(numbers, math.MaxInt64-1)
}()

// A reference is a semaphore on which no call waits: two numbers.
type reference struct{ size, held int64 }

func (r *reference) try(n int64) bool {
	if n > 0 && n > r.size-r.held { // a sum could overflow
		return false
	}
	r.held += n
	return true
}

// Random programs of one goroutine agree with the reference, whatever the sizes and weights. A size
// below the held permits closes the word, so both the fast paths and the ledger count.
func TestExtremeNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	draw := func() int64 { return extremes[r.IntN(len(extremes))] }
	for name, construct := range policies {
		for program := range 400 {
			size := draw()
			s, want := construct(size), &reference{size: size}
			for range 40 {
				switch n := draw(); r.IntN(4) {
				case 0:
					s.Resize(n)
					want.size = n
				case 1, 2:
					if r.IntN(2) == 0 { // a weight that just fits, or just does not
						n = max(0, want.size-want.held+int64(r.IntN(2)))
					}
					granted := want.try(n)
					if granted && r.IntN(2) == 0 { // Acquire would wait otherwise
						if err := s.Acquire(context.Background(), n); err != nil {
							t.Fatalf("%s: program %d: Acquire(%d): %v", name, program, n, err)
						}
					} else if got := s.TryAcquire(n); got != granted {
						t.Fatalf("%s: program %d: TryAcquire(%d) = %v, want %v", name, program, n, got, granted)
					}
				default:
					if n > want.held && r.IntN(4) > 0 {
						n = want.held
					}
					if n > want.held {
						mustPanic(t, "semaphore: released more than held", func() { s.Release(n) })
						continue
					}
					s.Release(n)
					want.held -= n
				}
				if got := s.Stats(); got != (semaphore.Stats{Size: want.size, Held: want.held}) {
					t.Fatalf("%s: program %d: Stats = %+v, want %+v", name, program, got, *want)
				}
			}
		}
	}
}

// The counters, and the order of arrival, go on after any number of calls.
func TestCountersAtTheEnds(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		for _, before := range extremes {
			if before > 1<<53 {
				continue // no process lives so long
			}
			s := construct(4)
			s.TryAcquire(4)
			s.SetCounters(before)
			ctx, cancel := context.WithCancel(t.Context())
			var order []int64
			for _, n := range []int64{1, 4, 3, 5} {
				start(ctx, s, n, &order)
				if n == 1 {
					time.Sleep(time.Minute) // the sum of waiting times needs more than 32 bits
					cancel()
					synctest.Wait()
					ctx, cancel = context.WithCancel(t.Context())
				}
			}
			s.Release(4) // serves 4
			synctest.Wait()
			want := semaphore.Stats{Size: 4, Held: 4, Waiting: 2*before + 2, Granted: before + 1, Cancelled: before + 1,
				Waited: time.Minute}
			if got := s.Stats(); got != want {
				t.Errorf("after %d calls: Stats = %+v\nwant    %+v", before, got, want)
			}
			s.Resize(2) // makes 3 too large, as 5 is
			s.Resize(9) // admits both: 3 is before 5
			synctest.Wait()
			if want := []int64{4, 3}; !slices.Equal(order, want) {
				t.Errorf("after %d calls: served %v, want %v", before, order, want)
			}
			cancel()
			synctest.Wait()
			if got := s.Made(); got > 4 {
				t.Errorf("%d waiters were made, and at most three calls waited at a time", got)
			}
		}
	})
}

// A request for more than the size delays no other request, and Stats counts it.
func TestTooLargeDelaysNoOther(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		s := construct(4)
		var order []int64
		start(t.Context(), s, 5, &order)
		start(t.Context(), s, 4, &order)
		start(t.Context(), s, 3, &order)
		s.Release(4)
		synctest.Wait()
		if got, want := s.Stats(), (semaphore.Stats{Size: 4, Held: 3, Waiting: 1, Granted: 1}); got != want {
			t.Errorf("Stats = %+v\nwant    %+v", got, want)
		}
		if !s.TryAcquire(1) {
			t.Error("a request for more than the size keeps a permit from others")
		}
		s.Resize(9)
		synctest.Wait()
		if len(order) != 3 {
			t.Errorf("%d calls were served, want three", len(order))
		}
	})
}

// The checks of Acquire come in this order: the weight, the context, the permits.
func TestChecksOfAcquire(t *testing.T) {
	done, cancel := context.WithCancelCause(context.Background())
	cancel(context.DeadlineExceeded) // the cause is not the error
	for name, construct := range policies {
		s := construct(1)
		mustPanic(t, "semaphore: negative weight", func() { _ = s.Acquire(done, -1) })
		mustPanic(t, "semaphore: negative weight", func() { _ = s.Acquire(context.Background(), math.MinInt64) })
		mustPanic(t, "semaphore: negative weight", func() { s.TryAcquire(-1) })
		mustPanic(t, "semaphore: negative weight", func() { s.Release(-1) })
		for _, n := range []int64{0, 1, 2} {
			if err := s.Acquire(done, n); err != context.Canceled {
				t.Errorf("%s: Acquire(%d) with a done ctx = %v, want %v", name, n, err, context.Canceled)
			}
		}
		if got, want := s.Stats(), (semaphore.Stats{Size: 1}); got != want {
			t.Errorf("%s: Stats = %+v, want %+v", name, got, want)
		}
	}
}

// The time in which newcomers may pass counts from the moment at which a waiter becomes the first in line, in
// whichever way the waiter before it leaves.
func TestBoundCountsFromFirst(t *testing.T) {
	const bound = 5 * time.Microsecond // so short that the pace does not decide
	for name, test := range map[string]struct {
		after time.Duration // the first waiter has waited for so long, and may be overdue
		leave func(s *semaphore.Weighted, cancel func())
	}{
		"cancelled":         {bound + 1, func(s *semaphore.Weighted, cancel func()) { cancel(); s.Release(1) }},
		"handed over":       {bound + 1, func(s *semaphore.Weighted, _ func()) { s.Release(4); s.Release(1) }},
		"called":            {bound - 1, func(s *semaphore.Weighted, _ func()) { s.Release(4); synctest.Wait(); s.Release(1) }},
		"handed by Resize":  {bound + 1, func(s *semaphore.Weighted, _ func()) { s.Resize(14); s.Release(1) }},
		"called by Resize":  {bound - 1, func(s *semaphore.Weighted, _ func()) { s.Resize(14); synctest.Wait(); s.Release(1) }},
		"called, cancelled": {bound - 1, func(s *semaphore.Weighted, cancel func()) { cancel(); s.Release(4) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := semaphore.NewBounded(10, bound, 1000)
				s.TryAcquire(9)
				time.Sleep(time.Minute) // a reading of the clock needs more than 32 bits
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var order []int64
				start(ctx, s, 5, &order)
				start(t.Context(), s, 8, &order)
				time.Sleep(test.after)
				test.leave(s, cancel)
				synctest.Wait()
				for _, step := range []struct {
					later time.Duration
					want  bool
				}{{0, true}, {bound - 1, true}, {1, false}} {
					time.Sleep(step.later)
					if got := s.TryAcquire(1); got != step.want {
						t.Errorf("%v later a newcomer passes: %v, want %v", step.later, got, step.want)
					} else if got {
						s.Release(1)
					}
				}
				s.Release(s.Stats().Held)
				synctest.Wait()
				if got := s.Stats(); got.Waiting != 0 || got.Held != 8 {
					t.Errorf("Stats = %+v, want the second waiter served", got)
				}
			})
		})
	}
}

// A Release hands permits over, or calls the first in line and leaves the permits to newcomers, which take the
// fast path then. A newcomer in the same instant tells the two apart, as the waiter has not run yet.
func TestHandOffOrCall(t *testing.T) {
	const bound = 5 * time.Microsecond // so short that the pace does not decide
	for name, test := range map[string]struct {
		waiters []int64
		after   time.Duration
		want    int64 // of four permits that are released, newcomers find so many
	}{
		"one waiter":                {[]int64{4}, 0, 4},
		"no room for the next one":  {[]int64{2, 3}, 0, 4},
		"room for both":             {[]int64{2, 2}, 0, 2}, // the second one is called
		"room for two of three":     {[]int64{1, 2, 2}, 0, 3},
		"room for three":            {[]int64{1, 2, 1}, 0, 1},
		"overdue":                   {[]int64{4}, bound, 0},
		"not yet overdue":           {[]int64{4}, bound - 1, 4},
		"an overdue one, with room": {[]int64{2, 4}, bound, 2}, // the next one is first only now
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := semaphore.NewBounded(4, bound, 1000)
				s.TryAcquire(4)
				var order []int64
				for _, n := range test.waiters {
					start(t.Context(), s, n, &order)
				}
				time.Sleep(test.after)
				s.Release(4)
				got := int64(0)
				for s.TryAcquire(1) {
					got++
				}
				if got != test.want {
					t.Errorf("newcomers found %d permits, want %d", got, test.want)
				}
				s.Release(got)
				synctest.Wait()
				for s.Stats().Waiting > 0 {
					s.Release(1)
					synctest.Wait()
				}
				if len(order) != len(test.waiters) {
					t.Errorf("%d of %d waiters were served", len(order), len(test.waiters))
				}
			})
		})
	}
}

// Newcomers on the fast path count, too, when a called waiter finds too few permits. Without a bound the waiter takes
// its permits as soon as it finds them.
func TestPassesOnTheFastPath(t *testing.T) {
	for _, passes := range []int{1, 2, 5, math.MaxInt} {
		synctest.Test(t, func(t *testing.T) {
			s := semaphore.NewBounded(1, time.Hour, passes)
			s.TryAcquire(1)
			var order []int64
			start(t.Context(), s, 1, &order)
			passed := 0
			for range 20 {
				s.Release(1)
				if !s.TryAcquire(1) {
					break
				}
				passed++
				synctest.Wait() // the waiter finds nothing
			}
			if passed != min(passes, 20) {
				t.Errorf("%d newcomers passed, want %d", passed, min(passes, 20))
			}
			if passed == 20 {
				s.Release(1)
			}
			synctest.Wait()
			if got := s.Stats(); got.Waiting != 0 || got.Held != 1 || len(order) != 1 {
				t.Errorf("Stats = %+v, want the waiter served", got)
			}
		})
	}
}
