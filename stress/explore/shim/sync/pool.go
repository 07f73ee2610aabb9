package sync

import (
	"sync"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Pool is a sync.Pool. Under control Get returns the item that was put in last, or nothing, and
// the schedule chooses.
type Pool struct {
	New func() any

	model schedrt.Pool
	real  sync.Pool // outside of control
}

// Get takes an item from the pool. If it gets none it calls New, unless that is nil.
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

// Put adds x to the pool. It drops nil.
func (p *Pool) Put(x any) {
	switch {
	case x == nil:
	case schedrt.Controlled():
		p.model.Put(x)
	default:
		p.real.Put(x)
	}
}
