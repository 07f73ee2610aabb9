package sync

// A Map is a sync.Map. Each of its methods is one critical section, and Range goes by insertion.
type Map struct {
	mu    Mutex
	items map[any]any
	order []any
}

func (m *Map) locked(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.items == nil {
		m.items = map[any]any{}
	}
	f()
}

// Load returns the value of a key.
func (m *Map) Load(key any) (value any, ok bool) {
	m.locked(func() { value, ok = m.items[key] })
	return value, ok
}

// Store sets the value of a key.
func (m *Map) Store(key, value any) { m.Swap(key, value) }

// Swap sets the value of a key and returns the one before.
func (m *Map) Swap(key, value any) (previous any, loaded bool) {
	m.locked(func() {
		previous, loaded = m.items[key]
		m.set(key, value, loaded)
	})
	return previous, loaded
}

func (m *Map) set(key, value any, present bool) {
	m.items[key] = value
	if !present {
		m.order = append(m.order, key)
	}
}

// LoadOrStore returns the value of a key, which it sets if there is none.
func (m *Map) LoadOrStore(key, value any) (actual any, loaded bool) {
	m.locked(func() {
		if actual, loaded = m.items[key]; !loaded {
			actual = value
			m.set(key, value, false)
		}
	})
	return actual, loaded
}

// LoadAndDelete deletes a key and returns the value it had.
func (m *Map) LoadAndDelete(key any) (value any, loaded bool) {
	m.locked(func() {
		if value, loaded = m.items[key]; loaded {
			m.remove(key)
		}
	})
	return value, loaded
}

func (m *Map) remove(key any) {
	delete(m.items, key)
	for i, k := range m.order {
		if k == key {
			m.order = append(m.order[:i], m.order[i+1:]...)
			return
		}
	}
}

// Delete deletes a key.
func (m *Map) Delete(key any) { m.LoadAndDelete(key) }

// CompareAndSwap swaps the value of a key if it is old.
func (m *Map) CompareAndSwap(key, old, new any) (swapped bool) {
	m.locked(func() {
		if value, ok := m.items[key]; ok && value == old {
			m.items[key], swapped = new, true
		}
	})
	return swapped
}

// CompareAndDelete deletes a key if its value is old.
func (m *Map) CompareAndDelete(key, old any) (deleted bool) {
	m.locked(func() {
		if value, ok := m.items[key]; ok && value == old {
			m.remove(key)
			deleted = true
		}
	})
	return deleted
}

// Clear deletes all keys.
func (m *Map) Clear() {
	m.locked(func() { m.items, m.order = nil, nil })
}

// Range calls f for each key and its value until f returns false.
func (m *Map) Range(f func(key, value any) bool) {
	var keys []any
	m.locked(func() { keys = append(keys, m.order...) })
	for _, key := range keys {
		if value, ok := m.Load(key); ok && !f(key, value) {
			return
		}
	}
}
