package semaphore_test

import (
	"context"
	"encoding/json"
	"expvar"
	"flag"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	xsync "golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/impls/semaphore"
	"github.com/semabench/semabench/internal/longtest"
)

// policies are the two constructors.
var policies = map[string]func(int64) *semaphore.Weighted{
	"bypass": semaphore.NewWeighted, "fifo": semaphore.NewFIFO,
}

// forEachPolicy runs a test in a bubble, where “blocked” is observed and time is exact.
func forEachPolicy(t *testing.T, test func(t *testing.T, construct func(int64) *semaphore.Weighted)) {
	for name, construct := range policies {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, construct) })
		})
	}
}

// A program changes from x/sync by its import alone, so the methods have the same types.
var _ = []interface {
	Acquire(context.Context, int64) error
	TryAcquire(int64) bool
	Release(int64)
}{xsync.NewWeighted(1), semaphore.NewWeighted(1), semaphore.NewFIFO(1)}

// mustPanic fails t unless f panics with want.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	f()
}

var recorder sync.Mutex

// start runs Acquire in a goroutine and waits until it has returned or waits. It records the order of
// the grants in order. Two grants may come at once, so recorder guards order.
func start(ctx context.Context, s *semaphore.Weighted, n int64, order *[]int64) {
	go func() {
		if s.Acquire(ctx, n) == nil {
			recorder.Lock()
			*order = append(*order, n)
			recorder.Unlock()
		}
	}()
	synctest.Wait()
}

func TestStats(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		s := construct(3)
		time.Sleep(time.Hour) // the clock of the semaphore needs more than 32 bits
		if !s.TryAcquire(2) {
			t.Fatal("TryAcquire(2) of 3 failed")
		}
		want := semaphore.Stats{Size: 3, Held: 2}
		mustHave := func() {
			t.Helper()
			if got := s.Stats(); got != want {
				t.Errorf("Stats = %+v\nwant    %+v", got, want)
			}
		}
		mustHave()
		var order []int64
		ctx, cancel := context.WithCancel(t.Context())
		start(ctx, s, 2, &order)
		time.Sleep(time.Second)
		start(t.Context(), s, 3, &order)
		time.Sleep(time.Second)
		want.Waiting, want.Longest = 2, 2*time.Second
		mustHave()
		cancel()
		synctest.Wait()
		want.Waiting, want.Longest = 1, time.Second
		want.Cancelled, want.Waited = 1, 2*time.Second
		mustHave()
		s.Release(2)
		synctest.Wait()
		want.Held, want.Waiting, want.Longest = 3, 0, 0
		want.Granted, want.Waited = 1, 3*time.Second
		mustHave()
		mustPanic(t, "semaphore: released more than held", func() { s.Release(4) })
		mustHave()
	})
}

// Growing admits waiters in their order, and also a request that was too large before.
func TestGrow(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		s := construct(4)
		s.TryAcquire(4)
		var order []int64
		for _, n := range []int64{2, 5, 1, 3} { // 5 is too large and delays no other
			start(t.Context(), s, n, &order)
		}
		for _, step := range []struct {
			size int64
			want []int64
		}{
			{5, nil}, // 2 is first and does not fit
			{6, []int64{2}},
			{10, []int64{2}}, // 5 is before 1 again
			{11, []int64{2, 5}},
			{15, []int64{1, 2, 3, 5}},
		} {
			s.Resize(step.size)
			synctest.Wait()
			if step.size > 11 { // 1 and 3 are admitted at once, so their order is not observable
				slices.Sort(order)
			}
			if !slices.Equal(order, step.want) {
				t.Errorf("size %d admits %v, want %v", step.size, order, step.want)
			}
		}
	})
}

// Shrinking below what is held lets the holders finish, and grants nothing until then.
func TestShrink(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		s := construct(5)
		s.TryAcquire(4)
		s.Resize(2)
		for held := int64(4); held > 0; held-- {
			if got := s.Stats(); got.Size != 2 || got.Held != held {
				t.Errorf("Stats = %+v, want size 2 and %d held", got, held)
			}
			mustPanic(t, "semaphore: released more than held", func() { s.Release(held + 1) })
			if granted := s.TryAcquire(1); granted != (held < 2) {
				t.Errorf("with %d of 2 held TryAcquire = %v", held, granted)
			} else if granted {
				s.Release(1)
			}
			s.Release(1)
		}
		if !s.TryAcquire(2) || s.TryAcquire(1) {
			t.Error("after all releases not exactly two permits were free")
		}
	})
}

