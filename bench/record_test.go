package bench

import (
	"context"
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

// tampered is a semaphore that does something before it lets Acquire through.
type tampered struct {
	impls.Semaphore
	before func(ctx context.Context)
}

func (s tampered) Acquire(ctx context.Context, n int64) error {
	s.before(ctx)
	return s.Semaphore.Acquire(ctx, n)
}

func tamper(name string, newBefore func() func(ctx context.Context)) impls.Impl {
	return impls.Impl{Name: name, New: func(size int64) impls.Semaphore {
		return tampered{impls.All()[0].New(size), newBefore()}
	}}
}

// recorded runs n operations on impl, all of which are timed, and returns what was seen.
func recorded(t *testing.T, impl impls.Impl, s Shape, n int, body func(w *Worker) error) recorder {
	t.Helper()
	trial := mustTrial(t, impl, s, n)
	trial.recorders = newRecorders(s.Goroutines, 1, time.Second)
	if err := trial.run(Workload{Run: func(trial *Trial) error { return trial.Parallel(body) }}); err != nil {
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

// One Acquire in ten takes 5 ms at least, so the slowest tenth and everything above it do too. An
// upper bound would be a bet on the machine, except on how many were timed.
func TestPercentilesOfKnownDelays(t *testing.T) {
	const delay = 5 * time.Millisecond
	late := tamper("late", func() func(context.Context) {
		var calls atomic.Int64
		return func(context.Context) {
			if calls.Add(1)%10 == 0 {
				time.Sleep(delay) // the known amount
			}
		}
	})
	r := recorded(t, late, Shape{Permits: 4, Goroutines: 4}, 200, takeAll)
	if n := r.latencies.TotalCount(); n != 200 || r.tries != 200 || r.grants != 200 || r.permits != 200 {
		t.Errorf("%d latencies, %d tries, %d grants, %d permits; want 200 of each",
			n, r.tries, r.grants, r.permits)
	}
	for _, percent := range []float64{90.5, 99, 99.9, 100} {
		if got := r.percentile(percent); got < delay {
			t.Errorf("p%v = %v, want at least %v", percent, got, delay)
		}
	}
	if r.percentile(50) > r.percentile(99) || r.percentile(100) > r.longest {
		t.Errorf("percentiles fall: %v, %v, longest %v", r.percentile(50), r.percentile(99), r.longest)
	}
}

// Each Acquire takes 3 ms, one is due every 1 ms: request k is late by all that came before it. A
// loop that looks at the clock when it gets around to ask would see 3 ms each time.
func TestLatenciesCountFromTheSchedule(t *testing.T) {
	slow := tamper("slow", func() func(context.Context) {
		return func(context.Context) { time.Sleep(3 * time.Millisecond) } // the known amount
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

// The first call of each goroutine is timed, and then one in so many, without a rhythm that a
// workload could share: of calls that are alike in the same place of each 16, as many are timed.
func TestTimedCalls(t *testing.T) {
	const every, calls = oftenest, 1 << 17
	r := newRecorders(2, every, time.Second)[1]
	v := &view{sem: nothing{}, rec: r}
	var timed int64
	var places [16]int64
	for i := range calls {
		if r.skip == 0 {
			timed++
			places[i%len(places)]++
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
	// The draws are the same each time; a tenth is far more than they are off.
	if want := int64(calls / every); timed < want*9/10 || timed > want*11/10 {
		t.Errorf("%d calls were timed, want about %d", timed, want)
	}
	for place, n := range places {
		if want := int64(calls / every / len(places)); n < want*8/10 || n > want*12/10 {
			t.Errorf("of calls in place %d of 16, %d were timed, want about %d", place, n, want)
		}
	}
}

// The first call of each goroutine is slow, and there are few others: a median that counted first
// calls as often as they are timed would be theirs.
func TestFirstCallsAreNotTheMedian(t *testing.T) {
	const goroutines, calls = 100, 17
	all := newRecorders(goroutines, 8, time.Second)
	for _, r := range all {
		r.seen = append(r.seen, time.Second)
		for range (calls - 1) / 8 {
			r.seen = append(r.seen, time.Millisecond)
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

// A call of 5 ms is not timed: the longest wait shows it all the same, because others look at the
// clock meanwhile.
func TestLongestWaitThatIsNotTimed(t *testing.T) {
	all := newRecorders(2, oftenest, 100*time.Millisecond)
	ctx := context.Background()
	other := &view{sem: nothing{}, rec: all[1]}
	look := func() {
		other.rec.skip = 0
		_ = other.Acquire(ctx, 1) // has nothing to fail with
	}
	var least time.Duration
	victim := &view{rec: all[0], sem: tampered{nothing{}, func(ctx context.Context) {
		look()
		from := now()
		for now()-from < 5*time.Millisecond {
			_ = other.Acquire(ctx, 1)
		}
		least = now() - from
		look()
	}}}
	victim.rec.skip = 1
	before := now()
	if err := victim.Acquire(ctx, 1); err != nil {
		t.Fatal(err)
	}
	most := now() - before
	if len(victim.rec.seen) != 0 {
		t.Fatal("the call was timed")
	}
	least -= victim.rec.moments.step // the last look may have come too soon to be kept
	if got := victim.rec.longest; got < least || got > most {
		t.Errorf("the longest wait is %v, want %v to %v", got, least, most)
	}
}

func TestMoments(t *testing.T) {
	moments := newMoments(1024 * time.Millisecond)
	for _, ms := range []time.Duration{10, 11, 11, 12, 15} { // the second 11 is too early
		moments.at(ms * time.Millisecond)
	}
	if got := moments.last.Load(); got != 4 {
		t.Errorf("%d moments, want 4", got)
	}
	// Moment 1 was at 10: the call began before the next, which was at 11.
	if got, want := moments.since(1), 4*time.Millisecond; got != want {
		t.Errorf("since moment 1: %v, want %v", got, want)
	}
	for i := range 2 * len(moments.kept) {
		moments.at(time.Duration(20+i) * time.Millisecond)
	}
	if got, want := moments.last.Load(), int64(len(moments.kept)-1); got != want {
		t.Errorf("the last moment is %d, want %d: there is no room for more", got, want)
	}
}
