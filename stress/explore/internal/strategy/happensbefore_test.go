package strategy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	"github.com/semabench/semabench/stress/explore/shim/sync"
)

// A walk draws schedules that begin like the schedule before.
type walk struct {
	rand  *rand.Rand
	ids   []int // the goroutines of the current schedule
	keep  int   // how many steps the schedule before has, too
	steps int
}

func (w *walk) Begin(*schedrt.Exec) {
	w.keep, w.steps = w.rand.IntN(len(w.ids)+1), 0
	w.ids = w.ids[:w.keep]
}

func (w *walk) Pick(p *schedrt.Point) int {
	if w.steps++; w.steps <= w.keep {
		for i, g := range p.Enabled {
			if g.ID == w.ids[w.steps-1] {
				return i
			}
		}
	}
	i := w.rand.IntN(len(p.Enabled))
	w.ids = append(w.ids[:w.steps-1], p.Enabled[i].ID)
	return i
}

func (w *walk) Choose(int) int { return 0 }

func (w *walk) Done(*schedrt.Exec) bool { return true }

// The relation that is kept from schedule to schedule equals the relation computed from the first step
// on, also if the caller says that more steps are the same than are.
func TestKeptRelationIsTheWholeOne(t *testing.T) {
	if schedrt.RaceEnabled {
		t.Skip("the race detector would report the engine, see skipRaced")
	}
	var n, m atomic.Int64
	var mu sync.Mutex
	program := func() {
		c, rest := make(chan int, 1), 0
		for range 3 {
			schedrt.Go(func() {
				n.Add(1)
				mu.Lock()
				m.Store(n.Load())
				mu.Unlock()
				schedrt.To(c).Send(1)
				rest++
				schedrt.AwaitRest(rest)
				schedrt.Recv(c)
				m.Load()
			})
		}
	}
	for _, exact := range []bool{true, false} {
		x := schedrt.New(schedrt.Limits{AskAlways: true})
		w := &walk{rand: rand.New(rand.NewPCG(1, 1))}
		var kept happensBefore
		barriers := 0
		for i := range 2000 {
			w.Begin(x)
			x.Play(w, program)
			from := w.keep
			if !exact {
				from = len(x.Trace.Steps)
			}
			kept.compute(&x.Trace, from)
			var whole happensBefore
			whole.compute(&x.Trace, from)
			if whole.barrier >= 0 {
				barriers++
			}
			for at := range x.Trace.Steps {
				if !slices.Equal(kept.clocks[at], whole.clocks[at]) {
					t.Fatalf("schedule %d, step %d: %v, want %v", i, at, kept.clocks[at], whole.clocks[at])
				}
			}
			if fmt.Sprint(kept.races) != fmt.Sprint(whole.races) || kept.barrier != whole.barrier {
				t.Fatalf("schedule %d: races %v, barrier %d, want %v, %d", i, kept.races, kept.barrier,
					whole.races, whole.barrier)
			}
		}
		if barriers < 100 {
			t.Errorf("%d schedules with AwaitRest, want most", barriers)
		}
		x.Close()
	}
}
