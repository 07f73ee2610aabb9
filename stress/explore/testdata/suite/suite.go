// Package suite has tests that explore.Suite is to pass, refute or refuse. They do not know of it.
package suite

import "sync/atomic"

// A Counter loses counts.
type Counter struct{ n atomic.Int64 }

func (c *Counter) Add()       { c.n.Store(c.n.Load() + 1) }
func (c *Counter) Get() int64 { return c.n.Load() }

// AddSafely loses none.
func (c *Counter) AddSafely() { c.n.Add(1) }
