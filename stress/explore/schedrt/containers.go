package schedrt

import (
	"hash/maphash"
	"sync"
	"unsafe"
)

// A Map is the model of a sync.Map, and replaces it. Operations on different keys commute. As the
// Go memory model has it, a write happens before the operations that observe it, and nothing else
// is ordered: a mutex around the whole map would hide races. Range visits keys in the order of
// their insertion. The zero value is an empty map.
//
// entries keeps the order of insertion, which a replay needs and Go's map does not have. index
// finds a key in entries. It is a hash table of this package and not a Go map, because the race
// detector watches Go maps.
type Map struct {
	real    sync.Mutex // guards the map outside of control, see locked
	shape   Object     // which keys there are
	entries []*entry   // by insertion
	index   []int32    // one more than an index of entries, by hash; 0 is free; a power of two
	run     uint64     // the execution that last used it
}

// An entry stays until the end of the execution when its key is deleted: a goroutine that looks for
// the key then observes the deletion.
type entry struct {
	object  Object
	key     any
	hash    uint64
	value   any
	present bool
	written byte // its address orders a write before the operations that observe it
}

var seed = maphash.MakeSeed()

// access is an operation on the entry of a key. f performs the operation and reports whether it
// wrote. Store does not observe the old value, so it acquires no edge from the write before.
//
// The caller finds the entry before the step, and the step uses it. The entry is still valid then,
// because entries are never removed during an execution.
func (m *Map) access(kind Kind, mode Mode, key any, f func(n *entry) (wrote bool)) {
	hash := maphash.Comparable(seed, key)
	e := current()
	if e == nil {
		m.real.Lock()
		defer m.real.Unlock()
		f(m.find(key, hash))
		return
	}
	g := e.begin(kind)
	n := m.locked(func() *entry { m.compact(e); return m.find(key, hash) })
	e.number(&n.object)
	e.number(&m.shape) // now, as a number given within the step would depend on the schedule
	g.on(&n.object, mode)
	if mode == Read {
		e.look(g, &n.object)
	}
	e.point(g)
	was := n.present
	if kind != OpMapStore {
		raceAcquire(unsafe.Pointer(&n.written))
	}
	if !f(n) {
		e.Trace.weaken()
		return
	}
	raceReleaseMerge(unsafe.Pointer(&n.written))
	e.changed(g, &n.object)
	if was != n.present {
		e.Trace.touch(&m.shape, Write)
		m.shape.bump()
	}
}

// locked calls f with the real lock, which keeps out goroutines outside of control. The lock is
// hidden from the race detector, as it would order all operations.
//
// A goroutine outside of control may use the map at any moment, since the map is the program's
// own.
func (m *Map) locked(f func() *entry) *entry {
	raceDisable()
	m.real.Lock()
	n := f()
	m.real.Unlock()
	raceEnable()
	return n
}

// compact drops the entries of keys that were deleted in earlier executions.
//
// It runs at the first operation of an execution. No goroutine of this execution can use an entry
// yet.
func (m *Map) compact(e *Exec) {
	if m.run == e.run {
		return
	}
	m.run = e.run
	old := m.entries
	m.entries, m.index = nil, nil
	for _, n := range old {
		if n.present {
			m.add(n)
		}
	}
}

// find returns the entry of a key. If there is none it makes an entry without a value.
//
// Even a Load makes an entry. Two goroutines that look for one missing key then share an object,
// and a Store of the key depends on both.
func (m *Map) find(key any, hash uint64) *entry {
	if mask := uint64(len(m.index) - 1); len(m.index) > 0 {
		for i := hash; m.index[i&mask] != 0; i++ {
			n := m.entries[m.index[i&mask]-1]
			if n.hash != hash {
				continue
			}
			// The comparison reads the key, which another goroutine may have made.
			raceAcquire(unsafe.Pointer(n))
			if n.key == key {
				return n
			}
		}
	}
	n := &entry{key: key, hash: hash}
	raceRelease(unsafe.Pointer(n))
	m.add(n)
	return n
}

// add appends an entry and puts it into the index, which is at most half full.
//
// The index is built anew when it grows: an entry knows its hash, so no key is hashed twice.
func (m *Map) add(n *entry) {
	m.entries = push(m.entries, n)
	if 2*len(m.entries) <= len(m.index) {
		m.place(n, len(m.entries))
		return
	}
	m.index = make([]int32, max(16, 2*len(m.index)))
	for i, n := range m.entries {
		m.place(n, i+1)
	}
}

// place puts the number of an entry into the first free slot of the index from its hash on. There
// is a free slot, as the index is at most half full.
func (m *Map) place(n *entry, at int) {
	mask := uint64(len(m.index) - 1)
	i := n.hash
	for m.index[i&mask] != 0 {
		i++
	}
	m.index[i&mask] = int32(at)
}

// Load returns the value of a key.
func (m *Map) Load(key any) (value any, ok bool) {
	m.access(OpMapLoad, Read, key, func(n *entry) bool {
		value, ok = n.value, n.present
		return false
	})
	return value, ok
}

