package schedrt

import (
	"hash/maphash"
	"sync"
	"unsafe"
)

// A Map is the model of a sync.Map. Operations on different keys commute, and nothing is ordered by
// them: only who observes a write comes after it, for the race detector as in the memory model. A
// mutex around it all would hide races.
type Map struct {
	real    sync.Mutex // for goroutines that are not under control; hidden from the detector by others
	shape   Object     // which keys there are
	entries []*entry   // by insertion
	index   []int32    // places in entries, one more, by hash; a power of two
	run     uint64
}

// An entry stays when its key is deleted: who looks for that key observes it.
type entry struct {
	object  Object
	key     any
	hash    uint64
	value   any
	present bool
	written byte // its address orders a write before those who observe it
}

var seed = maphash.MakeSeed()

// access performs f on the entry of a key, which reports whether it wrote.
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
	n := m.quietly(func() *entry { m.compact(e); return m.find(key, hash) })
	e.number(&n.object)
	e.number(&m.shape) // now: a number from within the step would differ with what others did before it
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
		m.shape.version++
	}
}

// quietly keeps out those who are not under control.
func (m *Map) quietly(f func() *entry) *entry {
	raceDisable()
	m.real.Lock()
	n := f()
	m.real.Unlock()
	raceEnable()
	return n
}

// compact forgets keys that were deleted in earlier executions.
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

// find returns the entry of a key, which it makes if there is none.
func (m *Map) find(key any, hash uint64) *entry {
	if mask := uint64(len(m.index) - 1); len(m.index) > 0 {
		for i := hash; m.index[i&mask] != 0; i++ {
			n := m.entries[m.index[i&mask]-1]
			if n.hash != hash {
				continue
			}
			raceAcquire(unsafe.Pointer(n)) // comparing reads the key, which whoever came first has made
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

// Swap sets the value of a key and returns the one before.
func (m *Map) Swap(key, value any) (previous any, loaded bool) {
	m.access(OpMapSwap, Write, key, func(n *entry) bool {
		previous, loaded = n.value, n.present
		n.value, n.present = value, true
		return true
	})
	return previous, loaded
}

// LoadOrStore returns the value of a key, which it sets if there is none.
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

// CompareAndSwap swaps the value of a key if it is old.
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
