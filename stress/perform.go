package stress

import (
	"context"
	"fmt"
	"runtime"
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
	broken  chan error     // what the first oracle to speak said
	at      []atomic.Int32 // the op at which each worker is
}

// perform runs p. Its oracles: capacity at every grant; the result of every call; and, when
// nothing can move any more, that nobody waits and that all permits are back.
func perform(t *trial, p program) {
	run := &performance{
		program: p,
		sem:     t.make(p.size),
		errands: make(chan func(), p.ops()),
		broken:  make(chan error, 1),
		at:      make([]atomic.Int32, len(p.workers)),
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		run.all()
	}()
	ended := t.settledOn(finished)
	select {
	case err := <-run.broken:
		panic(err)
	default:
	}
	if !ended {
		t.failf("C17 no-lost-wakeup: nothing can move any more, and\n%s\n%s", run.whoWaits(), stacks())
	}
	t.free(run.sem, p.size) // C2
}

// all runs the workers and then the errands that they left behind.
func (p *performance) all() {
	var workers, boy sync.WaitGroup
	for i := range p.workers {
		workers.Go(func() { p.worker(i) })
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

func (p *performance) worker(i int) {
	p.guard(func() {
		var mine int64
		for at, o := range p.workers[i] {
			p.at[i].Store(int32(at))
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

// whoWaits says who is stuck at which op. Whoever waits without a way out holds nothing, and all
// cancellations have been delivered, so each of them should have been served or let go.
func (p *performance) whoWaits() string {
	var b strings.Builder
	for i, ops := range p.workers {
		if at := int(p.at[i].Load()); at < len(ops) {
			fmt.Fprintf(&b, "worker %d waits in op %d, %v(%d), with %d of %d permits held by others\n",
				i, at, ops[at].kind, ops[at].n, p.held.Load(), p.size)
		}
	}
	return b.String()
}

func yield(times int) {
	for range times {
		runtime.Gosched()
	}
}
