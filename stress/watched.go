package stress

import (
	"context"
	"fmt"
)

// The calls of a program, each booked in the history and watched by the oracles that can speak at
// once: capacity, and the result of the call.

func (p *performance) acquire(log *callLog, ctx context.Context, o op) error {
	if p.bare {
		return p.sem.Acquire(ctx, o.n)
	}
	e := p.begin(log, o.kind, o.n)
	err := p.sem.Acquire(ctx, o.n)
	p.end(e, err == nil)
	return err
}

func (p *performance) try(log *callLog, n int64) bool {
	if p.bare {
		return p.sem.TryAcquire(n)
	}
	e := p.begin(log, try, n)
	ok := p.sem.TryAcquire(n)
	p.end(e, ok)
	return ok
}

func (p *performance) release(log *callLog, n int64) {
	switch {
	case n == 0:
	case p.bare:
		p.sem.Release(n)
	default:
		p.held.Add(-n)
		e := p.begin(log, release, n)
		p.sem.Release(n)
		p.end(e, true)
	}
}

func (p *performance) granted(o op, mine int64) int64 {
	if !p.bare {
		if held := p.held.Add(o.n); held > p.size {
			p.failf("C1 capacity: %d permits are held, the size is %d", held, p.size)
		}
	}
	yield(o.lag)
	return mine + o.n
}

func (p *performance) mustEqual(clause string, got, want error) {
	if got != want {
		p.failf("%s: Acquire = %v, want %v", clause, got, want)
	}
}

func (p *performance) failf(format string, args ...any) {
	p.fail(failure{message: fmt.Sprintf(format, args...)})
}

func (p *performance) fail(err error) {
	select {
	case p.broken <- err:
		p.isOver()
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
