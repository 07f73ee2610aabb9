package bench

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

func TestJain(t *testing.T) {
	for _, test := range []struct {
		got  []int64
		want float64
	}{
		{[]int64{7}, 1},
		{[]int64{5, 5, 5, 5}, 1},
		{[]int64{9, 0, 0, 0}, 1. / 4},
		{[]int64{3, 3, 0}, 2. / 3},
		{[]int64{1, 3}, 16. / 20},
		{[]int64{0, 0}, 0},
	} {
		var all []*recorder
		for _, n := range test.got {
			all = append(all, &recorder{permits: n})
		}
		if got := jain(all); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("jain of %v = %v, want %v", test.got, got, test.want)
		}
	}
}

// A delayedSemaphore calls a function before each Acquire.
type delayedSemaphore struct {
	impls.Semaphore
	before func(ctx context.Context)
}

func (s delayedSemaphore) Acquire(ctx context.Context, n int64) error {
	s.before(ctx)
	return s.Semaphore.Acquire(ctx, n)
}

// delayed returns an implementation that calls a function of newBefore before each Acquire.
func delayed(name string, newBefore func() func(ctx context.Context)) impls.Impl {
	return impls.Impl{Name: name, New: func(size int64) impls.Semaphore {
		return delayedSemaphore{impls.All()[0].New(size), newBefore()}
	}}
}

// recorded runs n operations on impl with a recorder that times all of them, and returns the
// result.
func recorded(t *testing.T, impl impls.Impl, s Shape, n int, body func(w *Worker) error) recorder {
	t.Helper()
	trial := mustTrial(t, impl, s, n)
	trial.recorders = newRecorders(s.Goroutines, 1, time.Second)
	w := Workload{Run: func(trial *Trial) error { return trial.Parallel(body) }}
	if err := trial.run(w); err != nil {
		t.Fatal(err)
	}
	return merge(trial.recorders)
}

func takeAll(w *Worker) error {
	for w.Next() {
		if err := underPermits(context.Background(), w.Sem, 1, noWork); err != nil {
			return err
		}
	}
	return nil
}

// One Acquire in ten takes at least 5 ms, so every percentile above the 90th is at least 5 ms.
// Upper bounds of a time would depend on the load of the machine; the counts are exact.
func TestPercentilesOfKnownDelays(t *testing.T) {
	const delay = 5 * time.Millisecond
	late := delayed("late", func() func(context.Context) {
		var calls atomic.Int64
		return func(context.Context) {
			if calls.Add(1)%10 == 0 {
				time.Sleep(delay) // the delay is the input of the test
			}
		}
	})
	r := recorded(t, late, Shape{Permits: 4, Goroutines: 4}, 200, takeAll)
	n := r.latencies.TotalCount()
	if n != 200 || r.tries != 200 || r.grants != 200 || r.permits != 200 {
		t.Errorf("%d latencies, %d tries, %d grants, %d permits; want 200 of each",
			n, r.tries, r.grants, r.permits)
	}
	for _, percent := range []float64{90.5, 99, 99.9, 100} {
		if got := r.percentile(percent); got < delay {
			t.Errorf("p%v = %v, want at least %v", percent, got, delay)
		}
	}
	if r.percentile(50) > r.percentile(99) || r.percentile(100) > r.longest {
		t.Errorf("want p50 <= p99 and p100 <= longest, got p50 %v, p99 %v, p100 %v, longest %v",
			r.percentile(50), r.percentile(99), r.percentile(100), r.longest)
	}
}

// Each Acquire takes 3 ms, and one is due every 1 ms, so request k ends 3+2k ms after it was due. A
// loop that reads the clock when it calls Acquire would see 3 ms each time.
func TestLatenciesCountFromTheSchedule(t *testing.T) {
	slow := delayed("slow", func() func(context.Context) {
		return func(context.Context) { time.Sleep(3 * time.Millisecond) } // the input of the test
	})
	r := recorded(t, slow, Shape{Permits: 1, Goroutines: 1}, 10, func(w *Worker) error {
		for at := time.Duration(0); w.Next(); at += time.Millisecond {
			w.Due(at)
			if err := underPermits(context.Background(), w.Sem, 1, noWork); err != nil {
				return err
			}
		}
		return nil
	})
	for percent, k := range map[float64]int{10: 0, 50: 4, 100: 9} {
		if got, want := r.percentile(percent), time.Duration(3+2*k)*time.Millisecond; got < want {
			t.Errorf("p%v = %v, want at least %v", percent, got, want)
		}
	}
}

