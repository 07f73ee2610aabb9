package explore_test

import (
	"math/rand"
	randv2 "math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

type node struct{ even bool }

// rounds counts the schedules of a program in which only addresses change between them.
var rounds int

// randomized are programs that depend on an order or a number that Go randomizes. The explorer
// fixes both.
var randomized = map[string]func(n *atomic.Int64){
	"map of words": func(n *atomic.Int64) {
		m := map[string]bool{"a": true, "b": false, "c": true, "d": false, "e": false}
		for _, even := range m {
			visit(n, even)
		}
	},
	"map of pointers": func(n *atomic.Int64) {
		m := map[*node]struct{}{}
		var arena [8]node
		rounds++ // changes the order of the addresses
		for i := range arena {
			p := &arena[(i*3+rounds)%8]
			p.even = i%3 == 0
			m[p] = struct{}{}
		}
		for k := range m {
			visit(n, k.even)
		}
	},
	"map of channels in interfaces": func(n *atomic.Int64) {
		type pair struct {
			what any
			even bool
		}
		m := map[pair]int{}
		for i := range 8 {
			m[pair{make(chan int), i%3 == 0}]++
		}
		for k, times := range m {
			visit(n, k.even && times == 1)
		}
	},
	"map that changes": func(n *atomic.Int64) {
		m := map[int]int{1: 1, 2: 2, 3: 3, 4: 4}
		for k, v := range m {
			delete(m, k+1)
			m[k] = v * 2
			visit(n, k%2 == 0)
		}
		if len(m) != 2 || m[1] != 2 || m[3] != 6 {
			panic("the loop visited a deleted key")
		}
	},
	"math/rand": func(n *atomic.Int64) {
		for range 8 {
			visit(n, rand.Intn(2) == 0)
		}
		for _, i := range rand.Perm(5) {
			visit(n, i%2 == 0)
		}
	},
	"math/rand/v2": func(n *atomic.Int64) {
		for range 8 {
			visit(n, randv2.N(2) == 0)
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { visit(n, randv2.IntN(2) == 0) })
		}
		wg.Wait()
	},
}

func visit(n *atomic.Int64, even bool) {
	if even {
		n.Load()
		return
	}
	n.Add(1)
}

func TestChanceIsFixed(t *testing.T) {
	for name, program := range randomized {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 500}, func(t *explore.T) {
				var n atomic.Int64
				program(&n)
			})
			if r.Verdict == explore.Fail {
				t.Errorf("%s", r.Text)
			}
		})
	}
}

// Two executions differ if the same operations touch different objects.
func TestNondeterminismIsNamed(t *testing.T) {
	var calls int
	r := explore.Check(t, explore.Options{}, func(t *explore.T) {
		calls++
		var words [2]atomic.Int64
		words[0].Load()
		words[1].Load()
		words[calls%2].Add(1)
	})
	for _, says := range []string{
		"does not do the same", "at step 2", "determinism_test.go:", "#3", "#4",
	} {
		if !strings.Contains(r.Text, says) {
			t.Errorf("the text does not contain %q: %s", says, r.Text)
		}
	}
}
