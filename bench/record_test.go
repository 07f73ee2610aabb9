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
	trial.recorders = newRecorders(s.Goroutines, 1)
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

// The first call of each goroutine is timed, and then one in so many.
func TestTimedCalls(t *testing.T) {
	trial := mustTrial(t, impls.All()[0], Shape{Permits: 4, Goroutines: 4}, 1)
	trial.recorders = newRecorders(4, timedOfShort)
	err := trial.Parallel(func(w *Worker) error {
		w.Start()
		for range timedOfShort*w.ID + 1 {
			if err := underPermits(context.Background(), w.Sem, 1, noWork); err != nil {
				return err
			}
		}
		return nil
	})
	for id, r := range trial.recorders {
		if n := r.latencies.TotalCount(); err != nil || n != int64(id+1) {
			t.Errorf("goroutine %d: %d of %d calls were timed (%v), want %d", id, n, r.tries, err, id+1)
		}
	}
}

func TestRecorderCostIsMeasured(t *testing.T) {
	costs := recorderCost(timedOfShort)
	t.Logf("a recorder adds %.1f ns to an Acquire if one in %d is timed", costs, timedOfShort)
	if math.IsNaN(costs) || math.IsInf(costs, 0) {
		t.Errorf("the recorder costs %v ns", costs)
	}
}
