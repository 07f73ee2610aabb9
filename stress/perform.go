package stress

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// A performance is one run of a program, with the oracles that watch it.
type performance struct {
	program
	sem impls.Semaphore

	// held is raised after a grant and lowered before a release, so it is never more than what
	// is really held: if it exceeds the size, too much was granted.
	held atomic.Int64

	// errands are cancellations and releases that one more goroutine carries out, so that they
	// meet the workers' own calls.
	errands chan func()
	broken  chan error // what the first oracle to speak said

	progress *atomic.Int64  // the trial's
	at       []atomic.Int32 // the op at which each worker is
	mu       sync.Mutex
	gate     chan struct{} // closed to let those go on who rest; guarded by mu, as is resting
	resting  []bool
}

// perform runs p. Its oracles: capacity at every grant; the result of every call; whenever
// nothing can move any more, that nobody waits who would fit; at the end, that all permits
// are back.
func perform(t *trial, p program) {
	run := &performance{
		program:  p,
		sem:      t.make(p.size),
		errands:  make(chan func(), p.ops()),
		broken:   make(chan error, 1),
		at:       make([]atomic.Int32, len(p.workers)),
		gate:     make(chan struct{}),
		progress: t.progress,
		resting:  make([]bool, len(p.workers)),
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		run.all(t.impl)
	}()
	for !t.settledOn(finished) {
		run.mustBeUnbroken()
		if stuck := run.stuck(t.impl.Order); stuck != "" {
			t.failf("C17 no-lost-wakeup: nothing can move any more, and\n%s%s", stuck, t.stacks())
		}
		run.goOn()
	}
	run.mustBeUnbroken()
	t.free(run.sem, p.size) // C2
}

func (p *performance) mustBeUnbroken() {
	select {
	case err := <-p.broken:
		panic(err)
	default:
	}
}

// all runs the workers and then the errands that they left behind.
func (p *performance) all(impl impls.Impl) {
	var workers, boy sync.WaitGroup
	for i := range p.workers {
		workers.Go(func() { p.worker(i, impl.Waits == impls.Parked) })
	}
	boy.Go(func() {
		for errand := range p.errands {
			p.guard(errand)
		}
	})
	workers.Wait()
	close(p.errands)
	boy.Wait()
}

// worker carries out its list. It rests only where it can be seen that nothing moves any more.
func (p *performance) worker(i int, mayRest bool) {
	p.guard(func() {
		var mine int64
		for at, o := range p.workers[i] {
			p.at[i].Store(int32(at))
			p.progress.Add(1)
			if o.kind == rest && mayRest {
				p.rest(i)
			}
			mine = p.step(o, mine)
		}
		p.release(mine)
	})
	p.at[i].Store(int32(len(p.workers[i])))
}

// step performs one op of a worker that holds mine permits and returns how many it holds then.
func (p *performance) step(o op, mine int64) int64 {
	switch o.kind {
	case acquire:
		p.release(mine)
		p.mustEqual("C9 error-of-context", p.sem.Acquire(context.Background(), o.n), nil)
		return p.granted(o, 0)
	case cancelled:
		ctx, cancel := context.WithCancel(context.Background())
		p.errands <- func() { yield(o.lag); cancel() }
		if err := p.sem.Acquire(ctx, o.n); err != nil {
			p.mustEqual("C9 error-of-context", err, ctx.Err())
			return mine
		}
		return p.granted(o, mine)
	case dead:
		p.mustEqual("C8 done-context-loses", p.sem.Acquire(done(), o.n), context.Canceled)
	case try:
		if p.sem.TryAcquire(o.n) {
			return p.granted(o, mine)
		}
	case release:
		n := min(o.n, mine)
		p.release(n)
		return mine - n
	case handOver:
		n := min(o.n, mine)
		p.errands <- func() { p.release(n) }
		return mine - n
	}
	return mine
}

func (p *performance) granted(o op, mine int64) int64 {
	if held := p.held.Add(o.n); held > p.size {
		p.fail(fmt.Errorf("C1 capacity: %d permits are held, size is %d", held, p.size))
	}
	yield(o.lag)
	return mine + o.n
}

func (p *performance) release(n int64) {
	if n > 0 {
		p.held.Add(-n)
		p.sem.Release(n)
	}
}

func (p *performance) mustEqual(clause string, got, want error) {
	if got != want {
		p.fail(fmt.Errorf("%s: Acquire = %v, want %v", clause, got, want))
	}
}

func (p *performance) fail(err error) {
	select {
	case p.broken <- err:
	default: // what follows a first defect proves little
	}
}

// guard keeps a panic of the implementation from ending the process.
func (p *performance) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			p.fail(asError(r))
		}
	}()
	f()
}

func (p *performance) rest(i int) {
	p.mu.Lock()
	p.resting[i] = true
	gate := p.gate
	p.mu.Unlock()
	<-gate
}

func (p *performance) goOn() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.resting)
	close(p.gate)
	p.gate = make(chan struct{})
}

// stuck is called when nothing can move any more. It says who waits although the free permits
// would do, or although the wait was cancelled; it is empty if nobody does.
func (p *performance) stuck(order impls.Order) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var who strings.Builder
	free := p.size - p.held.Load()
	all, fit, left := 0, 0, 0
	for i, ops := range p.workers {
		at := int(p.at[i].Load())
		if at >= len(ops) || p.resting[i] {
			continue
		}
		all++
		switch o := ops[at]; {
		case o.kind != acquire:
			left++ // all errands are done, so its ctx is
			fmt.Fprintf(&who, "worker %d waits in op %d, %v(%d), though cancelled\n", i, at, o.kind, o.n)
		case o.n <= free:
			fit++
			fmt.Fprintf(&who, "worker %d waits in op %d, %v(%d), with %d of %d permits free\n",
				i, at, o.kind, o.n, free, p.size)
		}
	}
	if !slices.Contains(p.resting, true) {
		return who.String() + "nobody rests, so nobody will ever move\n"
	}
	// Unless they barge, one that does not fit may hold up those that do; who is first is not
	// known here.
	if left == 0 && (fit == 0 || order != impls.Barging && fit < all) {
		return ""
	}
	return who.String()
}

func yield(times int) {
	for range times {
		runtime.Gosched()
	}
}
