package schedrt

import "unsafe"

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
			m.shape.version++
		}
	})
}

// Keys returns the keys that there are, by insertion.
func (m *Map) Keys() (keys []any) {
	m.all(OpMapRange, Read, func(n *entry) {
		if n.present {
			keys = push(keys, n.key)
		}
	})
	return keys
}

// all calls f for every entry, in one operation on which keys there are.
func (m *Map) all(kind Kind, mode Mode, f func(n *entry)) {
	e := current()
	if e == nil {
		m.real.Lock()
		defer m.real.Unlock()
	} else {
		g := e.begin(kind)
		m.quietly(func() *entry { m.compact(e); return nil })
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
