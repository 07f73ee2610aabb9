package strategy_test

//lint:file-ignore SA2001 these programs are about the locks, not about what is done under them

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	"github.com/semabench/semabench/stress/explore/shim/sync"
	"github.com/semabench/semabench/stress/explore/shim/time"
)

// DPOR is compared with DFS on random programs, too: they combine steps in ways that the table does
// not.
func TestDPOROnRandomPrograms(t *testing.T) {
	skipRaced(t)
	for seed := range randomPrograms(t) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { mustCover(t, drawn(seed)) })
	}
}

// randomPrograms returns the number of random programs to try.
func randomPrograms(t *testing.T) uint64 {
	t.Helper()
	return uint64(longtest.Or(t, "random programs", 300, 12))
}

// objects are the objects of a random program.
type objects struct {
	words   [2]atomic.Int64
	locks   [2]sync.Mutex
	rw      sync.RWMutex
	group   sync.WaitGroup
	cond    *sync.Cond
	one     chan int
	meeting chan int
	pairs   sync.Map
	pool    sync.Pool
}

// steps are the steps of random programs. Some may wait for ever, which is an outcome like any
// other.
var steps = []func(x *objects){
	func(x *objects) { x.words[0].Add(1) },
	func(x *objects) { x.words[1].Load() },
	func(x *objects) { x.words[0].Load() },
	func(x *objects) { x.words[1].CompareAndSwap(0, 1) },
	func(x *objects) { x.locks[0].Lock(); x.words[1].Add(1); x.locks[0].Unlock() },
	func(x *objects) { x.locks[1].Lock(); x.locks[0].Lock(); x.locks[0].Unlock(); x.locks[1].Unlock() },
	func(x *objects) {
		if x.locks[0].TryLock() {
			x.locks[0].Unlock()
		}
	},
	func(x *objects) { x.rw.RLock(); x.words[0].Load(); x.rw.RUnlock() },
	func(x *objects) { x.rw.Lock(); x.words[0].Store(5); x.rw.Unlock() },
	func(x *objects) { x.group.Done() },
	func(x *objects) { x.group.Wait() },
	func(x *objects) { x.locks[0].Lock(); x.cond.Wait(); x.locks[0].Unlock() },
	func(x *objects) { x.cond.Signal() },
	func(x *objects) { x.cond.Broadcast() },
	func(x *objects) { schedrt.To(x.one).Send(1) },
	func(x *objects) { schedrt.Recv(x.one) },
	func(x *objects) { schedrt.To(x.meeting).Send(1) },
	func(x *objects) { schedrt.Recv(x.meeting) },
	func(x *objects) { schedrt.Len(x.one) },
	func(x *objects) { schedrt.Select(false, schedrt.From(x.one), schedrt.From(x.meeting)) },
	func(x *objects) { schedrt.Select(true, schedrt.From(x.one), schedrt.To(x.meeting).Case(2)) },
	func(x *objects) { schedrt.Select(true, schedrt.From(x.meeting)) },
	func(x *objects) { schedrt.Go(func() { x.words[1].Add(1) }) },
	func(x *objects) { x.pairs.LoadOrStore(1, 1) },
	func(x *objects) { x.pairs.LoadAndDelete(1) },
	func(x *objects) { x.pairs.Swap(2, 2) },
	func(x *objects) { x.pairs.Range(func(key, value any) bool { return true }) },
	func(x *objects) { x.pool.Put(x.pool.Get()) },
	func(x *objects) { x.pool.Put(1) },
	func(x *objects) { time.AfterFunc(1, func() { x.words[0].Add(1) }).Stop() },
	func(x *objects) { schedrt.Select(false, schedrt.From(time.After(1)), schedrt.From(x.one)) },
}

// drawn returns the program of a seed. It has two or three goroutines with up to three steps each.
func drawn(seed uint64) func() {
	r := rand.New(rand.NewPCG(seed, 0))
	chosen := make([][]int, 2+r.IntN(2))
	for i := range chosen {
		for range 1 + r.IntN(5-len(chosen)) {
			chosen[i] = append(chosen[i], r.IntN(len(steps)))
		}
	}
	return func() {
		x := &objects{one: make(chan int, 1), meeting: make(chan int)}
		x.cond = sync.NewCond(&x.locks[0])
		x.group.Add(100) // Wait never returns, and Done never panics
		if seed%2 == 0 {
			x.group.Add(-99)
		}
		for _, mine := range chosen {
			schedrt.Go(func() {
				for _, step := range mine {
					steps[step](x)
				}
			})
		}
	}
}
