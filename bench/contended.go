package bench

import (
	"runtime"
	"slices"
)

// contended is the semaphore alone, with more goroutines than permits and nothing done while
// one is held: what hand-over between goroutines costs. One permit makes it a mutex; as many as
// there are cores is the least that keeps them busy; with 1024, admission has to keep up.
func contended() Workload {
	procs := int64(runtime.GOMAXPROCS(0))
	w := Workload{
		Name:   "contended",
		Doc:    "many goroutines take a permit and give it back at once",
		Shapes: []Shape{{Permits: 1, Goroutines: 8}, {Permits: 4, Goroutines: 64}},
		More: []Shape{{Permits: 1, Goroutines: 64}, {Permits: 16, Goroutines: 64},
			{Permits: 16, Goroutines: 1024}, {Permits: 1024, Goroutines: 2048}},
		Run: takeAndReturn,
	}
	asCores := Shape{Permits: procs, Goroutines: 64}
	if !slices.Contains(slices.Concat(w.Shapes, w.More), asCores) {
		w.More = slices.Insert(w.More, 1, asCores)
	}
	return w
}

func takeAndReturn(t *Trial) error {
	return t.holdOne(func() func() error { return noWork })
}
