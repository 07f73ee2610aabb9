package strategy_test

//lint:file-ignore SA2001 these programs are about the locks, not about what is done under them

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	"github.com/semabench/semabench/stress/explore/shim/sync"
	"github.com/semabench/semabench/stress/explore/shim/time"
)

// Programs that nobody thought of, held against brute force like those that somebody did.
func TestDPOROnRandomPrograms(t *testing.T) {
	skipRaced(t)
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { mustCover(t, drawn(seed)) })
	}
}

// things are what a random program is on.
type things struct {
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

// steps are what a random program does. Some may wait for ever, which is an ending like others.
var steps = []func(x *things){
	func(x *things) { x.words[0].Add(1) },
	func(x *things) { x.words[1].Load() },
	func(x *things) { x.words[0].Load() },
	func(x *things) { x.words[1].CompareAndSwap(0, 1) },
	func(x *things) { x.locks[0].Lock(); x.words[1].Add(1); x.locks[0].Unlock() },
	func(x *things) { x.locks[1].Lock(); x.locks[0].Lock(); x.locks[0].Unlock(); x.locks[1].Unlock() },
	func(x *things) {
		if x.locks[0].TryLock() {
			x.locks[0].Unlock()
		}
	},
	func(x *things) { x.rw.RLock(); x.words[0].Load(); x.rw.RUnlock() },
	func(x *things) { x.rw.Lock(); x.words[0].Store(5); x.rw.Unlock() },
	func(x *things) { x.group.Done() },
	func(x *things) { x.group.Wait() },
	func(x *things) { x.locks[0].Lock(); x.cond.Wait(); x.locks[0].Unlock() },
	func(x *things) { x.cond.Signal() },
	func(x *things) { x.cond.Broadcast() },
	func(x *things) { schedrt.To(x.one).Send(1) },
	func(x *things) { schedrt.Recv(x.one) },
	func(x *things) { schedrt.To(x.meeting).Send(1) },
	func(x *things) { schedrt.Recv(x.meeting) },
	func(x *things) { schedrt.Len(x.one) },
	func(x *things) { schedrt.Select(false, schedrt.From(x.one), schedrt.From(x.meeting)) },
	func(x *things) { schedrt.Select(true, schedrt.From(x.one), schedrt.To(x.meeting).Case(2)) },
	func(x *things) { schedrt.Select(true, schedrt.From(x.meeting)) },
	func(x *things) { schedrt.Go(func() { x.words[1].Add(1) }) },
	func(x *things) { x.pairs.LoadOrStore(1, 1) },
	func(x *things) { x.pairs.LoadAndDelete(1) },
	func(x *things) { x.pairs.Swap(2, 2) },
	func(x *things) { x.pairs.Range(func(key, value any) bool { return true }) },
	func(x *things) { x.pool.Put(x.pool.Get()) },
	func(x *things) { x.pool.Put(1) },
	func(x *things) { time.AfterFunc(1, func() { x.words[0].Add(1) }).Stop() },
	func(x *things) { schedrt.Select(false, schedrt.From(time.After(1)), schedrt.From(x.one)) },
}

// drawn returns the program of a seed: two or three goroutines with up to three steps each.
func drawn(seed uint64) func() {
	r := rand.New(rand.NewPCG(seed, 0))
	plans := make([][]int, 2+r.IntN(2))
	for i := range plans {
		for range 1 + r.IntN(5-len(plans)) {
			plans[i] = append(plans[i], r.IntN(len(steps)))
		}
	}
	return func() {
		x := &things{one: make(chan int, 1), meeting: make(chan int)}
		x.cond = sync.NewCond(&x.locks[0])
		x.group.Add(100) // never done; Wait is then never possible, and Done never too much
		if seed%2 == 0 {
			x.group.Add(-99)
		}
		for _, plan := range plans {
			schedrt.Go(func() {
				for _, step := range plan {
					steps[step](x)
				}
			})
		}
	}
}
