package sync

import (
	"sync"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A WaitGroup is a sync.WaitGroup. The real one follows the model and orders memory: a Done
// happens before the return of a Wait that it lets go on.
type WaitGroup struct {
	model schedrt.WaitGroup
	real  sync.WaitGroup
}

// Add adds delta to the counter. It panics if the counter becomes negative.
func (wg *WaitGroup) Add(delta int) {
	if wg.model.IsStale() {
		wg.real = sync.WaitGroup{}
	}
	wg.model.Add(delta)
	wg.real.Add(delta)
}

// Done takes one off the counter.
func (wg *WaitGroup) Done() { wg.Add(-1) }

// Wait blocks until the counter is zero.
func (wg *WaitGroup) Wait() {
	if wg.model.IsStale() {
		wg.real = sync.WaitGroup{}
	}
	wg.model.Wait()
	wg.real.Wait()
}

// Go calls f in a goroutine that the WaitGroup waits for. If f panics the execution ends with the
// panic.
func (wg *WaitGroup) Go(f func()) {
	wg.Add(1)
	run := func() {
		defer func() {
			if x := recover(); x != nil {
				panic(x) // the execution ends here, so no goroutine needs the Done
			}
			wg.Done()
		}()
		f()
	}
	schedrt.Go(schedrt.Lit(run, wg, f))
}

// A Cond is a sync.Cond. Under control it is a model only: the real one would let the Go scheduler
// choose when a waiter goes on.
type Cond struct {
	L     Locker
	model schedrt.Cond
	once  sync.Once // makes real, which is only used outside of control
	real  *sync.Cond
}

// NewCond returns a Cond with Locker l.
func NewCond(l Locker) *Cond { return &Cond{L: l} }

// uncontrolled returns the real Cond.
func (c *Cond) uncontrolled() *sync.Cond {
	c.once.Do(func() { c.real = sync.NewCond(c.L) })
	return c.real
}

// Wait unlocks c.L and suspends the goroutine until it is woken, and locks c.L again.
func (c *Cond) Wait() {
	if !schedrt.Controlled() {
		c.uncontrolled().Wait()
		return
	}
	c.model.Wait(c.L.Unlock, c.L.Lock)
}

// Signal wakes one goroutine that waits on c, if there is any.
func (c *Cond) Signal() {
	if !schedrt.Controlled() {
		c.uncontrolled().Signal()
		return
	}
	c.model.Signal()
}

// Broadcast wakes all goroutines that wait on c.
func (c *Cond) Broadcast() {
	if !schedrt.Controlled() {
		c.uncontrolled().Broadcast()
		return
	}
	c.model.Broadcast()
}
