package explore_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// unordered are programs with a data race. In the default schedule one goroutine runs after the
// other, so the race is seen exactly if the engine's models order no more than Go does. In ordered,
// an operation orders the accesses.
var unordered = map[string]func(){
	"other keys of a map": func() {
		var m sync.Map
		race(func() { m.Store(1, 1) }, func() { m.Load(2); m.Store(3, 3) })
	},
	"a pool of other things": func() {
		var p sync.Pool
		race(func() { p.Put(new(int)) }, func() { p.Put(new(int)) })
	},
}

// race lets two goroutines write: one writes and calls before, the other calls after and writes.
func race(before, after func()) {
	x := 0
	var wg sync.WaitGroup
	wg.Go(func() { x++; before() })
	wg.Go(func() { after(); x++ })
	wg.Wait()
}

var ordered = map[string]func(){
	"the key of a map": func() {
		x := 0
		var m sync.Map
		var wg sync.WaitGroup
		wg.Go(func() { x++; m.Store(1, 1) })
		wg.Go(func() {
			if _, ok := m.Load(1); ok {
				x++
			}
		})
		wg.Wait()
	},
	"a thing of a pool": func() {
		p := sync.Pool{New: func() any { return new(int) }}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				n := p.Get().(*int)
				*n++
				p.Put(n)
			})
		}
		wg.Wait()
	},
}

func TestModelsOrderWhatGoOrders(t *testing.T) {
	needRaceDetector(t)
	for name, program := range unordered {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedule: "x"}, func(*explore.T) { program() })
			if r.What != "data race" || !strings.Contains(r.Text, "order_test.go") {
				t.Errorf("%s, %q, want a data race", r.Verdict, r.What)
			}
		})
	}
	for name, program := range ordered {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{}, func(*explore.T) { program() })
			if r.Verdict != explore.Pass {
				t.Errorf("an ordered program fails: %s", r.Text)
			}
		})
	}
}

// addAndDone is not a literal, where go vet finds an Add in a goroutine.
func addAndDone(wg *sync.WaitGroup) { wg.Add(1); wg.Done() }

// An Add that takes the counter of a WaitGroup from zero has to happen before a Wait. The race detector
// reports it where one schedule has both, even if no plain variable is touched.
func TestAddsRaceWithWait(t *testing.T) {
	needRaceDetector(t)
	for name, c := range map[string]struct {
		program func()
		what    string
	}{
		"adds in the goroutine": {func() {
			var wg sync.WaitGroup
			go addAndDone(&wg)
			wg.Wait()
		}, "data race"},
		"adds under a lock, and waits without": {func() {
			var wg sync.WaitGroup
			var mu sync.Mutex
			for range 2 {
				go func() {
					mu.Lock()
					wg.Go(func() {})
					mu.Unlock()
				}()
			}
			wg.Wait()
		}, "data race"},
		"adds before": {func() {
			var wg sync.WaitGroup
			wg.Add(1)
			go wg.Done()
			wg.Wait()
		}, ""},
		"adds again in a goroutine that is waited for": {func() {
			var wg sync.WaitGroup
			wg.Go(func() { wg.Go(func() {}) })
			wg.Wait()
		}, ""},
		"two wait": {func() {
			var wg, waiters sync.WaitGroup
			wg.Add(1)
			waiters.Go(wg.Wait)
			waiters.Go(wg.Wait)
			wg.Done()
			waiters.Wait()
		}, ""},
		"two rounds": {func() {
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {})
				wg.Wait()
			}
		}, ""},
		"a channel orders": {func() {
			var wg sync.WaitGroup
			added := make(chan bool)
			go func() { addAndDone(&wg); close(added) }()
			<-added
			wg.Wait()
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{}, func(*explore.T) { c.program() })
			if r.What != c.what || c.what == "" && r.Verdict != explore.Pass {
				t.Errorf("%s, %q, want %q: %s", r.Verdict, r.What, c.what, r.Text)
			}
		})
	}
}
