package bench

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/impls"
)

func mustTrial(t *testing.T, impl impls.Impl, s Shape, n int) *Trial {
	t.Helper()
	trial, err := newTrial(Case{Shape: s}, impl, n)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

// Names carry the number of goroutines, so exactly that many must be at work, and do the N
// operations among them, whether or not shares of them come out even.
func TestParallel(t *testing.T) {
	for _, goroutines := range []int{1, 2, 7, 64} {
		for _, n := range []int{1, 63, 1000, 100_003} {
			trial := mustTrial(t, impls.All()[0], Shape{2, goroutines}, n)
			var begun, workers, done atomic.Int64
			trial.begin = func() { begun.Add(1) }
			trial.end = func() {
				if workers.Load() != int64(goroutines) || done.Load() != int64(n) {
					t.Errorf("the end came before all were done")
				}
			}
			err := trial.holdOne(func() func() error {
				workers.Add(1)
				if begun.Load() != 0 {
					t.Error("a worker was made within what is measured")
				}
				return func() error { done.Add(1); return nil }
			})
			if err != nil || workers.Load() != int64(goroutines) || done.Load() != int64(n) || begun.Load() != 1 {
				t.Errorf("%d goroutines did %d operations, begun %d times (%v), want %d and %d, once",
					workers.Load(), done.Load(), begun.Load(), err, goroutines, n)
			}
		}
	}
}

// A worker that fails before it began keeps nobody waiting.
func TestParallelErrors(t *testing.T) {
	for _, goroutines := range []int{1, 4} {
		trial := mustTrial(t, impls.All()[0], Shape{1, goroutines}, 100)
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

// A default run has none of the Extra workloads; one that is asked for by name is measured.
func TestCases(t *testing.T) {
	names := func(cases []Case) (names []string) {
		for _, c := range cases {
			names = append(names, c.Workload.Name)
		}
		return slices.Compact(names)
	}
	want := []string{"uncontended", "contended", "cpu", "io"}
	if got := names(Cases(Workloads(), false)); !slices.Equal(got, want) {
		t.Errorf("a default run measures %v, want %v", got, want)
	}
	if got := len(names(Cases(Workloads(), true))); got != len(Workloads()) {
		t.Errorf("a full run measures %d workloads, want all %d", got, len(Workloads()))
	}
	chosen := []Workload{cpu, mixed}
	if got := names(Cases(chosen, false)); !slices.Equal(got, []string{"cpu", "mixed"}) {
		t.Errorf("cpu and mixed are asked for, %v measured", got)
	}
	seen := map[string]bool{}
	for _, c := range Cases(Workloads(), true) {
		name := c.Name(impls.All()[0])
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if err := c.validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestWorkloadsThatCannotBeMeasured(t *testing.T) {
	run := func(*Trial) error { return nil }
	for want, c := range map[string]Case{
		`workload name "a b"`: {Workload{Name: "a b", Run: run}, Shape{1, 1}},
		"does nothing":        {Workload{Name: "mine"}, Shape{1, 1}},
		"positive":            {Workload{Name: "mine", Run: run}, Shape{1, 0}},
	} {
		if _, err := c.Sample(impls.All()[0], 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error is %v, want %q", c, err, want)
		}
	}
}
