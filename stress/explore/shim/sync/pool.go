package sync

import (
	"sync"

	"github.com/semabench/semabench/stress/explore/sched"
)

// A Pool is a sync.Pool.
type Pool struct {
	New func() any

	model sched.Pool
	real  sync.Pool // for whoever is not under control
}

// Get takes something from the pool or calls New.
func (p *Pool) Get() (x any) {
	if sched.Controlled() {
		x = p.model.Get()
	} else {
		x = p.real.Get()
	}
	if x == nil && p.New != nil {
		x = p.New()
	}
	return x
}

// Put adds x to the pool.
func (p *Pool) Put(x any) {
	switch {
	case x == nil:
	case sched.Controlled():
		p.model.Put(x)
	default:
		p.real.Put(x)
	}
}
