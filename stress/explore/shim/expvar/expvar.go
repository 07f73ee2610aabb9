// Package expvar stands for the variables of the standard package expvar, in rewritten code.
//
//	n := new(expvar.Int)
//	n.Set(n.Value() + 1) // two steps: another goroutine may come between them
//
// The variables are atomic, and so is each of their methods, here too. They are kept by the
// look-alikes of sync/atomic, which make a step of each access.
// A variable that the start of the process publishes has the same value at the beginning of every
// schedule.
package expvar

import (
	"encoding/json"
	"expvar"
	"math"
	"strconv"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
)

// Int is expvar.Int.
type Int struct{ i atomic.Int64 }

// Value returns the value.
func (v *Int) Value() int64 { return v.i.Load() }

// String returns the value as JSON.
func (v *Int) String() string { return strconv.FormatInt(v.i.Load(), 10) }

// Add adds delta.
func (v *Int) Add(delta int64) { v.i.Add(delta) }

// Set sets the value.
func (v *Int) Set(value int64) { v.i.Store(value) }

// Float is expvar.Float.
type Float struct{ f atomic.Uint64 }

// Value returns the value.
func (v *Float) Value() float64 { return math.Float64frombits(v.f.Load()) }

// String returns the value as JSON.
func (v *Float) String() string { return strconv.FormatFloat(v.Value(), 'g', -1, 64) }

// Add adds delta, in a loop of compare-and-swap as in the standard library.
func (v *Float) Add(delta float64) {
	for {
		old := v.f.Load()
		if v.f.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+delta)) {
			return
		}
	}
}

// Set sets the value.
func (v *Float) Set(value float64) { v.f.Store(math.Float64bits(value)) }

// String is expvar.String.
type String struct{ s atomic.Value }

// Value returns the value.
func (v *String) Value() string {
	s, _ := v.s.Load().(string)
	return s
}

// String returns the value as JSON.
func (v *String) String() string {
	text, _ := json.Marshal(v.Value()) // a string never fails
	return string(text)
}

// Set sets the value.
func (v *String) Set(value string) { v.s.Store(value) }

// NewInt is expvar.NewInt.
func NewInt(name string) *Int { return publish(name, new(Int)) }

// NewFloat is expvar.NewFloat.
func NewFloat(name string) *Float { return publish(name, new(Float)) }

// NewString is expvar.NewString.
func NewString(name string) *String { return publish(name, new(String)) }

// NewMap is expvar.NewMap.
func NewMap(name string) *Map { return publish(name, new(Map)) }

// publish publishes v. Only the start of the process does so, see package rewrite: under control
// the call is refused.
func publish[T any, P interface {
	*T
	expvar.Var
}](name string, v P) P {
	expvar.Publish(name, v)
	schedrt.Keep((*T)(v))
	return v
}
