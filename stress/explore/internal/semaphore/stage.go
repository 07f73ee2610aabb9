package semaphore

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
)

// A directed program is named by its text, which the flag -explore.scenario takes as well.
type directed struct {
	text   string
	clause string // that most of its failures break
	races  bool   // calls begin together, so that it is worth more than one schedule
	suits  func(impls.Impl) bool
	play   func(*stage)
}

// A stage is a directed program under one schedule. Goroutine 0 directs. What other goroutines tell it
// goes through atomics: the scheduler hides its own edges from the race detector.
type stage struct {
	directed *directed
	impl     impls.Impl
	sem      impls.Semaphore
	phase    int
	doing    string        // the call that goroutine 0 makes
	idle     []chan *asked // goroutines whose call has returned; each waits for the next one
	all      []chan *asked
}

// ended is the panic that ends a directed program after a failure.
type ended struct{}

func (s *stage) run() {
	defer func() {
		if r := recover(); r != nil && r != (ended{}) {
			panic(r)
		}
	}()
	schedrt.MarkHarness()
	s.directed.play(s)
	for _, calls := range s.all {
		schedrt.Close(calls)
	}
}

// renew makes the semaphore on which the next steps are played.
func (s *stage) renew(size int64) {
	s.close()
	sem, err := s.impl.Make(size)
	if err != nil {
		s.fail("%v", err)
	}
	s.sem = sem
}

func (s *stage) close() {
	if s.sem != nil {
		if err := impls.Close(s.sem); err != nil {
			s.fail("Close: %v", err)
		}
	}
	s.sem = nil
}

// fail ends the schedule as failed.
func (s *stage) fail(format string, args ...any) {
	schedrt.Fail(s.directed.clause + ": " + fmt.Sprintf(format, args...))
	panic(ended{})
}

// settle returns when nothing else can move. Every timer has fired by then.
func (s *stage) settle() {
	s.phase++
	schedrt.AwaitRest(s.phase)
}

// An asked call is an Acquire in a goroutine of its own.
type asked struct {
	n      int64
	ctx    context.Context
	cancel context.CancelFunc
	err    error        // valid if done
	at     atomic.Int64 // the virtual time of the return, if the program asked for it
	done   atomic.Bool
	by     chan *asked // of the goroutine that makes the call; nil when it is idle
}

// ask begins an Acquire in a goroutine that is idle, or in a new one. A thousand calls in turn would
// otherwise leave a thousand goroutines that have ended, through all of which the scheduler goes at each
// step.
func (s *stage) ask(ctx context.Context, cancel func(), n int64) *asked {
	a := &asked{n: n, ctx: ctx, cancel: cancel}
	if last := len(s.idle) - 1; last >= 0 {
		a.by, s.idle = s.idle[last], s.idle[:last]
	} else {
		a.by = make(chan *asked, 1)
		s.all = append(s.all, a.by)
		calls := a.by
		schedrt.Go(func() {
			schedrt.MarkHarness()
			for {
				a, ok := schedrt.Recv2(calls)
				if !ok {
					return
				}
				s.acquire(a)
			}
		})
	}
	schedrt.To(a.by).Send(a)
	return a
}

func (s *stage) acquire(a *asked) {
	schedrt.MarkCall(fmt.Sprintf("Acquire(%d)", a.n))
	a.err = s.sem.Acquire(a.ctx, a.n)
	schedrt.MarkReturn(" = " + errText(a.err))
	a.done.Store(true)
}

// over makes the goroutine of a call that has returned idle.
func (s *stage) over(a *asked) {
	if a.by != nil {
		s.idle = append(s.idle, a.by)
		a.by = nil
	}
}

// wait begins an Acquire with a ctx of its own, which must wait.
func (s *stage) wait(n int64) *asked {
	ctx, cancel := shim.WithCancel(context.Background())
	a := s.ask(ctx, cancel, n)
	s.settle()
	s.mustWait(a)
	return a
}

func (s *stage) mustWait(a *asked) {
	if a.done.Load() {
		s.fail("Acquire(%d) = %s, want it to wait", a.n, errText(a.err))
	}
}

func (s *stage) mustBeGranted(a *asked) {
	switch {
	case !a.done.Load():
		s.fail("Acquire(%d) still waits, and nothing can move", a.n)
	case a.err != nil:
		s.fail("Acquire(%d) = %v, want nil", a.n, a.err)
	}
	s.over(a)
}

// leave cancels a call, which must end with the error of its ctx.
func (s *stage) leave(a *asked) {
	a.cancel()
	s.settle()
	s.mustBeRefused(a)
}

func (s *stage) mustBeRefused(a *asked) {
	switch {
	case !a.done.Load():
		s.fail("Acquire(%d) still waits though its ctx is done", a.n)
	case a.err != context.Canceled:
		s.fail("Acquire(%d) = %v, want %v", a.n, errText(a.err), context.Canceled)
	}
	s.over(a)
}

// take acquires n free permits, one by one if the implementation takes no more at once.
func (s *stage) take(n int64) {
	each, times := n, int64(1)
	if s.impl.UnitWeights {
		each, times = 1, n
	}
	for range times {
		s.doing = fmt.Sprintf("Acquire(%d)", each)
		if err := s.sem.Acquire(context.Background(), each); err != nil {
			s.fail("Acquire(%d) with context.Background = %v", each, err)
		}
		s.doing = ""
	}
}

func (s *stage) put(n int64) {
	each, times := n, int64(1)
	if s.impl.UnitWeights {
		each, times = 1, n
	}
	for range times {
		s.doing = fmt.Sprintf("Release(%d)", each)
		s.sem.Release(each)
		s.doing = ""
	}
}

// mustTry fails unless TryAcquire(n) returns want. Without a TryAcquire it asks nothing.
func (s *stage) mustTry(n int64, want bool) {
	if s.impl.NoTry {
		return
	}
	s.doing = fmt.Sprintf("TryAcquire(%d)", n)
	if got := s.sem.TryAcquire(n); got != want {
		s.fail("TryAcquire(%d) = %v, want %v", n, got, want)
	}
	s.doing = ""
}

// mustTakeOne takes a free permit, by TryAcquire if there is one: that cannot wait for it.
func (s *stage) mustTakeOne() {
	if s.impl.NoTry {
		s.take(1)
		return
	}
	s.mustTry(1, true)
}

// within returns n, or the largest size if that is smaller.
func (s *stage) within(n int64) int64 {
	if most := s.impl.MaxSize; most > 0 {
		return min(n, most)
	}
	return n
}

// judge returns how the schedule breaks the contract. Most is said at the step where it is seen; the end
// of a schedule tells of panics, and of a call of goroutine 0 that does not return.
func (s *stage) judge(out *schedrt.Outcome) string {
	switch out.Kind {
	case schedrt.Panicked:
		return "C32: " + firstLine(out.Message)
	case schedrt.Failed:
		return firstLine(out.Message)
	case schedrt.Passed, schedrt.Pruned, schedrt.Endless:
		return ""
	case schedrt.Leak:
		return "C31: a goroutine is left when all calls have returned"
	}
	if s.doing != "" {
		return fmt.Sprintf("%s: %s never returns (%v)", s.directed.clause, s.doing, out.Kind)
	}
	return out.Kind.String()
}
