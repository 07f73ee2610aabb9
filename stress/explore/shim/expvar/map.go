package expvar

import (
	"encoding/json"
	"expvar"
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore/shim/sync"
)

// Map is expvar.Map. It keeps its variables in a slice that no call changes: a shallow copy of a
// Map, as schedrt.Keep makes, is a copy of the whole.
type Map struct {
	mu   sync.RWMutex
	vars []expvar.KeyValue // by key
}

// find returns the index of a key, or where it would be.
func (v *Map) find(key string) (i int, found bool) {
	return slices.BinarySearchFunc(v.vars, key, func(kv expvar.KeyValue, key string) int {
		return strings.Compare(kv.Key, key)
	})
}

// set sets the variable of a key. The caller holds the lock.
func (v *Map) set(key string, av expvar.Var) {
	i, found := v.find(key)
	next := slices.Clone(v.vars)
	if found {
		next[i].Value = av
	} else {
		next = slices.Insert(next, i, expvar.KeyValue{Key: key, Value: av})
	}
	v.vars = next
}

// Init removes all keys.
func (v *Map) Init() *Map {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.vars = nil
	return v
}

// Get returns the variable of a key, nil if there is none.
func (v *Map) Get(key string) expvar.Var {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if i, found := v.find(key); found {
		return v.vars[i].Value
	}
	return nil
}

// Set sets the variable of a key.
func (v *Map) Set(key string, av expvar.Var) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set(key, av)
}

// loadOrStore returns the variable of a key. If there is none, it stores av.
func (v *Map) loadOrStore(key string, av expvar.Var) expvar.Var {
	if old := v.Get(key); old != nil {
		return old
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if i, found := v.find(key); found {
		return v.vars[i].Value
	}
	v.set(key, av)
	return av
}

// Add adds delta to the Int of a key. It does nothing if the variable is no Int. The addition is an
// operation of its own, as in the standard library: another Set may come before it.
func (v *Map) Add(key string, delta int64) {
	if i, ok := v.loadOrStore(key, new(Int)).(*Int); ok {
		i.Add(delta)
	}
}

// AddFloat adds delta to the Float of a key. It does nothing if the variable is no Float.
func (v *Map) AddFloat(key string, delta float64) {
	if f, ok := v.loadOrStore(key, new(Float)).(*Float); ok {
		f.Add(delta)
	}
}

// Delete deletes a key.
func (v *Map) Delete(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if i, found := v.find(key); found {
		v.vars = slices.Delete(slices.Clone(v.vars), i, i+1)
	}
}

// Do calls f for each key in the order of the keys. The map is locked meanwhile.
func (v *Map) Do(f func(expvar.KeyValue)) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, kv := range v.vars {
		f(kv)
	}
}

// String returns the map as JSON.
func (v *Map) String() string {
	var b strings.Builder
	b.WriteByte('{')
	v.Do(func(kv expvar.KeyValue) {
		if b.Len() > 1 {
			b.WriteString(", ")
		}
		key, _ := json.Marshal(kv.Key) // a string never fails
		b.Write(key)
		b.WriteString(": ")
		if kv.Value == nil {
			b.WriteString("null")
			return
		}
		b.WriteString(kv.Value.String())
	})
	b.WriteByte('}')
	return b.String()
}
