// Package types has ten concurrent types, each right and wrong, for explore.Type. A field Wrong makes
// one place wrong in a way that passes nearly every test: no type has a data race.
package types

import (
	"sync"
	"sync/atomic"
)

// A Map has LoadOrStore, which checks and then acts if Wrong is set.
type Map[K comparable, V any] struct {
	Wrong bool
	mu    sync.Mutex
	m     map[K]V
}

func (m *Map[K, V]) Load(k K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.m[k]
	return v, ok
}

func (m *Map[K, V]) Delete(k K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.m, k)
}

func (m *Map[K, V]) LoadOrStore(k K, v V) (actual V, loaded bool) {
	m.mu.Lock()
	if old, ok := m.m[k]; ok {
		m.mu.Unlock()
		return old, true
	}
	if m.Wrong {
		m.mu.Unlock()
		m.mu.Lock()
	}
	defer m.mu.Unlock()
	if m.m == nil {
		m.m = map[K]V{}
	}
	m.m[k] = v
	return v, false
}

// An LRU keeps the last two keys. Wrong looks a key up under a read lock, and moves it to the front
// without a second look: a key that was evicted in between comes back.
type LRU[K comparable, V any] struct {
	Wrong  bool
	mu     sync.RWMutex
	values map[K]V
	keys   []K // the last used one first
}

func (c *LRU[K, V]) front(k K) {
	for i, other := range c.keys {
		if other == k {
			c.keys = append(c.keys[:i:i], c.keys[i+1:]...)
			break
		}
	}
	c.keys = append([]K{k}, c.keys...)
}

func (c *LRU[K, V]) Put(k K, v V) (evicted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil {
		c.values = map[K]V{}
	}
	c.values[k] = v
	c.front(k)
	if len(c.keys) > 2 {
		delete(c.values, c.keys[2])
		c.keys = c.keys[:2]
		return true
	}
	return false
}

func (c *LRU[K, V]) Get(k K) (v V, ok bool) {
	if !c.Wrong {
		c.mu.Lock()
		defer c.mu.Unlock()
		if v, ok = c.values[k]; ok {
			c.front(k)
		}
		return v, ok
	}
	c.mu.RLock()
	v, ok = c.values[k]
	c.mu.RUnlock()
	if ok {
		c.mu.Lock()
		c.front(k)
		c.mu.Unlock()
	}
	return v, ok
}

func (c *LRU[K, V]) Remove(k K) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.values[k]
	for i, other := range c.keys {
		if other == k {
			c.keys = append(c.keys[:i:i], c.keys[i+1:]...)
		}
	}
	delete(c.values, k)
	return ok
}

func (c *LRU[K, V]) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.keys)
}

// A Queue has one place. Wrong has an if in place of a for around Wait.
type Queue[T any] struct {
	Wrong    bool
	mu       sync.Mutex
	notEmpty *sync.Cond
	notFull  *sync.Cond
	items    []T
}

func NewQueue[T any](wrong bool) *Queue[T] {
	q := &Queue[T]{Wrong: wrong}
	q.notEmpty, q.notFull = sync.NewCond(&q.mu), sync.NewCond(&q.mu)
	return q
}

func (q *Queue[T]) Put(v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 1 {
		q.notFull.Wait()
	}
	q.items = append(q.items, v)
	q.notEmpty.Signal()
}

func (q *Queue[T]) Take() T {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.Wrong {
		if len(q.items) == 0 {
			q.notEmpty.Wait()
		}
	}
	for len(q.items) == 0 && !q.Wrong {
		q.notEmpty.Wait()
	}
	var v T
	if len(q.items) > 0 {
		v, q.items = q.items[0], q.items[1:]
	}
	q.notFull.Signal()
	return v
}

// A Counter is an atomic number. Wrong loads and stores.
type Counter struct {
	Wrong bool
	n     atomic.Int64
}

func (c *Counter) Add(n int64) int64 {
	if c.Wrong {
		sum := c.n.Load() + n
		c.n.Store(sum)
		return sum
	}
	return c.n.Add(n)
}

func (c *Counter) Reset() { c.n.Store(0) }

func (c *Counter) Value() int64 { return c.n.Load() }

// A Stack is a linked list with compare-and-swap. Wrong pops with a store.
type Stack[T any] struct {
	Wrong bool
	top   atomic.Pointer[node[T]]
}

type node[T any] struct {
	value T
	next  *node[T]
}

func (s *Stack[T]) Push(v T) {
	for {
		n := &node[T]{v, s.top.Load()}
		if s.top.CompareAndSwap(n.next, n) {
			return
		}
	}
}

func (s *Stack[T]) Pop() (v T, ok bool) {
	for {
		n := s.top.Load()
		if n == nil {
			return v, false
		}
		if s.Wrong {
			s.top.Store(n.next)
			return n.value, true
		}
		if s.top.CompareAndSwap(n, n.next) {
			return n.value, true
		}
	}
}

