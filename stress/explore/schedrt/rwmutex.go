package schedrt

import "unsafe"

// An RWMutex is the model of a sync.RWMutex. A writer that waits blocks new readers.
type RWMutex struct {
	object  Object
	pending bool // a writer is inside or waits for readers
	locked  bool
	holder  int
	readers int
}

// RWMutexAt is like MutexAt.
func RWMutexAt(address unsafe.Pointer) *RWMutex {
	e := current()
	if e == nil {
		return nil
	}
	s := e.words.find(e.run, address)
	if s.rwmutex == nil {
		s.rwmutex = &RWMutex{}
	}
	return s.rwmutex
}

func (m *RWMutex) number(e *Exec) {
	if e.number(&m.object) {
		m.pending, m.locked, m.readers = false, false, 0
	}
}

func (m *RWMutex) open(g *G) bool {
	if g.Op.Kind == OpLock { // it has announced itself
		return m.readers == 0
	}
	return !m.pending
}

// Lock announces a writer and waits for the readers to leave: two operations.
func (m *RWMutex) Lock() {
	e := active
	g := e.begin(OpAnnounce)
	m.number(e)
	g.on(&m.object, Claim)
	g.Op.guard = m
	e.point(g)
	m.pending, m.holder = true, g.ID
	m.object.version++
	e.advance(g)
	if m.readers > 0 {
		g = e.begin(OpLock)
		g.on(&m.object, Enter)
		g.Op.guard = m
		e.point(g)
	}
	m.locked = true
	m.object.version++
}

// Unlock ends the execution if no writer is inside.
func (m *RWMutex) Unlock() {
	e := active
	g := e.begin(OpUnlock)
	m.number(e)
	g.on(&m.object, Free)
	e.point(g)
	if !m.locked {
		e.fatal("sync: Unlock of unlocked RWMutex")
	}
	m.pending, m.locked = false, false
	m.object.version++
}

// RLock returns when the caller is a reader.
func (m *RWMutex) RLock() {
	e := active
	g := e.begin(OpRLock)
	m.number(e)
	g.on(&m.object, Share)
	g.Op.guard = m
	e.point(g)
	m.readers++
	m.object.version++
	e.advance(g)
}

// RUnlock ends the execution if there is no reader.
func (m *RWMutex) RUnlock() {
	e := active
	g := e.begin(OpRUnlock)
	m.number(e)
	g.on(&m.object, Unshare)
	e.point(g)
	if m.readers == 0 {
		e.fatal("sync: RUnlock of unlocked RWMutex")
	}
	m.readers--
	m.object.version++
}

// TryLock reports whether the caller is the writer.
func (m *RWMutex) TryLock() (ok bool) {
	return m.try(OpTryLock, func(g *G) bool {
		if m.pending || m.readers > 0 {
			return false
		}
		m.pending, m.locked, m.holder = true, true, g.ID
		return true
	})
}

// TryRLock reports whether the caller is a reader.
func (m *RWMutex) TryRLock() (ok bool) {
	return m.try(OpTryRLock, func(*G) bool {
		if m.pending {
			return false
		}
		m.readers++
		return true
	})
}

func (m *RWMutex) try(kind Kind, take func(g *G) bool) (ok bool) {
	e := active
	g := e.begin(kind)
	m.number(e)
	g.on(&m.object, Write)
	e.look(g, &m.object)
	e.point(g)
	if ok = take(g); ok {
		e.changed(g, &m.object)
	} else {
		e.Trace.weaken()
	}
	return ok
}
