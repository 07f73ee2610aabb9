package bench

// oversubscribed asks what becomes of a semaphore when far more goroutines want it than it has
// permits, and the permits are held for no time at all, for about as long as a wake-up may cost,
// and for much longer than that: where waiting briefly pays, and where it steals from the holder.
func oversubscribed() []Workload {
	crowd := func(name, doc string, newWork func() func() error) Workload {
		return Workload{
			Name:   name,
			Doc:    doc,
			Extra:  true,
			Shapes: []Shape{{Permits: 4, Goroutines: 64}},
			More: []Shape{{Permits: 1, Goroutines: 64}, {Permits: 16, Goroutines: 64},
				{Permits: 1, Goroutines: 1024}, {Permits: 4, Goroutines: 1024}, {Permits: 16, Goroutines: 1024}},
			Run: func(t *Trial) error { return t.holdOne(newWork) },

			Counted: 256, // a thousand waiters that spin have to be let past each time
		}
	}
	return []Workload{
		crowd("crowd-0", "far more goroutines than permits, held for nothing",
			func() func() error { return noWork }),
		crowd("crowd-100ns", "far more goroutines than permits, about 100 ns of CPU work under each",
			newBurner(about100ns)),
		crowd("crowd-10us", "far more goroutines than permits, about 10 µs of CPU work under each",
			newBurner(about10µs)),
	}
}
