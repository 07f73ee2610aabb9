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
