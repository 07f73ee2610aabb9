package bench_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
)

// sampleOf measures a workload with one shape and returns a function that looks up its metrics.
func sampleOf(t *testing.T, w bench.Workload, s bench.Shape,
	impl impls.Impl) func(unit string) float64 {
	t.Helper()
	line, err := bench.Case{Workload: w, Shape: s}.Sample(impl, shortest)
	if err != nil {
		t.Fatal(err)
	}
	result := parse(t, line)
	return func(unit string) float64 {
		v, ok := result.Value(unit)
		if !ok {
			t.Errorf("no %s in %q", unit, line)
		}
		return v
	}
}

// victim is the context key that marks the goroutine that starves.
type victim struct{}

// A starvingSemaphore blocks the goroutine whose context has the key victim until all other
// goroutines have had their turns.
type starvingSemaphore struct {
	impls.Semaphore
	turns atomic.Int64  // left for the other goroutines
	over  chan struct{} // closed when none is left
}

func (s *starvingSemaphore) Acquire(ctx context.Context, n int64) error {
	if ctx.Value(victim{}) != nil {
		<-s.over
	}
	return s.Semaphore.Acquire(ctx, n)
}

func (s *starvingSemaphore) Release(n int64) {
	s.Semaphore.Release(n)
	if s.turns.Add(-1) == 0 {
		close(s.over)
	}
}

// Three goroutines get 100 permits each. The fourth one starves until then and gets one permit.
func TestFairnessOfAStarvingSemaphore(t *testing.T) {
	const others, turns = 3, 100
	starves := impls.Impl{Name: "starves", New: func(size int64) impls.Semaphore {
		s := &starvingSemaphore{Semaphore: impls.All()[0].New(size), over: make(chan struct{})}
		s.turns.Store(others * turns)
		return s
	}}
	unfair := bench.Workload{Name: "unfair", Run: func(t *bench.Trial) error {
		return t.Parallel(func(w *bench.Worker) error {
			ctx, n := context.Background(), turns
			if w.ID == 0 {
				ctx, n = context.WithValue(ctx, victim{}, true), 1
			}
			w.Start()
			for range n {
				if err := w.Sem.Acquire(ctx, 1); err != nil {
					return err
				}
				w.Sem.Release(1)
			}
			return nil
		})
	}}
	metric := sampleOf(t, unfair, bench.Shape{Permits: 4, Goroutines: others + 1}, starves)
	sum, squares := float64(others*turns+1), float64(others*turns*turns+1)
	if got, want := metric("jain"), sum*sum/((others+1)*squares); math.Abs(got-want) > 1e-3 {
		t.Errorf("jain = %v, want %v", got, want)
	}
	if got := metric("longest/median-wait"); got < 1 {
		t.Errorf("longest/median-wait = %v, want at least 1", got)
	}
}

// An everySecondAllocates semaphore allocates 64 bytes in every second Acquire. The integer
// allocs/op of package testing would report 0.
type everySecondAllocates struct {
	impls.Semaphore
	calls int
	sink  *[64]byte
}

func (s *everySecondAllocates) Acquire(ctx context.Context, n int64) error {
	if s.calls++; s.calls%2 == 0 {
		s.sink = new([64]byte)
	}
	return s.Semaphore.Acquire(ctx, n)
}

func TestExactAllocationsAreFractions(t *testing.T) {
	impl := impls.Impl{Name: "second", New: func(size int64) impls.Semaphore {
		return &everySecondAllocates{Semaphore: impls.All()[0].New(size)}
	}}
	metric := sampleOf(t, bench.Workloads()[0], bench.Shape{Permits: 1, Goroutines: 1}, impl)
	// The bounds leave room for allocations of the Go runtime itself, in either of two counts.
	if got := metric("exact-allocs/op"); got < 0.4 || got > 0.6 {
		t.Errorf("exact-allocs/op = %v, want 0.5", got)
	}
	if got := metric("exact-B/op"); got < 24 || got > 48 {
		t.Errorf("exact-B/op = %v, want 32", got)
	}
}

// A firstAllocates semaphore allocates 500 times in its first Acquire.
type firstAllocates struct {
	impls.Semaphore
	sinks []*[64]byte
}

func (s *firstAllocates) Acquire(ctx context.Context, n int64) error {
	for len(s.sinks) < 500 {
		s.sinks = append(s.sinks, new([64]byte))
	}
	return s.Semaphore.Acquire(ctx, n)
}

// What a new semaphore allocates once is no part of an operation. Divided by the operations it would be half
// an allocation here.
func TestFirstAllocationsDoNotCount(t *testing.T) {
	impl := impls.Impl{Name: "first", New: func(size int64) impls.Semaphore {
		return &firstAllocates{Semaphore: impls.All()[0].New(size)}
	}}
	metric := sampleOf(t, bench.Workloads()[0], bench.Shape{Permits: 1, Goroutines: 1}, impl)
	if got := metric("exact-allocs/op"); got > 0.1 {
		t.Errorf("exact-allocs/op = %v, want 0", got)
	}
}