// A Set looks for an element under the read lock first. Wrong does not look again under the lock.
type Set[T comparable] struct {
	Wrong bool
	mu    sync.RWMutex
	m     map[T]struct{}
}

func (s *Set[T]) Has(v T) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.m[v]
	return ok
}

func (s *Set[T]) Add(v T) (added bool) {
	if s.Has(v) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.m[v]; ok && !s.Wrong {
		return false
	}
	if s.m == nil {
		s.m = map[T]struct{}{}
	}
	s.m[v] = struct{}{}
	return true
}

func (s *Set[T]) Remove(v T) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.m[v]
	delete(s.m, v)
	return ok
}

// A Cell is set once. Wrong says that it is set before the value is there.
type Cell[T any] struct {
	Wrong bool
	set   atomic.Bool
	value atomic.Pointer[T]
}

func (c *Cell[T]) Set(v T) bool {
	if !c.Wrong {
		return c.value.CompareAndSwap(nil, &v)
	}
	if !c.set.CompareAndSwap(false, true) {
		return false
	}
	c.value.Store(&v)
	return true
}

func (c *Cell[T]) Get() (v T, ok bool) {
	p := c.value.Load()
	if p != nil {
		v = *p
	}
	if c.Wrong {
		return v, c.set.Load()
	}
	return v, p != nil
}

// A Ring has the last two values. Wrong counts a value before it is written.
type Ring struct {
	Wrong bool
	mu    sync.Mutex
	n     atomic.Int64
	slots [2]atomic.Int64
}

func (r *Ring) Push(v int) {
	if r.Wrong {
		r.slots[(r.n.Add(1)-1)%2].Store(int64(v))
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slots[r.n.Load()%2].Store(int64(v))
	r.n.Add(1)
}

func (r *Ring) Last() (v int, ok bool) {
	if !r.Wrong {
		r.mu.Lock()
		defer r.mu.Unlock()
	}
	n := r.n.Load()
	if n == 0 {
		return 0, false
	}
	return int(r.slots[(n-1)%2].Load()), true
}

// A Hub delivers messages to subscribers. Wrong delivers to a subscriber that has left.
type Hub struct {
	Wrong       bool
	mu          sync.Mutex
	subscribers map[string]*inbox
}

type inbox struct {
	mu       sync.Mutex
	messages []int
}

func (h *Hub) Subscribe(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subscribers == nil {
		h.subscribers = map[string]*inbox{}
	}
	if h.subscribers[name] == nil {
		h.subscribers[name] = &inbox{}
	}
}

// Unsubscribe returns the messages of a subscriber.
func (h *Hub) Unsubscribe(name string) []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	box := h.subscribers[name]
	delete(h.subscribers, name)
	if box == nil {
		return nil
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	return box.messages
}

// Publish returns the number of subscribers.
func (h *Hub) Publish(message int) int {
	h.mu.Lock()
	var all []*inbox
	for _, box := range h.subscribers {
		all = append(all, box)
	}
	if h.Wrong {
		h.mu.Unlock()
	} else {
		defer h.mu.Unlock()
	}
	for _, box := range all {
		box.mu.Lock()
		box.messages = append(box.messages, message)
		box.mu.Unlock()
	}
	return len(all)
}

// A Limiter admits one at a time. Wrong checks and then adds.
type Limiter struct {
	Wrong bool
	used  atomic.Int64
}

func (l *Limiter) Allow() bool {
	if l.Wrong {
		if l.used.Load() >= 1 {
			return false
		}
		l.used.Add(1)
		return true
	}
	return l.used.CompareAndSwap(0, 1)
}

// Done gives a place back, and panics if none is used.
func (l *Limiter) Done() {
	if !l.used.CompareAndSwap(1, 0) {
		panic("types: Done without Allow")
	}
}

// A Gauge has a data race if Wrong is set, in a method without results.
type Gauge struct {
	Wrong bool
	mu    sync.Mutex
	n     int
}

func (g *Gauge) Set(n int) {
	if !g.Wrong {
		g.mu.Lock()
		defer g.mu.Unlock()
	}
	g.n = n
}

// A Buffer is a queue without a bound. Wrong signals only for a value in an empty queue: a second value that
// comes before the first waiter runs wakes no other waiter.
type Buffer[T any] struct {
	Wrong    bool
	mu       sync.Mutex
	notEmpty *sync.Cond
	items    []T
}

func NewBuffer[T any](wrong bool) *Buffer[T] {
	b := &Buffer[T]{Wrong: wrong}
	b.notEmpty = sync.NewCond(&b.mu)
	return b
}

func (b *Buffer[T]) Put(v T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = append(b.items, v)
	if len(b.items) == 1 || !b.Wrong {
		b.notEmpty.Signal()
	}
}

func (b *Buffer[T]) Take() T {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.items) == 0 {
		b.notEmpty.Wait()
	}
	v := b.items[0]
	b.items = b.items[1:]
	return v
}