// Store sets the value of a key.
func (m *Map) Store(key, value any) {
	m.access(OpMapStore, Write, key, func(n *entry) bool {
		n.value, n.present = value, true
		return true
	})
}

// Swap sets the value of a key and returns the value that it had.
func (m *Map) Swap(key, value any) (previous any, loaded bool) {
	m.access(OpMapSwap, Write, key, func(n *entry) bool {
		previous, loaded = n.value, n.present
		n.value, n.present = value, true
		return true
	})
	return previous, loaded
}

// LoadOrStore returns the value of a key. It sets the value if there is none.
func (m *Map) LoadOrStore(key, value any) (actual any, loaded bool) {
	m.access(OpMapLoadOrStore, Write, key, func(n *entry) bool {
		loaded = n.present
		if !loaded {
			n.value, n.present = value, true
		}
		actual = n.value
		return !loaded
	})
	return actual, loaded
}

// LoadAndDelete deletes a key and returns the value it had.
func (m *Map) LoadAndDelete(key any) (value any, loaded bool) {
	m.access(OpMapDelete, Write, key, func(n *entry) bool {
		value, loaded = n.value, n.present
		n.value, n.present = nil, false
		return loaded
	})
	return value, loaded
}

// CompareAndSwap sets the value of a key to new if it is old.
func (m *Map) CompareAndSwap(key, old, new any) (swapped bool) {
	m.access(OpMapCAS, Write, key, func(n *entry) bool {
		if swapped = n.present && n.value == old; swapped {
			n.value = new
		}
		return swapped
	})
	return swapped
}

// CompareAndDelete deletes a key if its value is old.
func (m *Map) CompareAndDelete(key, old any) (deleted bool) {
	m.access(OpMapDelete, Write, key, func(n *entry) bool {
		if deleted = n.present && n.value == old; deleted {
			n.value, n.present = nil, false
		}
		return deleted
	})
	return deleted
}

// Clear deletes all keys.
func (m *Map) Clear() {
	m.all(OpMapClear, Write, func(n *entry) {
		if !n.present {
			return
		}
		n.value, n.present = nil, false
		if e := current(); e != nil {
			e.Trace.touch(&n.object, Write)
			raceReleaseMerge(unsafe.Pointer(&n.written))
			e.changed(e.cur, &n.object)
			m.shape.bump()
		}
	})
}

// Keys returns the keys, in the order of their insertion. Reading it is one operation; Range then
// loads each key in an operation of its own, so other goroutines may change the map in between.
func (m *Map) Keys() (keys []any) {
	m.all(OpMapRange, Read, func(n *entry) {
		if n.present {
			keys = push(keys, n.key)
		}
	})
	return keys
}

// all calls f for every entry, in one operation on the set of keys.
//
// The operation is on the set of keys and not on each entry. An operation that changes whether a
// key is there touches the set, and so depends on this one.
func (m *Map) all(kind Kind, mode Mode, f func(n *entry)) {
	e := current()
	if e == nil {
		m.real.Lock()
		defer m.real.Unlock()
	} else {
		g := e.begin(kind)
		m.locked(func() *entry { m.compact(e); return nil })
		e.number(&m.shape)
		for _, n := range m.entries {
			e.number(&n.object)
		}
		g.on(&m.shape, mode)
		if mode == Read {
			e.look(g, &m.shape)
		}
		e.point(g)
	}
	for _, n := range m.entries {
		f(n)
	}
}

// A Pool is the model of a sync.Pool, and replaces it under control. Get returns the item that was
// put in last, or nothing: the schedule chooses, as a real sync.Pool may drop items at any time.
// Get does not return older items. The pool is empty at the beginning of every execution. A Put
// happens before the Get that returns its item.
//
// Two outcomes of a Get are enough. A correct program must cope with both. An older item would
// differ from the last one only by its content.
type Pool struct {
	object Object
	items  []*pooled
}

// pooled is an item. Its address orders its Put before its Get, and nothing else.
type pooled struct{ x any }

// begin announces an operation on the pool and stops before it.
func (p *Pool) begin(kind Kind) *G {
	e := active
	g := e.begin(kind)
	if e.number(&p.object) {
		p.items = nil
	}
	g.on(&p.object, Write)
	e.point(g)
	return g
}

// Get takes an item out of the pool, or returns nil. Call it under control only.
//
// An empty pool gives no choice, so the step is a read and commutes with others.
func (p *Pool) Get() any {
	e := active
	g := p.begin(OpGet)
	last := len(p.items) - 1
	if last < 0 {
		e.Trace.weaken()
		return nil
	}
	if e.choose(g, 2) == 1 {
		return nil
	}
	item := p.items[last]
	p.items[last] = nil
	p.items = p.items[:last]
	raceAcquire(unsafe.Pointer(item))
	e.changed(g, &p.object)
	return item.x
}

// Put adds an item to the pool. Call it under control only.
func (p *Pool) Put(x any) {
	g := p.begin(OpPut)
	item := &pooled{x}
	raceRelease(unsafe.Pointer(item))
	p.items = push(p.items, item)
	active.changed(g, &p.object)
}
