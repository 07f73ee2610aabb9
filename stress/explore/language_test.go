package explore_test

//lint:file-ignore S1000 a select of one case is tested
//lint:file-ignore SA2001 these programs are about the locks, not about what is done under them

import (
	. "sync" // dot imports are rewritten too
	atoms "sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/semabench/semabench/stress/explore"
)

type (
	lockAlias      = Mutex
	ownLock        Mutex // a defined type, which has no methods
	guarded[T any] struct {
		lockAlias // embedded by its alias
		v         T
	}
	locker interface{ Lock() }
)

func (g *guarded[T]) with(f func(v *T)) {
	g.Lock()
	defer g.Unlock()
	f(&g.v)
}

func (l *ownLock) lock() { (*Mutex)(l).Lock() }

// second returns its second argument, so that a statement can have several lines.
func second[T any](_ string, v T) T { return v }

// language are programs with every form in which Go allows a rewritten operation. Each must pass
// under every schedule.
var language = map[string]func(t *explore.T){
	"aliases, generics, embedded locks": func(t *explore.T) {
		var g guarded[int]
		var wg WaitGroup
		for range 2 {
			wg.Go(func() { g.with(func(v *int) { *v++ }) })
		}
		wg.Wait()
		if g.v != 2 {
			t.Error(g.v)
		}
	},
	"method values and expressions": func(t *explore.T) {
		var mu Mutex
		lock, unlock := mu.Lock, (*Mutex).Unlock
		n := atoms.Int32{}
		add := (*atoms.Int32).Add
		done := make(chan struct{})
		go func(l locker) { l.Lock(); add(&n, 1); unlock(&mu); close(done) }(&mu)
		lock()
		add(&n, 1)
		unlock(&mu)
		<-done
		if n.Load() != 2 {
			t.Error(n.Load())
		}
	},
	"locks behind unsafe pointers": func(t *explore.T) {
		var mu ownLock
		mu.lock()
		if unsafe.Sizeof(mu) != unsafe.Sizeof(uint64(0)) || *(*int32)(unsafe.Pointer(&mu)) == 0 {
			t.Error("not as large as a Mutex, or not locked as one")
		}
		(*Mutex)(unsafe.Pointer(&mu)).Unlock()
	},
	"copies of unlocked locks": func(t *explore.T) {
		a := guarded[int]{v: 1}
		a.Lock()
		a.Unlock()
		b := guarded[int]{v: a.v}
		b.Lock()
		a.Lock() // a different lock
		a.Unlock()
		b.Unlock()
	},
	"go evaluates its arguments": func(t *explore.T) {
		got := make(chan int, 3)
		send := func(vs ...int) { got <- vs[0] }
		v := 1
		go send(v)
		go send([]int{v + 1}...)
		f := send
		go f(v + 2)
		v, f = 100, nil
		sum := 0
		for range 3 {
			sum += <-got
		}
		if sum != 6 {
			t.Error(sum)
		}
		go println() // println is a builtin, which has no function value
	},
	"range": func(t *explore.T) {
		ch := make(chan func() int, 3)
		var fs []func() int
		go func() {
			defer close(ch)
			for i := range 3 {
				ch <- func() int { return i }
			}
		}()
		for f := range ch {
			fs = append(fs, func() int { return f() }) // a variable for each round
		}
		var last func() int
		other := make(chan func() int, 1)
		other <- fs[2]
		close(other)
		for last = range other {
		}
		for range other {
			t.Error("a closed channel has a value")
		}
		if fs[0]() != 0 || fs[1]() != 1 || last() != 2 {
			t.Error(fs[0](), fs[1](), last())
		}
	},
	"labels": func(t *explore.T) {
		ch := make(chan int, 4)
		for i := range 4 {
			ch <- i
		}
		sum := 0
	loop:
		for v := range ch {
		sel:
			select {
			case ch <- v:
				if v < 10 {
					break sel
				}
			default:
				continue loop
			}
			if sum += v; sum > 3 {
				break loop
			}
		}
		tries := 0
	again:
		select {
		case <-ch:
			if tries++; tries < 2 {
				goto again
			}
		}
		if sum != 6 || tries != 2 {
			t.Error(sum, tries)
		}
	},
	"select": func(t *explore.T) {
		var none chan int
		values, at := make([]int, 1), func() int { return 0 }
		ready := make(chan int, 1)
		ready <- 7
		select {
		case values[at()] = <-ready:
		case v, ok := (<-none):
			t.Error(v, ok)
		}
		select {
		case ready <- second("many",
			values[0]):
		case ready <- 0:
		}
		if v := <-ready; v != 7 && v != 0 {
			t.Error(v)
		}
	},
	"conversions": func(t *explore.T) {
		ch := make(chan any, 2)
		var both <-chan any = ch
		ch <- 1
		ch <- error(nil)
		if v, ok := (<-both).(int); v != 1 || !ok {
			t.Error(v, ok)
		}
		if v, ok := <-both; v != nil || !ok {
			t.Error(v, ok)
		}
		type bits uint8
		wide := make(chan bits, 1)
		wide <- 1 << 3
		if v := <-wide; v != 8 {
			t.Error(v)
		}
	},
	"a ticker of another goroutine": func(t *explore.T) {
		ticked := make(chan bool)
		go func() {
			ticker := time.NewTicker(time.Second)
			defer ticker.Stop()
			<-ticker.C
			<-ticker.C
			ticked <- true
		}()
		var mu Mutex
		mu.Lock() // this goroutine waits, and time must pass all the same
		<-ticked
	},
	"no operation": func(t *explore.T) {},
	"channels of the standard library": func(t *explore.T) {
		<-time.After(time.Hour)
	},
}

func TestLanguage(t *testing.T) {
	for name, program := range language {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 1000}, program)
			if r.Verdict != explore.Pass {
				t.Errorf("%s: %s", r.Verdict, r.Text)
			}
		})
	}
}