// Where more goroutines wait than operations are counted, each operation is the first wait of its
// goroutine. A semaphore that reuses its waiters allocates nothing then. A semaphore that allocates in each
// operation does.
func TestFirstWaitsDoNotCount(t *testing.T) {
	many := bench.Workload{Name: "many", Counted: 256, Run: func(t *bench.Trial) error {
		return t.Parallel(func(w *bench.Worker) error {
			for w.Next() {
				if err := w.Sem.Acquire(context.Background(), 1); err != nil {
					return err
				}
				w.Sem.Release(1)
			}
			return nil
		})
	}}
	shape := bench.Shape{Permits: 4, Goroutines: 1024}
	for _, impl := range impls.All() {
		if impl.Name != "bypass" && impl.Name != "fifo" {
			continue // they allocate for each wait, and how many operations wait depends on the Go scheduler
		}
		if got := sampleOf(t, many, shape, impl)("exact-allocs/op"); got > 0.2 {
			t.Errorf("%s: exact-allocs/op = %v, want 0", impl.Name, got)
		}
	}
	each := impls.Impl{Name: "each", New: func(size int64) impls.Semaphore {
		return &eachAllocates{Semaphore: impls.All()[0].New(size)}
	}}
	if got := sampleOf(t, many, shape, each)("exact-allocs/op"); got < 0.8 {
		t.Errorf("%s: exact-allocs/op = %v, want 1 and what its waits allocate", each.Name, got)
	}
}

// An eachAllocates allocates in each Acquire, whether it waits or not.
type eachAllocates struct {
	impls.Semaphore
	sink atomic.Pointer[[64]byte]
}

func (s *eachAllocates) Acquire(ctx context.Context, n int64) error {
	s.sink.Store(new([64]byte))
	return s.Semaphore.Acquire(ctx, n)
}

// A sleepingSemaphore sleeps for 1 ms in each Acquire.
type sleepingSemaphore struct{ impls.Semaphore }

func (s sleepingSemaphore) Acquire(ctx context.Context, n int64) error {
	// The delay is the input of the test. No other goroutine can run meanwhile, so the thread has
	// to wait in the kernel, which is a voluntary context switch.
	time.Sleep(time.Millisecond)
	return s.Semaphore.Acquire(ctx, n)
}

// A delay of 1 ms in every Acquire shows in every metric of time. Lower bounds alone: a busy
// machine can make an operation longer, never shorter.
func TestDelayShowsInEveryMetric(t *testing.T) {
	impl := impls.Impl{Name: "sleeping", New: func(size int64) impls.Semaphore {
		return sleepingSemaphore{impls.All()[0].New(size)}
	}}
	few := bench.Workloads()[0]
	few.Counted = 10
	// Long enough for the 20 turns below which latencies are withheld, on a machine with much other work: the
	// recorded pass has a quarter of the time, so a sleep of 1 ms may take 12.
	line, err := bench.Case{Workload: few, Shape: few.Shapes[0]}.Sample(impl, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	r := parse(t, line)
	for unit, least := range map[string]float64{
		"sec/op": 1e-3, "acquire-p50-sec": 1e-3, "acquire-p90-sec": 1e-3, "acquire-p99-sec": 1e-3,
		"acquire-p99.9-sec": 1e-3,
	} {
		if v, ok := r.Value(unit); !ok || v < least {
			t.Errorf("%s = %v, want at least %v", unit, v, least)
		}
	}
	if v, ok := r.Value("ops/s"); !ok || v > 1000 {
		t.Errorf("ops/s = %v, want at most 1000: an operation takes at least 1 ms", v)
	}
	if v, ok := r.Value("vcsw/op"); ok && v <= 0 { // absent on Windows
		t.Errorf("vcsw/op = %v, want more than 0: threads slept", v)
	}
}

// A failingSemaphore works for a number of calls, and then fails.
type failingSemaphore struct {
	impls.Semaphore
	left atomic.Int64
}

func (s *failingSemaphore) Acquire(ctx context.Context, n int64) error {
	if s.left.Add(-1) < 0 {
		return errBroken
	}
	return s.Semaphore.Acquire(ctx, n)
}

// An error of the semaphore ends every workload, and Sample returns it. No goroutine goes on
// waiting for the goroutine that got the error.
func TestErrorsEndEveryWorkload(t *testing.T) {
	impl := impls.Impl{Name: "failing", New: func(size int64) impls.Semaphore {
		s := &failingSemaphore{Semaphore: impls.All()[0].New(size)}
		s.left.Store(9)
		return s
	}}
	for _, w := range bench.Workloads() {
		_, err := bench.Case{Workload: w, Shape: w.Shapes[0]}.Sample(impl, shortest)
		if !errors.Is(err, errBroken) && w.Name != "try" { // which never calls Acquire
			t.Errorf("workload %s: error is %v, want %v", w.Name, err, errBroken)
		}
	}
}

// headerText is the beginning of benchmark text.
var headerText = sync.OnceValue(func() string {
	var b strings.Builder
	_ = bench.WriteHeader(&b, "sequential") // a strings.Builder never fails
	return b.String()
})

// Every custom unit has a Unit line with a direction. Without it no report could say which side is
// better.
func TestEveryUnitHasADirection(t *testing.T) {
	standard := map[string]bool{"ns/op": true, "B/op": true, "allocs/op": true}
	for _, w := range bench.Workloads() {
		line, err := bench.Case{Workload: w, Shape: w.Shapes[0]}.Sample(impls.All()[0], shortest)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range strings.Split(line, "\t")[2:] {
			unit := strings.Fields(field)[1]
			if !standard[unit] && !strings.Contains(headerText(), "Unit "+unit+" better=") {
				t.Errorf("no Unit line for %s of workload %s", unit, w.Name)
			}
		}
	}
}
