package bench_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
)

// mine is a workload as a user would write it: every second request asks for all permits.
var mine = bench.Workload{
	Name:   "mine",
	Shapes: []bench.Shape{{Permits: 8, Goroutines: 32}},
	Run: func(t *bench.Trial) error {
		return t.Parallel(func(w *bench.Worker) error {
			for i := 0; w.Next(); i++ {
				n := []int64{1, t.Permits}[i%2]
				if err := w.Sem.Acquire(context.Background(), n); err != nil {
					return err
				}
				w.Sem.Release(n)
			}
			return nil
		})
	},
}

// A workload of your own is one value for RunWorkloads. Without a benchmark around it, Case.Sample
// measures one row:
func ExampleRunWorkloads() {
	_ = func(b *testing.B) { // your BenchmarkMine
		bench.RunWorkloads(b, []bench.Workload{mine}, impls.All()...)
	}
	for _, row := range bench.Cases([]bench.Workload{mine}, false) {
		for _, impl := range impls.All()[:2] {
			_, err := row.Sample(impl, time.Millisecond)
			fmt.Println(row.Name(impl), err)
		}
	}
	// Output:
	// workload=mine/impl=cond/permits=8/goroutines=32 <nil>
	// workload=mine/impl=channel/permits=8/goroutines=32 <nil>
}
