package shapes

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"
)

type item struct{ id, size int }

func work(item) error { return nil }
func bad(item) bool   { return false }
func note(...any)     {}

// A group has the method Go of errgroup.Group.
type group struct{}

func (*group) Go(func() error) {}

type pool struct {
	sem   *semaphore.Weighted
	slots *semaphore.Weighted
	n     int
}

// The error path of a goroutine of a group.
func inAGroup(ctx context.Context, g *group, all []item) error {
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		g.Go(func() error {
			if err := work(x); err != nil {
				return err // want `this goroutine ends with the permits of the Acquire`
			}
			s.Release(1)
			return nil
		})
	}
	return nil
}

// The next round takes another permit.
func skipped(ctx context.Context, all []item) error {
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		if bad(x) {
			continue // want `this continue keeps the permits of the Acquire`
		}
		work(x)
		s.Release(1)
	}
	return nil
}

// The goroutine of a skipped item would have released the permit.
func skippedGoroutine(ctx context.Context, all []item) error {
	var wg sync.WaitGroup
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		if bad(x) {
			continue // want `this continue keeps the permits of the Acquire`
		}
		wg.Go(func() {
			defer s.Release(1)
			work(x)
		})
	}
	wg.Wait()
	return nil
}

// The context ends while the holder waits for something else.
func (p *pool) selected(ctx context.Context, results <-chan item) (item, error) {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return item{}, err
	}
	select {
	case x := <-results:
		p.sem.Release(1)
		return x, nil
	case <-ctx.Done():
		return item{}, ctx.Err() // want `this return keeps the permits of the Acquire`
	}
}

func (p *pool) selectedFirst(ctx context.Context, results <-chan item) (x item, err error) {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return item{}, err
	}
	select {
	case <-ctx.Done():
		return item{}, context.Cause(ctx) // want `this return keeps the permits of the Acquire`
	case x = <-results:
	}
	p.sem.Release(1)
	return x, nil
}

// A bare return of named results.
func (p *pool) named(ctx context.Context, x item) (err error) {
	if err = p.sem.Acquire(ctx, 1); err != nil {
		return
	}
	if err = work(x); err != nil {
		return // want `this return keeps the permits of the Acquire`
	}
	p.sem.Release(1)
	return
}

func wrap(error, string) error { return errors.New("wrapped") }

// The error goes through a function of the user.
func (p *pool) wrapped(ctx context.Context, x item) error {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return wrap(err, "acquire")
	}
	if err := work(x); err != nil {
		return wrap(err, "work") // want `this return keeps the permits of the Acquire`
	}
	p.sem.Release(1)
	return nil
}

// The result is a bool.
func (p *pool) try(x item) bool {
	if !p.sem.TryAcquire(1) {
		return false
	}
	if bad(x) {
		return false // want `this return keeps the permits of the TryAcquire`
	}
	work(x)
	p.sem.Release(1)
	return true
}

// A generic pool.
type generic[T any] struct {
	sem *semaphore.Weighted
	all []T
}

func (g *generic[T]) each(ctx context.Context, f func(T) error) error {
	for _, x := range g.all {
		if err := g.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		if err := f(x); err != nil {
			return wrap(err, "item") // want `this return keeps the permits of the Acquire`
		}
		g.sem.Release(1)
	}
	return nil
}

// A limiter is a constraint.
type limiter interface {
	Acquire(context.Context, int64) error
	TryAcquire(int64) bool
	Release(int64)
}

func constrained[L limiter](ctx context.Context, l L) error {
	if err := l.Acquire(ctx, 1); err != nil {
		l.Release(1) // want `Release after the Acquire`
		return err
	}
	l.Release(1)
	return nil
}

// The log line replaced the return.
func goesOn(ctx context.Context, s *semaphore.Weighted, x item) {
	if err := s.Acquire(ctx, 1); err != nil {
		note("acquire", err)
	}
	defer s.Release(1) // want `this Release also runs if the Acquire`
	work(x)
}

func goesOnDirectly(s *semaphore.Weighted, x item) {
	if !s.TryAcquire(1) {
		note("busy")
	}
	work(x)
	s.Release(1) // want `this Release also runs if the TryAcquire`
}

