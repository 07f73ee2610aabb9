package stress

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// A performance is one run of a program, with the oracles that watch it.
type performance struct {
	*history
	impl impls.Impl
	sem  impls.Semaphore
	bare bool // no oracles, to measure what they cost

	// held is raised after a grant and lowered before a release, so it is never more than what
	// is really held: if it exceeds the size, too much was granted.
	held atomic.Int64

	// errands are cancellations and releases that one more goroutine carries out, so that they
	// meet the workers' own calls.
	errands chan func()
	places  []place    // of each worker; read when nothing can move
	broken  chan error // what the first oracle to speak said

	// stopped is done when the program is to end early. Only those who wait with context.Background
	// do not hear of it.
	stopped context.Context
	stop    context.CancelFunc

	mu      sync.Mutex
	gate    chan struct{} // closed to let those go on who rest; guarded by mu, as is resting
	resting []bool
}

// performOnce plays p once and returns what was seen, and how it failed.
func performOnce(impl impls.Impl, patience time.Duration, p program) (*history, error) {
	h := newHistory(p, new(atomic.Int64))
	err := playWatched(impl, patience, h.clock, func(t *trial) { newPerformance(t, h).run(t) })
	return h, err
}

func newPerformance(t *trial, h *history) *performance {
	stopped, stop := context.WithCancel(context.Background())
	return &performance{
		history: h,
		stopped: stopped,
		stop:    stop,
		impl:    t.impl,
		sem:     t.make(h.size),
		errands: make(chan func(), h.ops()),
		places:  make([]place, len(h.workers)),
		broken:  make(chan error, 1),
		gate:    make(chan struct{}),
		resting: make([]bool, len(h.workers)),
	}
}

// run plays the program. Its oracles: capacity at every grant; the result of every call; whenever
// nothing can move any more, that nobody waits who would fit; at the end, that all permits
// are back.
func (p *performance) run(t *trial) {
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		p.all()
	}()
	defer p.dismiss(t, finished)
	for !t.settledOn(finished) {
		p.mustBeUnbroken()
		if p.impl.Waits == impls.Parked {
			p.settled(p.places)
		} else if !p.inCalls() {
			continue // only slow: whoever is stuck is so in a call
		}
		if stuck := p.stuck(); stuck != "" {
			p.isOver()
			t.failf("C17 no-lost-wakeup: nothing can move any more, and\n%s%s", stuck, t.stacks())
		}
		p.goOn()
	}
	p.mustBeUnbroken()
	p.conserved(t)
}

// conserved is called when all has been given back.
func (p *performance) conserved(t *trial) {
	if p.size > 0 && !p.sem.TryAcquire(p.size) {
		t.failf("C2 conservation: all is released, but TryAcquire(%d) = false: permits were lost", p.size)
	}
	if p.sem.TryAcquire(1) {
		t.failf("C2 conservation: there are more permits than the size of %d", p.size)
	}
	if p.size > 0 {
		p.sem.Release(p.size)
	}
}

// dismiss lets everybody go who still can: what stays behind of a program that failed stays for ever.
func (p *performance) dismiss(t *trial, finished chan struct{}) {
	p.stop()
	if !anyClosed(finished) {
		p.goOn()
		t.settledOn(finished)
	}
}

func (p *performance) mustBeUnbroken() {
	select {
	case err := <-p.broken:
		panic(err)
	default:
	}
}

// all runs the workers and then the errands that they left behind.
func (p *performance) all() {
	done := make(chan struct{}) // no WaitGroup: Go 1.26 never frees what a bubble keeps of one
	for i := range p.workers {
		go func() {
			p.worker(i, p.impl.Waits == impls.Parked)
			done <- struct{}{}
		}()
	}
	go func() {
		for errand := range p.errands {
			p.guard(errand)
		}
		done <- struct{}{}
	}()
	for range p.workers {
		<-done
	}
	close(p.errands)
	<-done
}

// worker carries out its list. It rests only where it can be seen that nothing moves any more.
func (p *performance) worker(i int, mayRest bool) {
	p.guard(func() {
		log := p.logs[i]
		var mine int64
		for at, o := range p.workers[i] {
			p.places[i] = place{at, mine}
			if o.kind.wayless() {
				p.places[i].held = 0 // it gives back before
			}
			if o.kind == rest {
				if mayRest && p.stopped.Err() == nil {
					p.rest(i)
				}
				continue
			}
			mine = p.step(log, o, mine)
		}
		p.places[i] = place{op: len(p.workers[i])}
		p.release(log, mine)
	})
}

// step performs one op of a worker that holds mine permits and returns how many it holds then.
func (p *performance) step(log *callLog, o op, mine int64) int64 {
	switch o.kind {
	case acquire, background:
		p.release(log, mine)
		ctx := p.stopped
		if o.kind == background {
			ctx = context.Background()
		}
		if err := p.acquire(log, ctx, o); err != nil {
			p.mustEqual("C9 error-of-context", err, ctx.Err())
			return 0
		}
		return p.granted(o, 0)
	case cancelled, yielding:
		ctx, cancel := context.WithCancel(context.Background())
		if o.kind == yielding {
			ctx = usingContext{ctx, runtime.Gosched}
		}
		p.errands <- func() { yield(o.lag); cancel() }
		if err := p.acquire(log, ctx, o); err != nil {
			p.mustEqual("C9 error-of-context", err, ctx.Err())
			return mine
		}
		return p.granted(o, mine)
	case dead:
		p.mustEqual("C8 done-context-loses", p.acquire(log, done(), o), context.Canceled)
	case try:
		if p.try(log, o.n) {
			return p.granted(o, mine)
		}
	case release:
		n := min(o.n, mine)
		p.release(log, n)
		return mine - n
	case handOver:
		n := min(o.n, mine)
		p.errands <- func() { p.release(p.errandLog(), n) }
		return mine - n
	}
	return mine
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

func (p *performance) someoneRests() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.resting, true)
}

func yield(times int) {
	for range times {
		runtime.Gosched()
	}
}
