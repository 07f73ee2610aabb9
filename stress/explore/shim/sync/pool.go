package sync

import (
	"sync"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Pool is a sync.Pool.
type Pool struct {
	New func() any

	model schedrt.Pool
	real  sync.Pool // for whoever is not under control
}

// Get takes something from the pool or calls New.
func (p *Pool) Get() (x any) {
	if schedrt.Controlled() {
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
	case schedrt.Controlled():
		p.model.Put(x)
	default:
		p.real.Put(x)
	}
}