func goesOnInAGoroutine(ctx context.Context, all []item) {
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		err := s.Acquire(ctx, 1)
		if err != nil {
			note(err)
		}
		go func() {
			defer s.Release(1) // want `this Release also runs if the Acquire`
			work(x)
		}()
	}
}

// The permits go back twice.
func twice(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	defer s.Release(1)
	if err := work(x); err != nil {
		s.Release(1) // want `the permits of the Acquire in line [0-9]+ go back twice`
		return err
	}
	return nil
}

func twiceInAPath(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	err := work(x)
	if err != nil {
		s.Release(1)
	}
	s.Release(1) // want `the permits of the Acquire in line [0-9]+ go back twice`
	return err
}

// The error decides in a switch.
func switched(ctx context.Context, s *semaphore.Weighted, x item) error {
	switch err := s.Acquire(ctx, 1); err {
	case nil:
		defer s.Release(1)
		return work(x)
	default:
		s.Release(1) // want `Release after the Acquire`
		return err
	}
}

func switchedOnTry(s *semaphore.Weighted, x item) {
	switch s.TryAcquire(1) {
	case true:
		work(x)
		s.Release(1)
	case false:
		s.Release(1) // want `Release after the TryAcquire`
	}
}

// The methods are promoted.
type embedded struct {
	*semaphore.Weighted
	n int
}

func (e *embedded) use(ctx context.Context, x item) error {
	if err := e.Acquire(ctx, 1); err != nil {
		return err
	}
	if e.n < 0 {
		return errors.New("negative") // want `this return keeps the permits`
	}
	e.Release(1)
	return work(x)
}

// A break that goes around the Release.
func (p *pool) broken(ctx context.Context, all []item) error {
	for _, x := range all {
		if err := p.slots.Acquire(ctx, 1); err != nil {
			return err
		}
		if bad(x) {
			break // want `this break keeps the permits of the Acquire`
		}
		work(x)
		p.slots.Release(1)
	}
	return nil
}

// Only one of two.
func (p *pool) both(other *semaphore.Weighted, x item) {
	if p.sem.TryAcquire(1) && other.TryAcquire(1) { // want `the permits of this TryAcquire stay taken if the rest`
		work(x)
		other.Release(1)
		p.sem.Release(1)
	}
}

// The second operand is true although the Acquire succeeded.
func (p *pool) closed(ctx context.Context, x item) error {
	if err := p.sem.Acquire(ctx, 1); err != nil || p.n < 0 {
		return errors.New("closed") // want `this return keeps the permits of the Acquire`
	}
	p.sem.Release(1)
	return work(x)
}

// The literal returns, and the semaphore is in use by its next call.
func inLiteral(ctx context.Context, all []item) {
	s := semaphore.NewWeighted(4)
	for _, x := range all {
		func() error {
			if err := s.Acquire(ctx, 1); err != nil {
				return err
			}
			if err := work(x); err != nil {
				return err // want `this return keeps the permits of the Acquire`
			}
			s.Release(1)
			return nil
		}()
	}
}

// A clause of a switch without a tag is the branch of the error.
func (g *generic[T]) clause(ctx context.Context, f func(T) error) error {
	if err := g.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	switch err := f(*new(T)); {
	case err != nil:
		return err // want `this return keeps the permits of the Acquire`
	}
	g.sem.Release(1)
	return nil
}

// The branch of the error is an else, or the default of a switch with a case nil.
func (p *pool) otherwise(ctx context.Context, x item) error {
	if err := p.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := work(x); err == nil {
		note(x)
	} else {
		return err // want `this return keeps the permits of the Acquire`
	}
	switch err := work(x); err {
	case nil:
		note(x)
	default:
		return err // want `this return keeps the permits of the Acquire`
	}
	p.sem.Release(1)
	return nil
}

// The first clause falls through to a second release.
func falls(ctx context.Context, s *semaphore.Weighted, x item) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	switch x.id {
	case 1:
		s.Release(1)
		fallthrough
	default:
		s.Release(1) // want `go back twice`
	}
	return nil
}

// One of two releases has another weight.
func (p *pool) unequal(ctx context.Context, x item) error {
	if err := p.slots.Acquire(ctx, 3); err != nil {
		return err
	}
	if bad(x) {
		p.slots.Release(3)
		return errors.New("bad")
	}
	err := work(x)
	p.slots.Release(2) // want `Release of 2, but the Acquire in line \d+ took 3`
	return err
}
