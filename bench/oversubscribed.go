package bench

// oversubscribed asks what becomes of a semaphore when far more goroutines want it than it has
// permits, and the permits are held for about as long as a wake-up may cost, or for much longer
// than that: where waiting briefly pays, and where it steals from the holder. The same with
// permits that are held for nothing is contended.
var oversubscribed = Workload{
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
		return t.holdOne(func() func() error { return newBurner(t.Hold) })
	},

	Counted: 256, // a thousand waiters that spin have to be let past each time
}
