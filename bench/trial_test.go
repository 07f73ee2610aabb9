package bench

import (
	"errors"
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
			trial := mustTrial(t, impls.All()[0], Shape{Permits: 2, Goroutines: goroutines}, n)
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

// All workloads begin with those of a default run, and no two rows have the same name.
func TestCases(t *testing.T) {
	all := Workloads()
	for i, w := range Default() {
		if all[i].Name != w.Name {
			t.Errorf("workload %d is %s by default and %s of all", i, w.Name, all[i].Name)
		}
	}
	if err := validate(all); err != nil {
		t.Error(err)
	}
	if got := len(Cases([]Workload{cpu}, false)); got != len(cpu.Shapes) {
		t.Errorf("cpu is measured in %d shapes, want %d", got, len(cpu.Shapes))
	}
	seen := map[string]bool{}
	for _, c := range Cases(all, true) {
		name := c.Name(impls.All()[0])
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
	}
}

// Scaling curves are drawn from rows that differ in one parameter only.
func TestDefaultRunHasSeries(t *testing.T) {
	goroutines, permits := map[int64]int{}, map[int]int{}
	for _, c := range Cases([]Workload{contended()}, false) {
		goroutines[c.Permits]++
		permits[c.Goroutines]++
	}
	if goroutines[1] < 4 {
		t.Errorf("%d rows differ in goroutines alone, want 4", goroutines[1])
	}
	if permits[64] < 4 {
		t.Errorf("%d rows differ in permits alone, want 4", permits[64])
	}
}

func TestWorkloadsThatCannotBeMeasured(t *testing.T) {
	run := func(*Trial) error { return nil }
	shapes := []Shape{{Permits: 1, Goroutines: 1}}
	good := Workload{Name: "mine", Run: run, Shapes: shapes}
	for want, all := range map[string][]Workload{
		"no workload":            {},
		`two workloads are nam`:  {good, good},
		`workload name "a b"`:    {{Name: "a b", Run: run, Shapes: shapes}},
		"does nothing":           {{Name: "mine", Shapes: shapes}},
		"set Workload.Shapes":    {{Name: "mine", Run: run}},
		"positive permits":       {{Name: "mine", Run: run, Shapes: []Shape{{Permits: 1}}}},
		"positive permits and g": {{Name: "mine", Run: run, Shapes: shapes, More: []Shape{{Goroutines: 1}}}},
		"nothing negative":       {{Name: "mine", Run: run, Shapes: shapes, Counted: -1}},
		"counts 0 operations in": {{Name: "mine", Run: run, Shapes: []Shape{{Permits: 1, Goroutines: 1, Hold: -1}}}},
	} {
		if err := validate(all); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if err := validate([]Workload{good}); err != nil {
		t.Error(err)
	}
	three := Case{handOff, Shape{Permits: 1, Goroutines: 3}}
	if _, err := three.Sample(impls.All()[0], 1); err == nil || !strings.Contains(err.Error(), "Fixed") {
		t.Errorf("handoff between three: error is %v, want that it is Fixed", err)
	}
}

// A limit that comes before the first worker does leaves it one share; else a pass would now and then
// end with nothing seen, and its figures be missing from the text.
func TestLimitLeavesAShare(t *testing.T) {
	trial := mustTrial(t, impls.All()[0], Shape{Permits: 1, Goroutines: 1}, 1000)
	s := newShares(trial)
	s.stopped.Store(true)
	if first, second := s.take(), s.take(); first == 0 || second != 0 {
		t.Errorf("after the limit there were shares of %d and %d operations, want some and none", first, second)
	}
}
