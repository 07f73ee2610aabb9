package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/semabench/semabench/impls"
)

// A recorded pass lasts a quarter of the timed one if that gives each goroutine its turns, longer if
// not, and never longer than eight timed passes.
func TestRecordedPassLastsForTurns(t *testing.T) {
	for _, test := range []struct {
		goroutines, n int
		want          time.Duration // after a timed pass of 80 ms
	}{
		{64, 1_000_000, 20 * time.Millisecond},
		{1, 2, 640 * time.Millisecond},
		{64, 1408, 80 * time.Millisecond}, // 22 turns took exactly the timed pass
		{64, 320, 352 * time.Millisecond},
		{500, 80, 640 * time.Millisecond},
	} {
		c := Case{Shape: Shape{Permits: 1, Goroutines: test.goroutines}}
		if got := c.recordedTime(80*time.Millisecond, test.n); got != test.want {
			t.Errorf("%d operations of %d goroutines in 80 ms: the recorded pass lasts %v, want %v",
				test.n, test.goroutines, got, test.want)
		}
	}
}

// Goroutines with too few turns get no latencies and no fairness, but the number of their turns. The
// same goroutines with more turns get all of them.
//
// The time of an operation is fixed by the workload, so the number of turns depends on no machine:
// at most one operation in 2 ms, in 8 times the shortest pass, is less than 20 turns for 64
// goroutines; and an operation without any delay leaves room for all.
func TestFewTurnsWithholdFigures(t *testing.T) {
	slow := Workload{Name: "slow", Run: func(t *Trial) error {
		return t.holdOne(func() func() error {
			return func() error { time.Sleep(2 * time.Millisecond); return nil }
		})
	}, Counted: 1}
	quick := Workload{Name: "quick", Run: func(t *Trial) error {
		return t.Parallel(func(w *Worker) error {
			for w.Next() {
				if err := w.Sem.Acquire(context.Background(), 1); err != nil {
					return err
				}
				w.Sem.Release(1)
			}
			return nil
		})
	}}
	for _, test := range []struct {
		workload Workload
		shape    Shape
		withheld bool
	}{
		{slow, Shape{Permits: 1, Goroutines: 64}, true},
		{quick, Shape{Permits: 1, Goroutines: 2}, false},
	} {
		line, err := Case{test.workload, test.shape}.Sample(impls.All()[0], 4*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []string{"acquire-p50-ns", "acquire-p99.9-ns", "acquire-max-ns", "jain",
			"longest/median-wait"} {
			if strings.Contains(line, " "+unit) == test.withheld {
				t.Errorf("%s: withheld is %t for %s in %s", test.workload.Name, test.withheld, unit, line)
			}
		}
		if got := turnsOf(t, line); (got > 0 && got < enoughTurns) != test.withheld {
			t.Errorf("%s: turns = %v in %s", test.workload.Name, got, line)
		}
	}
}

// One goroutine has percentiles and no longest wait: the longest call is an interrupt of the machine.
func TestOneGoroutineHasNoLongestWait(t *testing.T) {
	line, err := Case{uncontended, Shape{Permits: 1, Goroutines: 1}}.Sample(impls.All()[0], 4*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	for unit, want := range map[string]bool{"acquire-p99.9-ns": true, "acquire-max-ns": false, "longest/median-wait": false} {
		if got := strings.Contains(line, " "+unit); got != want {
			t.Errorf("%s: reported is %t in %s", unit, got, line)
		}
	}
}

func turnsOf(t *testing.T, line string) float64 {
	t.Helper()
	r := benchfmt.NewReader(strings.NewReader(line), "line")
	r.Scan()
	result, ok := r.Result().(*benchfmt.Result)
	if !ok {
		t.Fatal(fmt.Errorf("%q is not a benchmark line", line))
	}
	v, _ := result.Value("turns/goroutine")
	return v
}
