// Package rounds has loops whose rounds keep permits: by a label, by a defer, and in iterators.
package rounds

import (
	"context"
	"iter"
	"log"

	"golang.org/x/sync/semaphore"
)

func work(int) error { return nil }
func bad(int) bool   { return false }
func note(...any)    {}

type pool struct{ sem *semaphore.Weighted }

func (p *pool) outer(ctx context.Context, all [][]int) error {
next:
	for _, xs := range all {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		for _, x := range xs {
			if bad(x) {
				continue next // want `this continue keeps the permits of the Acquire`
			}
		}
		p.sem.Release(1)
	}
	return nil
}

func (p *pool) inner(ctx context.Context, all [][]int) error {
next:
	for _, xs := range all {
		for _, x := range xs {
			if err := p.sem.Acquire(ctx, 1); err != nil {
				return err
			}
			if bad(x) {
				continue next // want `this continue keeps the permits of the Acquire`
			}
			p.sem.Release(1)
		}
	}
	return nil
}

func (p *pool) out(ctx context.Context, in <-chan int) error {
loop:
	for {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		select {
		case x := <-in:
			work(x)
		default:
			break loop // want `this break keeps the permits of the Acquire`
		}
		p.sem.Release(1)
	}
	return nil
}

func deferred(ctx context.Context, s *semaphore.Weighted, all []int) error {
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		defer s.Release(1) // want `this Release runs at the end of the function and not of the round`
		work(x)
	}
	return nil
}

func tried(in <-chan int) {
	s := semaphore.NewWeighted(4)
	go func() {
		for x := range in {
			if !s.TryAcquire(1) {
				continue
			}
			defer s.Release(1) // want `the permits of the TryAcquire in line 82 add up`
			work(x)
		}
	}()
}

func (p *pool) sequence(ctx context.Context, seq iter.Seq[int]) error {
	for x := range seq {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		if bad(x) {
			break // want `this break keeps the permits of the Acquire`
		}
		p.sem.Release(1)
	}
	return nil
}

func (p *pool) iterator(ctx context.Context, all []int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, x := range all {
			if p.sem.Acquire(ctx, 1) != nil {
				return
			}
			if !yield(x) {
				return // want `this return keeps the permits of the Acquire`
			}
			p.sem.Release(1)
		}
	}
}

func (p *pool) outerRight(ctx context.Context, all [][]int) error {
next:
	for _, xs := range all {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		for _, x := range xs {
			if bad(x) {
				p.sem.Release(1)
				continue next
			}
		}
		p.sem.Release(1)
	}
	return nil
}

// The continue of the outer loop comes after a failure.
func (p *pool) innerRight(all [][]int) {
next:
	for _, xs := range all {
		for _, x := range xs {
			if !p.sem.TryAcquire(1) {
				continue next
			}
			work(x)
			p.sem.Release(1)
		}
	}
}

// The release stands behind the loop that the label leaves.
func (p *pool) behind(ctx context.Context, in <-chan int) error {
	for range 3 {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return err
		}
	inner:
		for {
			select {
			case x := <-in:
				work(x)
			default:
				break inner
			}
		}
		p.sem.Release(1)
	}
	return nil
}

func (p *pool) behindBoth(ctx context.Context, in <-chan int) error {
loop:
	for {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		select {
		case x := <-in:
			work(x)
		default:
			break loop
		}
		p.sem.Release(1)
	}
	note("the last permit is still there")
	p.sem.Release(1)
	return nil
}

// The permits of a local semaphore end with it.
func local(ctx context.Context, all [][]int) {
	s := semaphore.NewWeighted(3)
loop:
	for _, xs := range all {
		for _, x := range xs {
			if s.Acquire(ctx, 1) != nil || bad(x) {
				break loop
			}
			s.Release(1)
		}
	}
}

func literal(ctx context.Context, s *semaphore.Weighted, all []int) error {
	for _, x := range all {
		if err := func() error {
			if err := s.Acquire(ctx, 1); err != nil {
				return err
			}
			defer s.Release(1)
			return work(x)
		}(); err != nil {
			return err
		}
	}
	return nil
}

// A semaphore of each round's own.
func shards(ctx context.Context, all []*pool) error {
	for _, p := range all {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		defer p.sem.Release(1)
		note(p)
	}
	return nil
}

// A number of rounds that fits the semaphore.
func three(ctx context.Context, s *semaphore.Weighted) error {
	for i := 0; i < 3; i++ {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		defer s.Release(1)
		note(i)
	}
	return nil
}

func sized(ctx context.Context, all []int) error {
	s := semaphore.NewWeighted(int64(len(all)))
	for _, x := range all {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		defer s.Release(1)
		go work(x)
	}
	return nil
}

// The loop collects permits, and the work comes behind it.
func collects(s *semaphore.Weighted, all []int) {
	var got []int
	for _, x := range all {
		if !s.TryAcquire(1) {
			break
		}
		defer s.Release(1)
		got = append(got, x)
	}
	note(got)
}

// The first success leaves the loop.
func retries(s *semaphore.Weighted, x int) error {
	for {
		if !s.TryAcquire(1) {
			continue
		}
		defer s.Release(1)
		note(x)
		break
	}
	return work(x)
}

// Each node of a list has a semaphore of its own.
type node struct {
	sem  *semaphore.Weighted
	next *node
}

func (n *node) list(ctx context.Context) error {
	for ; n != nil; n = n.next {
		if err := n.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		defer n.sem.Release(1)
		note(n)
	}
	return nil
}

func (n *node) chain(ctx context.Context, s *semaphore.Weighted) error {
	for n != nil {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		defer s.Release(1)
		note(n)
		s, n = n.sem, n.next
	}
	return nil
}

// The node moves on, and the semaphore stays.
func (n *node) walk(ctx context.Context, s *semaphore.Weighted) error {
	for ; n != nil; n = n.next {
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		defer s.Release(1) // want `this Release runs at the end of the function and not of the round`
		note(n)
	}
	return nil
}

// The owner of the semaphore counts the rounds in another field.
func (p *counted) rounds(ctx context.Context, all []int) error {
	for _, x := range all {
		if err := p.sem.Acquire(ctx, 1); err != nil {
			return err
		}
		defer p.sem.Release(1) // want `this Release runs at the end of the function and not of the round`
		p.n++
		p.last = x
		work(x)
	}
	return nil
}

type counted struct {
	sem     *semaphore.Weighted
	n, last int
}

// A loop that collects permits may tell of each.
func tells(s *semaphore.Weighted, all []int) {
	var got []int
	for _, x := range all {
		if !s.TryAcquire(1) {
			break
		}
		defer s.Release(1)
		got = append(got, x)
		log.Printf("got %d", x)
	}
	note(got)
}
