package schedrt

import "unsafe"

// A Mutex is the model of a sync.Mutex. Its look-alike locks the real one right after the model says
// that this cannot block, so memory is ordered, and misuse noticed, by Go itself.
type Mutex struct {
	object Object
	locked bool
	holder int
}

// MutexAt returns the model of the mutex at an address, nil if the caller is not under control. It is
// not a part of the look-alike, which is to be as large as the real one.
func MutexAt(address unsafe.Pointer) *Mutex {
	e := current()
	if e == nil {
		return nil
	}
	s := e.words.find(e.run, address)
	if s.mutex == nil {
		s.mutex = &Mutex{}
	}
	return s.mutex
}

func (m *Mutex) number(e *Exec) {
	if e.number(&m.object) {
		m.locked = false
	}
}

func (m *Mutex) open(*G) bool { return !m.locked }

// Lock returns when the mutex is locked by the caller.
func (m *Mutex) Lock() {
	e := active
	g := e.begin(OpLock)
	m.number(e)
	g.on(&m.object, Acquire)
	g.Op.guard = m
	e.point(g)
	m.locked, m.holder = true, g.ID
	m.object.version++
	e.advance(g)
}

// TryLock reports whether it locked the mutex.
func (m *Mutex) TryLock() bool {
	e := active
	g := e.begin(OpTryLock)
	m.number(e)
	g.on(&m.object, Write)
	e.look(g, &m.object)
	e.point(g)
	if m.locked {
		e.Trace.weaken()
		return false
	}
	m.locked, m.holder = true, g.ID
	e.changed(g, &m.object)
	return true
}

// Unlock ends the execution if the mutex is not locked: the real one ends the process.
func (m *Mutex) Unlock() {
	e := active
	g := e.begin(OpUnlock)
	m.number(e)
	g.on(&m.object, Free)
	e.point(g)
	if !m.locked {
		e.fatal("sync: unlock of unlocked mutex")
	}
	m.locked = false
	m.object.version++
}
