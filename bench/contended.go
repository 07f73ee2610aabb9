package bench

import (
	"runtime"
	"slices"
)

// contended is the semaphore alone, with more goroutines than permits and nothing done while
// one is held: what hand-over between goroutines costs. One permit makes it a mutex, and with it
// one sees what each further goroutine costs; as many as there are cores is the least that keeps
// them busy; with 1024, admission has to keep up.
func contended() Workload {
	return Workload{
		Name: "contended",
		Doc:  "many goroutines take a permit and give it back at once",
		Shapes: distinct([]Shape{
			{Permits: 1, Goroutines: 2}, {Permits: 1, Goroutines: 8},
			{Permits: 1, Goroutines: 64}, {Permits: 1, Goroutines: 1024},
			{Permits: int64(runtime.GOMAXPROCS(0)), Goroutines: 64},
			{Permits: 4, Goroutines: 64}, {Permits: 16, Goroutines: 64}, {Permits: 64, Goroutines: 64},
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

// distinct returns the shapes in the order in which each comes first.
func distinct(shapes []Shape) (all []Shape) {
	for _, s := range shapes {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
