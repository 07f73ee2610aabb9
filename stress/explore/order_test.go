package explore_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// unordered are programs with a data race that the usual schedule shows, in which one goroutine comes
// after the other, unless a model orders more than Go does; ordered are the same with what orders them.
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

// race has two goroutines write, one before and one after what is given.
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
			if r.Verdict != "pass" {
				t.Errorf("a false alarm: %s", r.Text)
			}
		})
	}
}