// The first call of each goroutine is timed, and then one call in an interval. The choice has no
// rhythm that a workload could share: each residue of the call number modulo 16 is timed equally
// often.
func TestTimedCallsAreRandom(t *testing.T) {
	const interval, calls = minInterval, 1 << 17
	r := newRecorders(2, interval, time.Second)[1]
	v := &recordedSemaphore{sem: freeSemaphore{}, rec: r}
	var timed int64
	var residues [16]int64
	for i := range calls {
		if r.untimedLeft == 0 {
			timed++
			residues[i%len(residues)]++
		} else if i == 0 {
			t.Error("the first call is not timed")
		}
		if err := v.Acquire(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
	}
	sum := merge([]*recorder{r})
	if sum.timed != timed || sum.tries != calls || sum.permits != calls {
		t.Errorf("%d latencies of %d timed calls, %d tries, %d permits; want %d calls",
			sum.timed, timed, sum.tries, sum.permits, calls)
	}
	// The generator has a fixed seed, so the counts are the same in every run. A tenth leaves room
	// for another generator.
	if want := int64(calls / interval); timed < want*9/10 || timed > want*11/10 {
		t.Errorf("%d calls were timed, want about %d", timed, want)
	}
	for residue, n := range residues {
		if want := int64(calls / interval / len(residues)); n < want*8/10 || n > want*12/10 {
			t.Errorf("of the calls with residue %d modulo 16, %d were timed, want about %d",
				residue, n, want)
		}
	}
}

// The first call of each goroutine is slow, and there are few others. First calls are always timed:
// if each of them stood for a whole interval of calls, the median would be a first call.
func TestFirstCallsAreNotTheMedian(t *testing.T) {
	const goroutines, calls = 100, 17
	all := newRecorders(goroutines, 8, time.Second)
	for _, r := range all {
		r.pending = append(r.pending, time.Second)
		for range (calls - 1) / 8 {
			r.pending = append(r.pending, time.Millisecond)
		}
	}
	for _, r := range all {
		r.longest = time.Second
	}
	sum := merge(all)
	if got := sum.latencies.TotalCount(); got != goroutines*calls {
		t.Errorf("latencies stand for %d calls, want %d", got, goroutines*calls)
	}
	if got := sum.percentile(50); got > 2*time.Millisecond {
		t.Errorf("the median is %v, want 1 ms", got)
	}
	if got := sum.percentile(95); got < time.Second {
		t.Errorf("p95 is %v, but 1 call in 17 took 1 s", got)
	}
}

// A call of 5 ms that is not timed still shows in the longest wait, because other goroutines take
// timestamps meanwhile.
func TestLongestWaitIncludesUntimedCalls(t *testing.T) {
	all := newRecorders(2, minInterval, 100*time.Millisecond)
	ctx := context.Background()
	other := &recordedSemaphore{sem: freeSemaphore{}, rec: all[1]}
	takeTimestamp := func() {
		other.rec.untimedLeft = 0
		_ = other.Acquire(ctx, 1) // freeSemaphore never fails
	}
	var least time.Duration
	slow := &recordedSemaphore{rec: all[0]}
	slow.sem = delayedSemaphore{freeSemaphore{}, func(ctx context.Context) {
		takeTimestamp()
		from := now()
		for now()-from < 5*time.Millisecond {
			_ = other.Acquire(ctx, 1)
		}
		least = now() - from
		takeTimestamp()
	}}
	slow.rec.untimedLeft = 1
	before := now()
	if err := slow.Acquire(ctx, 1); err != nil {
		t.Fatal(err)
	}
	most := now() - before
	if len(slow.rec.pending) != 0 {
		t.Fatal("the call was timed, which is not the case to be tested")
	}
	// The last timestamp is dropped if it is less than a step after the one before.
	least -= slow.rec.timestamps.step
	if got := slow.rec.longest; got < least || got > most {
		t.Errorf("the longest wait is %v, want %v to %v", got, least, most)
	}
}

func TestTimestamps(t *testing.T) {
	ts := newTimestamps(1024 * time.Millisecond)             // a step is 1 ms
	for _, ms := range []time.Duration{10, 11, 11, 12, 15} { // the second 11 is within a step
		ts.add(ms * time.Millisecond)
	}
	if got := ts.last.Load(); got != 4 {
		t.Errorf("%d timestamps, want 4", got)
	}
	// Timestamp 1 was at 10. The call began before timestamp 2, which was at 11.
	if got, want := ts.since(1), 4*time.Millisecond; got != want {
		t.Errorf("since(1) = %v, want %v", got, want)
	}
	for i := range 2 * len(ts.readings) {
		ts.add(time.Duration(20+i) * time.Millisecond)
	}
	if got, want := ts.last.Load(), int64(len(ts.readings)-1); got != want {
		t.Errorf("the last timestamp is %d, want %d: the list is full", got, want)
	}
}

// The interval is within its bounds, and is the largest one if even that costs too much.
func TestChooseInterval(t *testing.T) {
	interval, cost := chooseInterval()
	t.Logf("a recorder adds %.1f ns to an Acquire if it times one call in %d", cost, interval)
	if math.IsNaN(cost) || math.IsInf(cost, 0) || interval < minInterval || interval > maxInterval {
		t.Errorf("interval %d with a cost of %v ns, want an interval from %d to %d",
			interval, cost, minInterval, maxInterval)
	}
	if cost >= maxCost && interval < maxInterval {
		t.Errorf("interval %d costs %v ns, want a larger interval", interval, cost)
	}
}

// The cost of a recorder is the difference to the row timed=none. The row timed=1in1 shows why not
// every call is timed.
func BenchmarkRecorder(b *testing.B) {
	ctx := context.Background()
	acquire := func(name string, sem impls.Semaphore) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = sem.Acquire(ctx, 1) // freeSemaphore never fails
			}
		})
	}
	acquire("timed=none", freeSemaphore{})
	for _, interval := range []uint64{1, 4, minInterval} {
		rec := newRecorders(1, interval, time.Second)[0]
		acquire(fmt.Sprintf("timed=1in%d", interval),
			&recordedSemaphore{sem: freeSemaphore{}, rec: rec})
	}
}
