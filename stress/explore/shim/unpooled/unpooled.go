// Package unpooled stands for sync.Pool in the instrumented packages of the standard library.
//
//	var readers unpooled.Pool
//	r := readers.Get() // under control a new one, or nil
//
// Under control a pool is empty, as it may be at any time. The choice of an item in a pool of the standard
// library is no decision of a schedule, since a pool only saves memory. But an item may have a channel in it, as
// in the frames of HTTP/2. A report and the check for determinism would then see the difference between a
// channel that was used before and a new one. A real pool would also order memory between two goroutines of
// a schedule that have nothing to do with each other, and so hide a data race from the detector.
package unpooled

import (
	"sync"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Pool is a sync.Pool that is empty under control.
type Pool struct {
	New func() any

	real sync.Pool // outside of control
}

// Get returns an item, a new one, or nil if New is nil.
func (p *Pool) Get() (x any) {
	if !schedrt.Controlled() {
		x = p.real.Get()
	}
	if x == nil && p.New != nil {
		x = p.New()
	}
	return x
}

// Put gives an item back.
func (p *Pool) Put(x any) {
	if !schedrt.Controlled() {
		p.real.Put(x)
	}
}
