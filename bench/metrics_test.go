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

// sampleOf measures a workload with one shape and returns the figures of the line.
func sampleOf(t *testing.T, w bench.Workload, s bench.Shape, impl impls.Impl) func(unit string) float64 {
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

// victim marks the ctx of a goroutine that is to starve.
type victim struct{}

// starving lets nobody else wait, and the victim until all others have had their turns.
type starving struct {
	impls.Semaphore
	turns atomic.Int64 // that others still have
	over  chan struct{}
}

func (s *starving) Acquire(ctx context.Context, n int64) error {
	if ctx.Value(victim{}) != nil {
		<-s.over
	}
	return s.Semaphore.Acquire(ctx, n)
}

func (s *starving) Release(n int64) {
	s.Semaphore.Release(n)
	if s.turns.Add(-1) == 0 {
		close(s.over)
	}
}

// Three goroutines are granted 100 permits each, the fourth starves until then and gets one.
func TestFairnessOfAStarvingSemaphore(t *testing.T) {
	const others, turns = 3, 100
	starves := impls.Impl{Name: "starves", New: func(size int64) impls.Semaphore {
		s := &starving{Semaphore: impls.All()[0].New(size), over: make(chan struct{})}
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
	figure := sampleOf(t, unfair, bench.Shape{Permits: 4, Goroutines: others + 1}, starves)
	sum, squares := float64(others*turns+1), float64(others*turns*turns+1)
	if got, want := figure("jain"), sum*sum/((others+1)*squares); math.Abs(got-want) > 1e-3 {
		t.Errorf("jain = %v, want %v", got, want)
	}
	if got := figure("longest/median-wait"); got < 1 {
		t.Errorf("the longest wait is %v times the median", got)
	}
}

// everySecond allocates in every second Acquire, which an integer division calls nothing.
type everySecond struct {
	impls.Semaphore
	calls int
	kept  *[64]byte
}

func (s *everySecond) Acquire(ctx context.Context, n int64) error {
	if s.calls++; s.calls%2 == 0 {
		s.kept = new([64]byte)
	}
	return s.Semaphore.Acquire(ctx, n)
}

func TestExactAllocations(t *testing.T) {
	impl := impls.Impl{Name: "second", New: func(size int64) impls.Semaphore {
		return &everySecond{Semaphore: impls.All()[0].New(size)}
	}}
	figure := sampleOf(t, bench.Workloads()[0], bench.Shape{Permits: 1, Goroutines: 1}, impl)
	// The runtime may allocate too, for its own ends, but not in each tenth operation.
	if got := figure("exact-allocs/op"); got < 0.5 || got > 0.6 {
		t.Errorf("exact-allocs/op = %v, want 0.5", got)
	}
	if got := figure("exact-B/op"); got < 32 || got > 48 {
		t.Errorf("exact-B/op = %v, want 32", got)
	}
}

// sleeping gives up the core in each Acquire.
type sleeping struct{ impls.Semaphore }

func (s sleeping) Acquire(ctx context.Context, n int64) error {
	time.Sleep(time.Millisecond) // nothing else can run: the thread has to wait in the kernel
	return s.Semaphore.Acquire(ctx, n)
}

func TestDelayIsSeenInEveryFigure(t *testing.T) {
	impl := impls.Impl{Name: "sleeping", New: func(size int64) impls.Semaphore {
		return sleeping{impls.All()[0].New(size)}
	}}
	few := bench.Workloads()[0]
	few.Counted = 10
	line, err := bench.Case{Workload: few, Shape: few.Shapes[0]}.Sample(impl, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	r := parse(t, line)
	for unit, least := range map[string]float64{
		"sec/op": 1e-3, "acquire-p50-sec": 1e-3, "acquire-p90-sec": 1e-3, "acquire-p99-sec": 1e-3,
		"acquire-p99.9-sec": 1e-3, "acquire-max-sec": 1e-3,
	} {
		if v, ok := r.Value(unit); !ok || v < least {
			t.Errorf("%s = %v, want at least %v", unit, v, least)
		}
	}
	if v, ok := r.Value("ops/s"); !ok || v > 1000 {
		t.Errorf("ops/s = %v, but an operation takes 1 ms at least", v)
	}
	if v, ok := r.Value("vcsw/op"); ok && v <= 0 { // Windows does not count them
		t.Error("threads slept, and no context switch was seen")
	}
}

// failing works for a while.
type failing struct {
	impls.Semaphore
	left atomic.Int64
}

func (s *failing) Acquire(ctx context.Context, n int64) error {
	if s.left.Add(-1) < 0 {
		return errBroken
	}
	return s.Semaphore.Acquire(ctx, n)
}

// Whatever the workload, an error of a semaphore ends it and comes out; nobody waits for ever for
// what the goroutine that met it was to do.
func TestErrorsEndEveryWorkload(t *testing.T) {
	impl := impls.Impl{Name: "failing", New: func(size int64) impls.Semaphore {
		s := &failing{Semaphore: impls.All()[0].New(size)}
		s.left.Store(9)
		return s
	}}
	for _, w := range bench.Workloads() {
		_, err := bench.Case{Workload: w, Shape: w.Shapes[0]}.Sample(impl, shortest)
		if !errors.Is(err, errBroken) && w.Name != "try" { // which never waits
			t.Errorf("workload %s: error is %v, want %v", w.Name, err, errBroken)
		}
	}
}

var headerUnits = sync.OnceValue(func() string {
	var b strings.Builder
	_ = bench.WriteHeader(&b, "sequential") // a Builder takes everything
	return b.String()
})

// A unit without a direction is one that no report can rank.
func TestEveryUnitHasADirection(t *testing.T) {
	standard := map[string]bool{"ns/op": true, "B/op": true, "allocs/op": true}
	for _, w := range bench.Workloads() {
		line, err := bench.Case{Workload: w, Shape: w.Shapes[0]}.Sample(impls.All()[0], shortest)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range strings.Split(line, "\t")[2:] {
			unit := strings.Fields(field)[1]
			if !standard[unit] && !strings.Contains(headerUnits(), "Unit "+unit+" better=") {
				t.Errorf("no Unit line for %s of workload %s", unit, w.Name)
			}
		}
	}
}
