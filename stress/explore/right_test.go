package explore_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/stress/explore"
)

type counter struct {
	sync.Mutex // embedded
	n          int
}

func (c *counter) add(by int) { c.Lock(); defer c.Unlock(); c.n += by }

func drain[T any, C ~chan T](ch C) (all []T) {
	for v := range ch {
		all = append(all, v)
	}
	return all
}

func either(a, b <-chan int) int {
	select {
	case v := <-a:
		return v
	case v, ok := <-b:
		if !ok {
			return -1
		}
		return v
	}
}

// right are programs that must pass under every schedule. Together they have every kind of
// statement that is rewritten, and every package with a replacement.
var right = map[string]func(t *explore.T){
	"logs before the end": func(t *explore.T) {
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() { t.Log("worker", i) })
		}
		wg.Wait()
		t.Run("sub", func(sub *explore.T) {
			wg.Go(func() { sub.Log("goes to the parent") })
		})
		wg.Wait()
	},

	"go statements": func(t *explore.T) {
		var c counter
		done := make(chan struct{}, 4)
		go func(by int, done chan<- struct{}) { c.add(by); done <- struct{}{} }(1, done)
		by := 2
		go c.add(by)
		by = 100 // the argument was evaluated
		add := c.add
		go add(4)
		<-done
		for c.total() != 7 {
			time.Sleep(time.Millisecond)
		}
	},
	"channels": func(t *explore.T) {
		type named chan int
		ch := make(named, 2)
		go func() {
			defer close(ch)
			for i := range 3 {
				ch <- i
			}
		}()
		if all := drain(ch); len(all) != 3 || all[2] != 2 {
			t.Errorf("received %v", all)
		}
		if v, ok := <-ch; v != 0 || ok || len(ch) != 0 || cap(ch) != 2 {
			t.Error("a closed channel", v, ok, len(ch), cap(ch))
		}
		errs := make(chan error, 1)
		errs <- context.Canceled // converted
		if err := <-errs; err != context.Canceled {
			t.Error(err)
		}
	},
	"select": func(t *explore.T) {
		a, b := make(chan int), make(chan int)
		var none chan int
		go func() { a <- 1 }()
		go func() { close(b) }()
		sum := 0
	loop:
		for {
			select {
			case v := <-a:
				sum += v
				if sum == 1 {
					break loop
				}
			case <-none:
				t.Error("received from nil")
			case none <- <-b: // evaluated, but never sent
				t.Error("sent to nil")
			}
		}
		if got := either(none, b); got != -1 {
			t.Error(got)
		}
	},
	"waiting": func(t *explore.T) {
		var mu sync.RWMutex
		var once sync.Once
		var wg sync.WaitGroup
		cond := sync.NewCond(mu.RLocker())
		n, ready := 0, false
		for range 2 {
			wg.Go(func() {
				once.Do(func() { n++ })
				mu.RLock()
				for !ready {
					cond.Wait()
				}
				mu.RUnlock()
			})
		}
		mu.Lock()
		ready = true
		mu.Unlock()
		cond.Broadcast()
		wg.Wait()
		if n != 1 {
			t.Error("once was", n)
		}
	},
	"containers": func(t *explore.T) {
		var m sync.Map
		pool := sync.Pool{New: func() any { return new(int) }}
		value := sync.OnceValue(func() int { return 7 })
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				pool.Put(pool.Get())
				m.LoadOrStore("k", value())
			})
		}
		wg.Wait()
		if v, _ := m.Load("k"); v != 7 {
			t.Error(v)
		}
	},
	"atomics": func(t *explore.T) {
		var n int64
		var p atomic.Pointer[int]
		var v atomic.Value
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				old := atomic.LoadInt64(&n)
				for !atomic.CompareAndSwapInt64(&n, old, old+1) {
					old = atomic.LoadInt64(&n)
				}
				p.CompareAndSwap(nil, new(int))
				v.Store("v")
			})
		}
		wg.Wait()
		if n != 2 || p.Load() == nil || v.Load() != "v" {
			t.Error(n)
		}
	},
	"contexts": func(t *explore.T) {
		parent, cancel := context.WithCancelCause(t.Context())
		child, stop := context.WithTimeout(context.WithValue(parent, counter{}, 1), time.Hour)
		defer stop()
		called := make(chan struct{})
		context.AfterFunc(child, func() { close(called) })
		why := errors.New("why")
		go cancel(why)
		<-called
		if err := child.Err(); err != context.Canceled && err != context.DeadlineExceeded {
			t.Error(err)
		}
		<-parent.Done()
		if got := context.Cause(parent); got != why {
			t.Error(got)
		}
	},
	"time": func(t *explore.T) {
		start := time.Now()
		timer := time.NewTimer(time.Hour)
		<-timer.C
		if timer.Stop() {
			t.Error("stopped after it fired")
		}
		if d := time.Since(start); d < time.Hour {
			t.Error("an hour took", d)
		}
		ticker := time.NewTicker(time.Second)
		<-ticker.C
		<-ticker.C
		ticker.Stop()
		fired := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(fired) })
		select {
		case <-fired:
		case <-time.After(time.Minute):
		}
	},
	"dependencies": func(t *explore.T) {
		g, ctx := errgroup.WithContext(t.Context())
		sem := semaphore.NewWeighted(1)
		var inside atomic.Int32
		for range 2 {
			g.Go(func() error {
				if err := sem.Acquire(ctx, 1); err != nil {
					return err
				}
				defer sem.Release(1)
				if inside.Add(1) > 1 {
					t.Error("two inside")
				}
				inside.Add(-1)
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
	},
}

func (c *counter) total() int { c.Lock(); defer c.Unlock(); return c.n }

func TestRightProgramsPass(t *testing.T) {
	for name, program := range right {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 3000}, program)
			t.Log(r.Text)
			if r.Verdict == explore.Fail {
				t.Errorf("a right program fails: %s", r.What)
			}
		})
	}
}
