package explore_test

//lint:file-ignore SA2001 these programs are about the locks, not about what is done under them

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unique"
	"weak"

	"golang.org/x/sync/errgroup"

	"github.com/semabench/semabench/stress/explore"
)

// A queue is generic, and has methods: a bounded buffer with two conditions on one lock.
type queue[T any] struct {
	mu                sync.Mutex
	notEmpty, notFull *sync.Cond
	items             []T
	most              int
}

func newQueue[T any](most int) *queue[T] {
	q := &queue[T]{most: most}
	q.notEmpty, q.notFull = sync.NewCond(&q.mu), sync.NewCond(&q.mu)
	return q
}

func (q *queue[T]) put(v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == q.most {
		q.notFull.Wait()
	}
	q.items = append(q.items, v)
	q.notEmpty.Signal()
}

func (q *queue[T]) take() T {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 {
		q.notEmpty.Wait()
	}
	v := q.items[0]
	q.items = q.items[1:]
	q.notFull.Signal()
	return v
}

// A barrier lets n goroutines go on together, again and again. A waiter waits for its generation to end
// and not for the count, which the next generation may have changed.
type barrier struct {
	mu         sync.Mutex
	changed    *sync.Cond
	n, waiting int
	generation int
}

func (b *barrier) wait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	mine := b.generation
	if b.waiting++; b.waiting == b.n {
		b.waiting = 0
		b.generation++
		b.changed.Broadcast()
		return
	}
	for mine == b.generation {
		b.changed.Wait()
	}
}

// A pair is an odd shape that is right, and a neighbour that is wrong; what is the failure of the latter, of which
// a part counts. The neighbour may be nil.
type pair struct {
	right func(t *explore.T)
	what  string
	wrong func(t *explore.T)
}

