package bench

// tries is work that is optional, such as refreshing a cache: whoever does not get a permit
// does something else. Nobody waits, so what counts is what a refusal costs.
var tries = Workload{
	Name:    "try",
	Doc:     "TryAcquire alone; about 100 ns of work if it succeeds",
	Refuses: true,
	Shapes:  []Shape{{Permits: 1, Goroutines: 8, Hold: about100ns}},
	More:    []Shape{{Permits: 4, Goroutines: 64, Hold: about100ns}},
	Run: func(t *Trial) error {
		return t.Parallel(func(w *Worker) error {
			sem, work := w.Sem, newBurner(t.Hold)
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
