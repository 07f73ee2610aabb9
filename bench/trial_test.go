package bench

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

// mustTrial returns a trial of n operations without a workload.
func mustTrial(t *testing.T, impl impls.Impl, s Shape, n int) *Trial {
	t.Helper()
	trial, err := newTrial(Case{Shape: s}, impl, n)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

// The names of rows contain the number of goroutines. So exactly that number of goroutines has to
// run, and together perform exactly N operations, also if N is no multiple of the batch size.
func TestParallel(t *testing.T) {
	for _, goroutines := range []int{1, 2, 7, 64} {
		for _, n := range []int{1, 63, 1000, 100_003} {
			trial := mustTrial(t, impls.All()[0], Shape{Permits: 2, Goroutines: goroutines}, n)
			var begun, workers, done atomic.Int64
			trial.begin = func() { begun.Add(1) }
			trial.end = func() {
				if workers.Load() != int64(goroutines) || done.Load() != int64(n) {
					t.Errorf("end was called before all operations were done")
				}
			}
			err := trial.holdOne(func() func() error {
				workers.Add(1)
				if begun.Load() != 0 {
					t.Error("a goroutine prepared its work after begin, so that was measured")
				}
				return func() error { done.Add(1); return nil }
			})
			if err != nil || workers.Load() != int64(goroutines) || done.Load() != int64(n) ||
				begun.Load() != 1 {
				t.Errorf("%d goroutines did %d operations, begin ran %d times (%v), want %d, %d, 1",
					workers.Load(), done.Load(), begun.Load(), err, goroutines, n)
			}
		}
	}
}

// A worker that fails before its first operation does not keep the other workers waiting.
func TestParallelReturnsErrors(t *testing.T) {
	for _, goroutines := range []int{1, 4} {
		trial := mustTrial(t, impls.All()[0], Shape{Permits: 1, Goroutines: goroutines}, 100)
		broken := errors.New("broken on purpose")
		err := trial.Parallel(func(w *Worker) error {
			if w.ID == 0 {
				return broken
			}
			for w.Next() {
			}
			return nil
		})
		if !errors.Is(err, broken) {
			t.Errorf("%d goroutines: error is %v, want %v", goroutines, err, broken)
		}
	}
}

// Workloads begins with the workloads of Default, and no two rows have the same name.
func TestCases(t *testing.T) {
	all := Workloads()
	for i, w := range Default() {
		if all[i].Name != w.Name {
			t.Errorf("workload %d is %s in Default and %s in Workloads", i, w.Name, all[i].Name)
		}
	}
	if err := validate(all); err != nil {
		t.Error(err)
	}
	if got := len(Cases([]Workload{hashing}, false)); got != len(hashing.Shapes) {
		t.Errorf("cpu is measured in %d shapes, want %d", got, len(hashing.Shapes))
	}
	seen := map[string]bool{}
	for _, c := range Cases(all, true) {
		name := c.Name(impls.All()[0])
		if seen[name] {
			t.Errorf("two rows have the name %s", name)
		}
		seen[name] = true
	}
}

// Reports draw scaling curves from rows that differ in one parameter only. A default run has two
// such series: over goroutines with 1 permit, and over permits with 64 goroutines.
func TestDefaultRunHasSeries(t *testing.T) {
	goroutines, permits := map[int64]int{}, map[int]int{}
	for _, c := range Cases([]Workload{contended()}, false) {
		goroutines[c.Permits]++
		permits[c.Goroutines]++
	}
	if goroutines[1] < 4 {
		t.Errorf("%d rows differ in goroutines alone, want at least 4", goroutines[1])
	}
	if permits[64] < 4 {
		t.Errorf("%d rows differ in permits alone, want at least 4", permits[64])
	}
}

// Mistakes in workloads that users write are errors that say what to set.
func TestWorkloadsThatCannotBeMeasured(t *testing.T) {
	run := func(*Trial) error { return nil }
	shapes := []Shape{{Permits: 1, Goroutines: 1}}
	good := Workload{Name: "mine", Run: run, Shapes: shapes}
	for want, all := range map[string][]Workload{
		"no workload":           {},
		`two workloads are nam`: {good, good},
		`workload name "a b"`:   {{Name: "a b", Run: run, Shapes: shapes}},
		"does nothing":          {{Name: "mine", Shapes: shapes}},
		"set Workload.Shapes":   {{Name: "mine", Run: run}},
		"positive permits":      {{Name: "mine", Run: run, Shapes: []Shape{{Permits: 1}}}},
		"positive permits and g": {{Name: "mine", Run: run, Shapes: shapes,
			More: []Shape{{Goroutines: 1}}}},
		"nothing negative": {{Name: "mine", Run: run, Shapes: shapes, Counted: -1}},
		"counts 0 operations in": {{Name: "mine", Run: run,
			Shapes: []Shape{{Permits: 1, Goroutines: 1, Hold: -1}}}},
	} {
		if err := validate(all); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if err := validate([]Workload{good}); err != nil {
		t.Error(err)
	}
	three := Case{handoff, Shape{Permits: 1, Goroutines: 3}}
	_, err := three.Sample(impls.All()[0], 1)
	if err == nil || !strings.Contains(err.Error(), "Fixed") {
		t.Errorf("handoff between three goroutines: error is %v, want one that says Fixed", err)
	}
}

// A time limit that passes before the first worker begins still leaves one batch. Otherwise a pass
// would sometimes perform no operation, and its metrics would be missing from the text.
func TestTimeLimitLeavesOneBatch(t *testing.T) {
	trial := mustTrial(t, impls.All()[0], Shape{Permits: 1, Goroutines: 1}, 1000)
	s := newBatches(trial)
	s.stopped.Store(true)
	if first, second := s.take(), s.take(); first == 0 || second != 0 {
		t.Errorf("after the limit there were batches of %d and %d operations, want some and none",
			first, second)
	}
}

// A workload that takes permits of t.Sem in each operation begins while all permits are held, so that its goroutines
// wait. Other workloads begin at once: a handoff takes the permits itself, and a TryAcquire would be refused.
func TestOperationsBeginWithAQueue(t *testing.T) {
	for _, w := range Workloads() {
		trial := mustTrial(t, impls.All()[0], w.Shapes[0], 500)
		held, begun := false, 0
		trial.begin = func() {
			begun++
			if held = !trial.Sem.TryAcquire(1); !held {
				trial.Sem.Release(1)
			}
		}
		if err := trial.run(w); err != nil || begun != 1 {
			t.Errorf("%s: %v, begin ran %d times", w.Name, err, begun)
		}
		if want := trial.Goroutines > 1 && (trial.queues || w.Name == "handoff"); held != want {
			t.Errorf("%s: permits are held when the operations begin: %v, want %v", w.Name, held, want)
		}
		switch w.Name {
		case "contended", "crowd", "mixed", "readwrite", "cpu", "io", "io-files", "io-sleep":
			if !trial.queues {
				t.Errorf("%s begins without a queue", w.Name)
			}
		default:
			if trial.queues && trial.Goroutines > 1 {
				t.Errorf("%s begins with a queue", w.Name)
			}
		}
	}
}

// The wait before the operations begin is no part of any latency.
func TestLatenciesBeginWithTheOperations(t *testing.T) {
	trial := mustTrial(t, impls.All()[0], Shape{Permits: 1, Goroutines: 2}, 2)
	trial.recorders = newRecorders(2, 1, time.Second)
	var before, after time.Duration
	trial.begin = func() { before = now() }
	trial.end = func() { after = now() }
	if err := trial.holdOne(func() func() error { return noWork }); err != nil {
		t.Fatal(err)
	}
	if longest := merge(trial.recorders).longest; longest > after-before {
		t.Errorf("the longest Acquire took %v, and all operations together took %v", longest, after-before)
	}
}

// A slowSemaphore takes a millisecond for each Acquire.
type slowSemaphore struct {
	impls.Semaphore
	calls *atomic.Int64
}

func (s slowSemaphore) Acquire(ctx context.Context, n int64) error {
	s.calls.Add(1)
	time.Sleep(time.Millisecond) // the input of the test: the pass must end early
	return s.Semaphore.Acquire(ctx, n)
}

// A timed pass that takes far longer than its warm-up predicted ends at its limit. Its figures are of the operations
// that were performed. A million operations would take 17 minutes here.
func TestTimedPassEndsAtItsLimit(t *testing.T) {
	var calls atomic.Int64
	impl := impls.Impl{Name: "slow", New: func(size int64) impls.Semaphore {
		return slowSemaphore{impls.All()[0].New(size), &calls}
	}}
	m := benchmark{Case: Case{uncontended, uncontended.Shapes[0]}, impl: impl, counted: true, limit: 1}
	m.recorderInterval = 1
	r, err := m.runN(1_000_000)
	if err != nil || r.N < 1 || r.N > int(calls.Load()) || r.NsPerOp() < int64(time.Millisecond) {
		t.Errorf("%d operations of %d ns, %d calls (%v), want few of a millisecond", r.N, r.NsPerOp(), calls.Load(), err)
	}
	if ops := r.Extra["ops/s"]; ops > 1000 {
		t.Errorf("ops/s = %v, want at most 1000", ops)
	}
	// A pass that its warm-up predicted well performs all its operations.
	m.limit, m.impl = time.Hour, impls.All()[0]
	if r, err = m.runN(1000); err != nil || r.N != 1000 {
		t.Errorf("%d operations (%v), want 1000", r.N, err)
	}
}
