package bench

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

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