// merge sends the values of two iterators, each from a goroutine of its own.
func merge(ctx context.Context, all ...iter.Seq[int]) iter.Seq[int] {
	return func(yield func(int) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		ch := make(chan int)
		defer wg.Wait()
		defer cancel()
		for _, seq := range all {
			wg.Go(func() {
				for v := range seq {
					select {
					case ch <- v:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		go func() { wg.Wait(); close(ch) }()
		for v := range ch {
			if !yield(v) {
				return
			}
		}
	}
}

var pairs = map[string]pair{
	"bounded queue with two conditions": {func(t *explore.T) {
		q := newQueue[int](1)
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() { q.put(i) })
		}
		if sum := q.take() + q.take(); sum != 1 {
			t.Error(sum)
		}
		wg.Wait()
	}, "deadlock", func(t *explore.T) {
		// One condition with two predicates: Signal may wake a goroutine that waits for the other one.
		q := newQueue[int](1)
		q.notFull = q.notEmpty
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() { q.put(i) })
			wg.Go(func() { q.take() })
		}
		wg.Wait()
	}},
	"barrier with generations": {func(t *explore.T) {
		b := &barrier{n: 2}
		b.changed = sync.NewCond(&b.mu)
		var rounds [2]int
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				for range 2 {
					b.wait()
					rounds[i]++
				}
			})
		}
		wg.Wait()
		if rounds != [2]int{2, 2} {
			t.Error(rounds)
		}
	}, "deadlock", func(t *explore.T) {
		// Without generations: a waiter that is slow finds the count of the next round.
		var mu sync.Mutex
		changed := sync.NewCond(&mu)
		waiting := 0
		wait := func() {
			mu.Lock()
			defer mu.Unlock()
			if waiting++; waiting == 2 {
				waiting = 0
				changed.Broadcast()
				return
			}
			for waiting != 0 {
				changed.Wait()
			}
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { wait(); wait() })
		}
		wg.Wait()
	}},
	"rendezvous by unbuffered channels": {func(t *explore.T) {
		a, b := make(chan int), make(chan int)
		go func() { a <- 1; <-b }()
		if v := <-a; v != 1 {
			t.Error(v)
		}
		b <- 2
	}, "deadlock", func(t *explore.T) {
		a, b := make(chan int), make(chan int)
		done := make(chan bool)
		go func() { a <- 1; <-b; done <- true }()
		b <- 2
		<-a
		<-done
	}},
	"errgroup with a limit": {func(t *explore.T) {
		g, ctx := errgroup.WithContext(context.Background())
		g.SetLimit(1)
		why := errors.New("why")
		var n atomic.Int64
		for i := range 3 {
			g.Go(func() error {
				n.Add(1)
				if i == 1 {
					return why
				}
				return nil
			})
		}
		if err := g.Wait(); err != why || context.Cause(ctx) != why || n.Load() != 3 {
			t.Error(err, context.Cause(ctx), n.Load())
		}
	}, "", nil},
	"context tree": {func(t *explore.T) {
		root, cancel := context.WithCancel(context.Background())
		child, stopChild := context.WithCancel(root)
		defer stopChild()
		apart := context.WithoutCancel(child)
		ran := make(chan bool, 1)
		context.AfterFunc(child, func() { ran <- true })
		go cancel()
		<-ran
		if child.Err() != context.Canceled || apart.Err() != nil {
			t.Error(child.Err(), apart.Err())
		}
	}, "n = ", func(t *explore.T) {
		// A stop that reports false does not mean that the function has ended.
		ctx, cancel := context.WithCancel(context.Background())
		var n atomic.Int64
		stop := context.AfterFunc(ctx, func() { n.Add(1) })
		go cancel()
		if !stop() && n.Load() == 0 {
			t.Error("n = 0")
		}
	}},
	"timer reset and stopped by others": {func(t *explore.T) {
		fired := make(chan bool, 1)
		timer := time.AfterFunc(time.Hour, func() { fired <- true })
		var wg sync.WaitGroup
		wg.Go(func() { timer.Reset(time.Second) })
		wg.Wait()
		<-fired
		wg.Go(func() { timer.Stop() })
		wg.Wait()
	}, "deadlock", func(t *explore.T) {
		fired := make(chan bool, 1)
		timer := time.AfterFunc(time.Hour, func() { fired <- true })
		go timer.Stop()
		<-fired
	}},
	"pool whose values are reset": {func(t *explore.T) {
		pool := sync.Pool{New: func() any { return new([]int) }}
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				b := pool.Get().(*[]int)
				*b = append((*b)[:0], i)
				if (*b)[0] != i || len(*b) != 1 {
					t.Error(*b)
				}
				pool.Put(b)
			})
		}
		wg.Wait()
	}, "not empty", func(t *explore.T) {
		pool := sync.Pool{New: func() any { return new([]int) }}
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				b := pool.Get().(*[]int)
				if *b = append(*b, i); len(*b) != 1 {
					t.Error("not empty")
				}
				pool.Put(b)
			})
		}
		wg.Wait()
	}},
	"iterators with goroutines": {func(t *explore.T) {
		var all []int
		for v := range merge(context.Background(), slices.Values([]int{1, 2}), slices.Values([]int{3})) {
			all = append(all, v)
		}
		if slices.Sort(all); !slices.Equal(all, []int{1, 2, 3}) {
			t.Error(all)
		}
		for range merge(context.Background(), slices.Values([]int{1, 2})) {
			break
		}
	}, "leak", func(t *explore.T) {
		ch := make(chan int)
		seq := func(yield func(int) bool) {
			go func() { ch <- 1; ch <- 2 }()
			for v := range ch {
				if !yield(v) {
					return
				}
			}
		}
		for range seq {
			break
		}
	}},
	"send and receive on one channel in a select": {func(t *explore.T) {
		ch := make(chan int, 1)
		var wg sync.WaitGroup
		var sent, received atomic.Int64
		for range 2 {
			wg.Go(func() {
				select {
				case ch <- 1:
					sent.Add(1)
				case <-ch:
					received.Add(1)
				}
			})
		}
		wg.Wait()
		if sent.Load()-received.Load() != int64(len(ch)) {
			t.Error(sent.Load(), received.Load(), len(ch))
		}
	}, "deadlock", func(t *explore.T) {
		// A goroutine cannot meet itself on an unbuffered channel.
		ch := make(chan int)
		select {
		case ch <- 1:
		case <-ch:
		}
	}},
	"panic that a deferred function recovers": {func(t *explore.T) {
		var mu sync.Mutex
		work := func(i int) (err error) {
			mu.Lock()
			defer mu.Unlock()
			defer func() {
				if r := recover(); r != nil {
					err = fmt.Errorf("work %d: %v", i, r)
				}
			}()
			var none []int
			return errors.New(fmt.Sprint(none[i]))
		}
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				if err := work(i); err == nil {
					t.Error("no error")
				}
			})
		}
		wg.Wait()
	}, "deadlock", func(t *explore.T) {
		// The lock is not released on the way of the panic.
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				defer func() { recover() }()
				mu.Lock()
				panic("expected")
			})
		}
		wg.Wait()
	}},
	"goexit runs deferred functions": {func(t *explore.T) {
		var mu sync.Mutex
		done := make(chan bool)
		go func() {
			defer close(done)
			mu.Lock()
			defer mu.Unlock()
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Error(r)
					}
				}()
				runtime.Goexit()
			}()
			t.Error("not reached")
		}()
		<-done
		mu.Lock()
		mu.Unlock()
	}, "deadlock", func(t *explore.T) {
		done := make(chan bool)
		go func() {
			func() { runtime.Goexit() }()
			close(done)
		}()
		<-done
	}},
	"closures over loop variables": {func(t *explore.T) {
		var sum atomic.Int64
		var wg sync.WaitGroup
		for i := 0; i < 3; i++ {
			wg.Go(func() { sum.Add(int64(i)) })
		}
		if wg.Wait(); sum.Load() != 3 {
			t.Error(sum.Load())
		}
	}, "", nil},
	"nil channels in a fan-in": {func(t *explore.T) {
		var none chan int
		out := make(chan int, 1)
		go func() { out <- 1 }()
		select {
		case <-none:
			t.Error("received from nil")
		case none <- 1:
			t.Error("sent to nil")
		case v := <-out:
			if v != 1 {
				t.Error(v)
			}
		}
	}, "leak", func(t *explore.T) {
		var none chan int
		go func() { none <- 1 }()
	}},
	"finalizers, cleanups, weak pointers and unique values": {func(t *explore.T) {
		type node struct{ name string }
		n := &node{"a"}
		w := weak.Make(n)
		runtime.AddCleanup(n, func(int) {}, 1)
		runtime.SetFinalizer(&node{"b"}, func(*node) {})
		handles := make(chan unique.Handle[string], 2)
		for range 2 {
			go func() { handles <- unique.Make("same") }()
		}
		if a, b := <-handles, <-handles; a != b || a.Value() != "same" {
			t.Error("two handles of one value")
		}
		if w.Value() != n {
			t.Error("collected while it is in use")
		}
		runtime.KeepAlive(n)
	}, "", nil},
	"cleanups in their order": {func(t *explore.T) {
		var order []int
		t.Cleanup(func() {
			if !slices.Equal(order, []int{3, 2, 1}) {
				t.Error(order)
			}
		})
		stop := make(chan bool)
		done := make(chan bool)
		t.Cleanup(func() { order = append(order, 1) })
		t.Cleanup(func() { close(stop); <-done; order = append(order, 2) })
		t.Cleanup(func() { order = append(order, 3) })
		go func() { <-stop; close(done) }()
	}, "leak", func(t *explore.T) {
		stop := make(chan bool)
		t.Cleanup(func() { stop = nil })
		go func(stop chan bool) { <-stop }(stop)
	}},
	"a lock that is passed on": {func(t *explore.T) {
		var mu sync.Mutex
		mu.Lock()
		go mu.Unlock()
		mu.Lock()
		mu.Unlock()
	}, "deadlock", func(t *explore.T) {
		var mu sync.Mutex
		mu.Lock()
		go func() {
			if mu.TryLock() {
				mu.Unlock()
			}
		}()
		mu.Lock()
	}},
	"copy on write": {func(t *explore.T) {
		var list atomic.Pointer[[]int]
		list.Store(new([]int))
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				for {
					old := list.Load()
					grown := append(slices.Clone(*old), i)
					if list.CompareAndSwap(old, &grown) {
						return
					}
				}
			})
		}
		if wg.Wait(); len(*list.Load()) != 2 {
			t.Error(*list.Load())
		}
	}, "lost: ", func(t *explore.T) {
		var list atomic.Pointer[[]int]
		list.Store(new([]int))
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				grown := append(slices.Clone(*list.Load()), i)
				list.Store(&grown)
			})
		}
		if wg.Wait(); len(*list.Load()) != 2 {
			t.Errorf("lost: %v", *list.Load())
		}
	}},
}

