package bench

import (
	"context"
	"runtime"
)

// Workloads in which the semaphore itself is most of the work, from no contention to far more
// goroutines than permits.

// uncontended measures a semaphore that no other goroutine wants. Every operation of a program
// pays this price, and most operations of a well-sized limiter pay nothing more.
//
// It spells the loop out instead of using holdOne: the call of an empty work function would be a
// visible part of the measured time.
var uncontended = Workload{
	Name:   "uncontended",
	Doc:    "one goroutine takes a permit and gives it back",
	Shapes: []Shape{{Permits: 1, Goroutines: 1}},
	Fixed:  true,
	Run: func(t *Trial) error {
		return t.Parallel(func(w *Worker) error {
			ctx, sem := context.Background(), w.Sem
			for w.Next() {
				if err := sem.Acquire(ctx, 1); err != nil {
					return err
				}
				sem.Release(1)
			}
			return nil
		})
	},
}

// contended measures the semaphore alone, with more goroutines than permits and no work under a
// permit: the price of passing a permit from goroutine to goroutine.
//
// With one permit the semaphore is a mutex, and the series over goroutines shows the cost of each
// further goroutine. As many permits as cores is the least number that keeps the cores busy. With
// 1024 permits or goroutines, admission itself is the load. It is a function because the number of
// cores is known only at run time.
func contended() Workload {
	return Workload{
		Name: "contended",
		Doc:  "many goroutines take a permit and give it back at once",
		Shapes: distinct([]Shape{
			{Permits: 1, Goroutines: 2}, {Permits: 1, Goroutines: 8},
			{Permits: 1, Goroutines: 64}, {Permits: 1, Goroutines: 1024},
			{Permits: int64(runtime.GOMAXPROCS(0)), Goroutines: 64},
			{Permits: 4, Goroutines: 64}, {Permits: 16, Goroutines: 64},
			{Permits: 64, Goroutines: 64},
		}),
		More: []Shape{
			{Permits: 4, Goroutines: 1024}, {Permits: 16, Goroutines: 1024},
			{Permits: 1024, Goroutines: 2048},
		},
		Run: func(t *Trial) error {
			return t.holdOne(func() func() error { return noWork })
		},
	}
}

// crowd measures far more goroutines than permits, with permits held for about as long as waking a
// goroutine costs, or for much longer. The short hold shows where waiting actively pays; the long
// hold shows where active waiting takes the core from the holder. Without any hold it would be
// contended.
var crowd = Workload{
	Name: "crowd",
	Doc:  "far more goroutines than permits, CPU work under each: 50 steps are about 100 ns",
	Shapes: []Shape{
		{Permits: 4, Goroutines: 64, Hold: about100ns},
		{Permits: 4, Goroutines: 64, Hold: about10µs},
		{Permits: 4, Goroutines: 1024, Hold: about100ns},
	},
	More: []Shape{
		{Permits: 1, Goroutines: 64, Hold: about100ns},
		{Permits: 1, Goroutines: 64, Hold: about10µs},
		{Permits: 16, Goroutines: 64, Hold: about100ns},
		{Permits: 16, Goroutines: 64, Hold: about10µs},
		{Permits: 1, Goroutines: 1024, Hold: about100ns},
		{Permits: 1, Goroutines: 1024, Hold: about10µs},
		{Permits: 4, Goroutines: 1024, Hold: about10µs},
		{Permits: 16, Goroutines: 1024, Hold: about100ns},
		{Permits: 16, Goroutines: 1024, Hold: about10µs},
	},
	Run: func(t *Trial) error {
		return t.holdOne(func() func() error { return newCPUWork(t.Hold) })
	},

	// Fewer than 1000: in the counting pass each holder yields, and with spinning waiters a
	// thousand goroutines then run before the holder gets its core back.
	Counted: 256,
}

// tryOnly stands for optional work, such as refreshing a cache: a goroutine that gets no permit
// does something else. No goroutine waits, so the metric is the price of a refusal.
var tryOnly = Workload{
	Name:    "try",
	Doc:     "TryAcquire alone; about 100 ns of work if it succeeds",
	Refuses: true,
	Shapes:  []Shape{{Permits: 1, Goroutines: 8, Hold: about100ns}},
	More:    []Shape{{Permits: 4, Goroutines: 64, Hold: about100ns}},
	Run: func(t *Trial) error {
		return t.Parallel(func(w *Worker) error {
			sem, work := w.Sem, newCPUWork(t.Hold)
			for w.Next() {
				if !sem.TryAcquire(1) {
					continue
				}
				err := work()
				sem.Release(1)
				if err != nil {
					return err
				}
			}
			return nil
		})
	},
}