// A waiter that is too large after a shrink does not delay the waiters after it.
func TestShrinkPastWaiter(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		s := construct(5)
		s.TryAcquire(5)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var order []int64
		start(ctx, s, 4, &order)
		start(ctx, s, 2, &order)
		s.Resize(3)
		s.Release(5)
		synctest.Wait()
		if !slices.Equal(order, []int64{2}) {
			t.Errorf("admitted %v, want only the request for 2", order)
		}
		if got := s.Stats().Waiting; got != 1 {
			t.Errorf("%d calls wait, want 1", got)
		}
	})
}

func TestSizesAtTheEnds(t *testing.T) {
	for name, construct := range policies {
		s := construct(math.MaxInt64)
		if !s.TryAcquire(math.MaxInt64) || s.TryAcquire(1) {
			t.Errorf("%s: size MaxInt64 does not grant MaxInt64 permits, and no more", name)
		}
		s.Resize(0)
		mustPanic(t, "semaphore: negative size", func() { s.Resize(-1) })
		mustPanic(t, "semaphore: negative size", func() { construct(-1) })
		s.Release(math.MaxInt64)
		mustPanic(t, "semaphore: released more than held", func() { s.Release(1) })
		if s.TryAcquire(1) || !s.TryAcquire(0) {
			t.Errorf("%s: size 0 grants a permit, or refuses zero permits", name)
		}
		s.Resize(math.MaxInt64)
		if !s.TryAcquire(math.MaxInt64) {
			t.Errorf("%s: MaxInt64 permits are not free after growing from 0", name)
		}
		var zero semaphore.Weighted
		if zero.TryAcquire(1) {
			t.Errorf("%s: the zero Weighted grants a permit", name)
		}
	}
}

// The first in line is passed only while time and number allow. The clock of the bubble stands still
// between the calls, so the number decides in the second case.
func TestBounds(t *testing.T) {
	for name, test := range map[string]struct {
		bound  time.Duration
		passes int
		sleep  time.Duration // between tries
		want   int           // tries that pass the first in line
	}{
		"time":   {50 * time.Microsecond, 100, 10 * time.Microsecond, 4},
		"number": {50 * time.Microsecond, 7, 0, 7},
		"fifo":   {0, 0, 0, 0},
	} {
		for method, take := range map[string]func(s *semaphore.Weighted) bool{"TryAcquire": try, "Acquire": acquireAtOnce} {
			t.Run(name+"/"+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := semaphore.NewBounded(2, test.bound, test.passes)
					s.TryAcquire(1)
					var order []int64
					start(t.Context(), s, 2, &order) // one permit is free, and it is not enough
					passed := 0
					for range 20 {
						time.Sleep(test.sleep)
						if take(s) {
							passed++
							s.Release(1)
						}
					}
					if passed != test.want {
						t.Errorf("%d newcomers passed the first in line, want %d", passed, test.want)
					}
					s.Release(1)
					synctest.Wait()
					if len(order) != 1 {
						t.Error("the first in line was not served after the last release")
					}
					if got := s.Stats().Granted; got != 1 {
						t.Errorf("Stats counts %d calls that waited and were granted, want one", got)
					}
				})
			})
		}
	}
}

// try takes a permit by TryAcquire.
func try(s *semaphore.Weighted) bool { return s.TryAcquire(1) }

// acquireAtOnce takes a permit by Acquire, if that needs no waiting.
func acquireAtOnce(s *semaphore.Weighted) bool {
	ctx, cancel := context.WithCancel(context.Background())
	var granted bool
	go func() { granted = s.Acquire(ctx, 1) == nil }()
	synctest.Wait()
	cancel()
	synctest.Wait()
	return granted
}

// Many waiters at once drain in order, need memory in proportion to their number, and leave a bounded number of
// waiters behind. One permit orders the grants: each call records its place before it releases.
func TestManyWaiters(t *testing.T) {
	waiters := longtest.Or(t, "waiters", 1_000_000, 5000)
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		s := construct(1)
		s.TryAcquire(1)
		order := make([]int, 0, waiters)
		empty, half := heap(), uint64(0)
		for i := range waiters {
			if i == waiters/2 {
				half = heap()
			}
			go func() {
				if err := s.Acquire(t.Context(), 1); err != nil {
					t.Error(err)
				}
				order = append(order, i)
				s.Release(1)
			}()
			synctest.Wait() // so the calls stand in line in order
		}
		// The goroutines of the calls are part of the heap, but for their stacks.
		first, second := int64(half-empty), int64(heap()-half)
		if most := int64(waiters/2) * 2000; first > most || second > most || second > first*5/4 {
			t.Errorf("the heap grew by %d bytes with the first half of %d waiters, and by %d bytes with the second",
				first, waiters, second)
		}
		if got := s.Stats().Waiting; got != int64(waiters) {
			t.Errorf("Stats counts %d waiting calls, want %d", got, waiters)
		}
		s.Release(1)
		synctest.Wait()
		if len(order) != waiters || !slices.IsSorted(order) {
			t.Errorf("%d of %d waiters were served, in order: %v", len(order), waiters, slices.IsSorted(order))
		}
		if kept := s.Kept(); kept != semaphore.MaxKept {
			t.Errorf("%d waiters are kept, want %d", kept, semaphore.MaxKept)
		}
	})
}