// The right program of a pair does not fail, and the wrong one does, with every strategy.
func TestPairsOfShapes(t *testing.T) {
	strategies, workers := []string{""}, []int{1}
	if longOr(t, "strategies", 6, len(strategies)) > len(strategies) {
		strategies = append(strategies, "random", "dpor", "pct2", "pos", "dfs")
		workers = append(workers, 2)
	}
	names := slices.Sorted(maps.Keys(pairs))
	for _, name := range names[:longOr(t, "pairs", len(names), 3)] {
		t.Run(name, func(t *testing.T) { pairs[name].play(t, strategies, workers) })
	}
}

func (p pair) play(t *testing.T, strategies []string, workers []int) {
	for _, strategy := range strategies {
		for _, processes := range workers {
			o := explore.Options{
				Strategy: strategy, Workers: processes, Schedules: 300, Time: 20 * time.Second,
			}
			r := explore.Check(t, o, p.right)
			if r.Verdict != explore.Pass && r.Verdict != explore.Unknown || r.Bound == "state" {
				t.Errorf("right, %q, %d processes: %s: %s", strategy, processes, r.Verdict, r.Text)
			}
			if p.wrong == nil || strategy == "dfs" { // which plays more schedules than there is time for
				continue
			}
			o.Schedules = 10_000
			r = explore.Check(t, o, p.wrong)
			if r.Verdict != explore.Fail || !strings.Contains(r.What, p.what) {
				t.Errorf("wrong, %q, %d processes: %s, %q, want fail with %q: %s", strategy, processes,
					r.Verdict, r.What, p.what, r.Text)
			}
		}
	}
}
