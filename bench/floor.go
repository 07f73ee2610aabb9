package bench

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// floor measures the operations that no semaphore can do without, and the harness itself. Its rows
// stand beside the rows of semaphores in the same run, so a reader can tell how far a semaphore is
// from what the machine allows. Each row has a step:
//
//   - bare: a compare-and-swap and an add on one word, in a plain loop.
//   - harness: the same in the loop of a workload. The difference to bare is the cost that this
//     package adds to an uncontended pair.
//   - methods: the same in the loop of workload uncontended, by two methods of an impls.Semaphore. Acquire
//     asks first whether ctx is done, which the contract demands. No semaphore behind that interface is
//     cheaper, so the difference of a semaphore to this row is its own cost, and the difference of this row
//     to harness is the price of the interface and of the question.
//   - line: a word that two goroutines change in turns, each spinning for the other: two transfers
//     of a cache line between cores.
//   - switch: a goroutine yields to another one of the same processor.
//   - park: two goroutines of one processor wake each other by channels: two goroutines park, and
//     two are made ready.
var floor = Workload{
	Name: "floor",
	Doc:  "no semaphore: the operations below it, and the harness",
	Shapes: []Shape{
		{Permits: 1, Goroutines: 1, Step: "bare"}, {Permits: 1, Goroutines: 1, Step: "harness"},
		{Permits: 1, Goroutines: 2, Step: "line"}, {Permits: 1, Goroutines: 2, Step: "switch"},
		{Permits: 1, Goroutines: 2, Step: "park"},
	},
	More:  []Shape{{Permits: 1, Goroutines: 1, Step: "methods"}},
	Fixed: true,
	Floor: true,
	Run: func(t *Trial) error {
		switch t.Step {
		case "bare":
			return t.bareLoop()
		case "harness":
			return t.harnessLoop()
		case "methods":
			return t.methodLoop()
		case "line":
			return t.bounceLine()
		case "switch":
			return t.yieldInTurns()
		}
		return t.parkInTurns()
	},
}

// Floor is the implementation of the rows of workload floor. It is no semaphore.
func Floor() impls.Impl {
	return impls.Impl{Name: "floor", New: func(int64) impls.Semaphore { return new(noSemaphore) }}
}

// noSemaphore satisfies the check at the end of a trial, and nothing else.
type noSemaphore struct{ taken bool }

func (s *noSemaphore) Acquire(context.Context, int64) error { return nil }
func (s *noSemaphore) Release(int64)                        { s.taken = false }

func (s *noSemaphore) TryAcquire(int64) bool {
	before := s.taken
	s.taken = true
	return !before
}

// A paddedWord has its cache lines for itself.
type paddedWord struct {
	_ [64]byte
	atomic.Int64
	_ [64]byte
}

// bareLoop performs all operations in a loop that the harness takes no part in.
func (t *Trial) bareLoop() error {
	word := new(paddedWord)
	return t.Parallel(func(w *Worker) error {
		w.Start()
		for range t.N {
			word.CompareAndSwap(0, 1)
			word.Add(-1)
		}
		return nil
	})
}

// harnessLoop is bareLoop in the form in which workloads are written.
func (t *Trial) harnessLoop() error {
	word := new(paddedWord)
	return t.Parallel(func(w *Worker) error {
		for w.Next() {
			word.CompareAndSwap(0, 1)
			word.Add(-1)
		}
		return nil
	})
}

// A pairOfSwaps does in its methods what bareLoop does, and nothing for a second goroutine.
type pairOfSwaps struct{ word paddedWord }

func (s *pairOfSwaps) Acquire(ctx context.Context, _ int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.word.CompareAndSwap(0, 1)
	return nil
}

func (s *pairOfSwaps) Release(int64)         { s.word.Add(-1) }
func (s *pairOfSwaps) TryAcquire(int64) bool { return s.word.CompareAndSwap(0, 1) }

// methodLoop is workload uncontended on a pairOfSwaps.
func (t *Trial) methodLoop() error {
	t.Sem = new(pairOfSwaps)
	return uncontended.Run(t)
}

// bounceLine hands a word to another goroutine and waits until it comes back. A waiting goroutine
// yields after a while: the other one may have no core.
func (t *Trial) bounceLine() error {
	const theirs, ours, end = 1, 0, 2
	word := new(paddedWord)
	await := func(not int64) int64 {
		for looks := 1; ; looks++ {
			if got := word.Load(); got != not {
				return got
			}
			if looks%1000 == 0 {
				runtime.Gosched()
			}
		}
	}
	return t.Parallel(func(w *Worker) error {
		if w.ID == 1 {
			for w.Start(); await(ours) != end; {
				word.Store(ours)
			}
			return nil
		}
		for w.Next() {
			word.Store(theirs)
			await(theirs)
		}
		word.Store(end)
		return nil
	})
}

// oneProcessor lets the goroutines of a floor meet on one processor of the Go scheduler. The result
// undoes that.
func oneProcessor() (undo func()) {
	before := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(before) }
}

// yieldInTurns counts the yields of both goroutines: each is a switch to the other one.
func (t *Trial) yieldInTurns() error {
	defer oneProcessor()()
	return t.Parallel(func(w *Worker) error {
		for w.Next() {
			runtime.Gosched()
		}
		return nil
	})
}

func (t *Trial) parkInTurns() error {
	defer oneProcessor()()
	there, back := make(chan bool), make(chan bool)
	return t.Parallel(func(w *Worker) error {
		if w.ID == 1 {
			w.Start()
			for range there {
				back <- true
			}
			return nil
		}
		for w.Next() {
			there <- true
			<-back
		}
		close(there)
		return nil
	})
}