// heap returns the size of all live objects in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Calls that wait allocate nothing once the waiters exist: granted or cancelled.
func TestWaitingAllocatesNothing(t *testing.T) {
	for name, construct := range policies {
		s := construct(1)
		cancelled := int64(0)
		done := &doneAfterCheck{Context: context.Background(), closed: make(chan struct{})}
		close(done.closed)
		s.TryAcquire(1)
		if n := testing.AllocsPerRun(1000, func() {
			if s.Acquire(done, 1) != nil {
				cancelled++
			}
		}); n != 0 {
			t.Errorf("%s: a cancelled wait allocates %v times, want 0", name, n)
		}
		if stats := s.Stats(); stats.Cancelled != cancelled || stats.Cancelled < 1000 {
			t.Errorf("%s: Stats = %+v, want %d cancelled", name, stats, cancelled)
		}
		s.Release(1)
		pass := make(chan struct{})
		go func() {
			for range pass {
				s.TryAcquire(1)
				pass <- struct{}{} // the other goroutine begins to wait, or finds the permit
				for s.Stats().Waiting == 0 {
					time.Sleep(time.Microsecond) // only so that the other goroutine gets a processor
				}
				s.Release(1)
			}
		}()
		if n := testing.AllocsPerRun(200, func() {
			pass <- struct{}{}
			<-pass
			if err := s.Acquire(context.Background(), 1); err != nil {
				t.Error(err)
			}
			s.Release(1)
		}); n != 0 {
			t.Errorf("%s: a granted wait allocates %v times, want 0", name, n)
		}
		// AllocsPerRun rounds down, so it does not see a waiter that is made in every second call.
		if got := s.Made(); got != 1 {
			t.Errorf("%s: %d waiters were made, and one call waited at a time", name, got)
		}
		close(pass)
	}
}

// doneAfterCheck is a context that is done, except that the first look of each Acquire misses it. So
// each Acquire waits.
type doneAfterCheck struct {
	context.Context
	closed chan struct{}
	looks  int
}

func (c *doneAfterCheck) Done() <-chan struct{} { return c.closed }

func (c *doneAfterCheck) Err() error {
	if c.looks++; c.looks%2 == 1 {
		return nil
	}
	return context.Canceled
}

// Resize, cancellations and weights at full speed leave every permit in its place. Run it with -race.
func TestResizeStorm(t *testing.T) {
	rounds := longtest.Or(t, "rounds", 200_000, 2000)
	for name, construct := range policies {
		s := construct(4)
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range rounds {
					ctx, cancel := context.WithTimeout(context.Background(),
						time.Duration(1+i%50)*time.Microsecond)
					if n := int64(1 + (g+i)%5); s.Acquire(ctx, n) == nil {
						s.Release(n)
					}
					cancel()
				}
			})
		}
		var resizers sync.WaitGroup // two at once, of which the last size may be any
		for r := range 2 {
			resizers.Go(func() {
				for i := range rounds {
					s.Resize(int64(i*7+r) % 6)
				}
			})
		}
		resizers.Wait()
		s.Resize(5)
		wg.Wait()
		if stats := s.Stats(); stats.Held != 0 || stats.Waiting != 0 || stats.Size != 5 {
			t.Errorf("%s: Stats = %+v, want size 5, nothing held, no call waiting", name, stats)
		}
		if !s.TryAcquire(5) || s.TryAcquire(1) {
			t.Errorf("%s: not exactly five permits are free at the end", name)
		}
	}
}

var (
	stormOperations = flag.Int("storm.operations", 0, "number of operations in TestStorm, for each policy")
	stormTime       = flag.Duration("storm.time", 0, "end TestStorm after this time, for each policy; 0: no limit")
)

