package sync

import "github.com/semabench/semabench/stress/explore/schedrt"

// A Map is a sync.Map. It is a model only, see schedrt.Map. Range goes by insertion, so that a
// program has one order to depend on.
type Map struct{ model schedrt.Map }

// Load returns the value of a key.
func (m *Map) Load(key any) (value any, ok bool) { return m.model.Load(key) }

// Store sets the value of a key.
func (m *Map) Store(key, value any) { m.model.Store(key, value) }

// Swap sets the value of a key and returns the value that it had.
func (m *Map) Swap(key, value any) (previous any, loaded bool) { return m.model.Swap(key, value) }

// LoadOrStore returns the value of a key. It sets the value if there is none.
func (m *Map) LoadOrStore(key, value any) (actual any, loaded bool) {
	return m.model.LoadOrStore(key, value)
}

// LoadAndDelete deletes a key and returns the value it had.
func (m *Map) LoadAndDelete(key any) (value any, loaded bool) { return m.model.LoadAndDelete(key) }

// Delete deletes a key.
func (m *Map) Delete(key any) { m.model.LoadAndDelete(key) }

// CompareAndSwap sets the value of a key to new if it is old.
func (m *Map) CompareAndSwap(key, old, new any) (swapped bool) {
	return m.model.CompareAndSwap(key, old, new)
}

// CompareAndDelete deletes a key if its value is old.
func (m *Map) CompareAndDelete(key, old any) (deleted bool) {
	return m.model.CompareAndDelete(key, old)
}

// Clear deletes all keys.
func (m *Map) Clear() { m.model.Clear() }

// Range calls f for each key and its value until f returns false. As with the real one, the map
// may change meanwhile: each key is loaded in an operation of its own, and a key that was deleted
// is left out.
func (m *Map) Range(f func(key, value any) bool) {
	for _, key := range m.model.Keys() {
		if value, ok := m.model.Load(key); ok && !f(key, value) {
			return
		}
	}
}