// Acquire with weights and cancellations, TryAcquire and Release at full speed. Never more permits are held
// than there are, each request for all permits is alone, and no permit is lost. -race asks in addition
// whether the semaphore orders the accesses to a variable without a lock. -storm.operations=1000000000 takes minutes,
// and hours with -race; -storm.time ends it earlier. With -v it logs its progress.
func TestStorm(t *testing.T) {
	const goroutines, size = 16, 5
	operations := longtest.Or(t, "operations", 10_000_000, 50_000)
	if *stormOperations > 0 {
		operations = *stormOperations
	}
	for name, construct := range policies {
		t.Run(name, func(t *testing.T) {
			s := construct(size)
			var held atomic.Int64
			var alone int // requests for all permits that were granted
			var cancels [goroutines]atomic.Pointer[context.CancelFunc]
			var wg sync.WaitGroup
			var done atomic.Int64
			var late atomic.Bool // -storm.time is over
			for g := range goroutines {
				granted := func(i int, n int64) {
					if n == size {
						alone++ // before held, which would order it in the place of the semaphore
					}
					if i%16 == 0 {
						runtime.Gosched() // other goroutines come, and wait
					}
					if got := held.Add(n); got > size {
						t.Errorf("%d permits of %d are held", got, size)
					}
					held.Add(-n)
					s.Release(n)
				}
				wg.Go(func() {
					defer func() { // the next goroutine may have ended, and cancels none any more
						if cancel := cancels[g].Load(); cancel != nil {
							(*cancel)()
						}
					}()
					for i := range operations / goroutines {
						if i > 0 && i%stormStep == 0 {
							done.Add(stormStep)
							if late.Load() {
								return
							}
						}
						if cancels[g].Load() != nil {
							(*cancels[g].Swap(nil))()
						}
						n := int64(1 + (g+i)%size)
						switch {
						case i%8 == 7:
							if s.TryAcquire(n) {
								granted(i, n)
							}
						case i%64 == 0: // the next goroutine cancels it
							ctx, cancel := context.WithCancel(context.Background())
							if earlier := cancels[(g+1)%goroutines].Swap(&cancel); earlier != nil {
								(*earlier)()
							}
							if s.Acquire(ctx, n) == nil {
								granted(i, n)
							}
						default:
							if err := s.Acquire(context.Background(), n); err != nil {
								t.Error(err)
								return
							}
							granted(i, n)
						}
					}
					done.Add(int64(operations/goroutines-1)%stormStep + 1)
				})
			}
			logStorm(t, &wg, &done, &late)
			stats := s.Stats()
			if stats.Held != 0 || stats.Waiting != 0 || !s.TryAcquire(size) || s.TryAcquire(1) {
				t.Errorf("Stats = %+v, want nothing held, no call waiting, and %d permits free", stats, size)
			}
			t.Logf("%d operations, of which %d waited for permits and %d until they were cancelled; %d were alone",
				done.Load(), stats.Granted, stats.Cancelled, alone)
		})
	}
}

// stormStep is the number of operations after which a goroutine of TestStorm reports. A report orders the goroutines
// as the semaphore should, which the race detector believes; so reports are rare.
const stormStep = 1 << 14

// logStorm waits until the goroutines of TestStorm have ended. It logs their progress once a minute, and tells them
// when -storm.time is over.
func logStorm(t *testing.T, wg *sync.WaitGroup, done *atomic.Int64, late *atomic.Bool) {
	ended := make(chan struct{})
	go func() {
		wg.Wait()
		close(ended)
	}()
	var over <-chan time.Time
	if *stormTime > 0 {
		over = time.After(*stormTime)
	}
	minutes := time.NewTicker(time.Minute)
	defer minutes.Stop()
	for began := time.Now(); ; {
		select {
		case <-minutes.C:
			t.Logf("%d operations after %v", done.Load(), time.Since(began).Round(time.Second))
		case <-over:
			late.Store(true)
		case <-ended:
			return
		}
	}
}

func Example() {
	sem := semaphore.NewWeighted(2)
	ctx := context.Background()
	for range 3 {
		if err := sem.Acquire(ctx, 1); err != nil {
			fmt.Println(err)
			return
		}
		go func() {
			defer sem.Release(1)
			// use the resource
		}()
	}
	fmt.Println(sem.Acquire(ctx, 2)) // waits for all workers
	// Output: <nil>
}

func ExampleWeighted_Resize() {
	sem := semaphore.NewWeighted(2)
	sem.TryAcquire(2)
	sem.Resize(1)
	fmt.Println(sem.Stats().Held, "of", sem.Stats().Size)
	sem.Release(1)
	fmt.Println(sem.TryAcquire(1)) // the released permit has disappeared
	sem.Release(1)
	fmt.Println(sem.TryAcquire(1))
	// Output:
	// 2 of 1
	// false
	// true
}

func ExampleWeighted_Stats() {
	sem := semaphore.NewFIFO(8)
	expvar.Publish("uploads", expvar.Func(func() any { return sem.Stats() }))

	sem.TryAcquire(3)
	var stats semaphore.Stats
	if err := json.Unmarshal([]byte(expvar.Get("uploads").String()), &stats); err != nil {
		fmt.Println(err)
	}
	fmt.Println(stats.Held, "of", stats.Size)
	// Output: 3 of 8
}
