package schedrt

import "unsafe"

// This file models sync and sync/atomic: what an operation needs, what it changes, and whether it
// can block. The real primitives are in the look-alikes (shim/sync, shim/atomic), which perform the
// real operation after the model has let them. Hence no edges for the race detector here: the real
// operations have them.

// A Mutex is the model of a sync.Mutex. Any waiter may get the lock next: the real one promises no
// order, so its modes (fast path, handoff after 1 ms) are not modelled. TryLock fails only if the
// lock is held. A copy of a locked Mutex is unlocked, because the model belongs to the address.
//
// Not modelling the modes loses nothing: every order of waiters that the real one can choose is
// an order of steps here.
type Mutex struct {
	object Object
	locked bool
	holder int // goroutine, if it is locked
}

// MutexAt returns the model of the mutex at an address, nil outside of control. The model is found
// by address because the look-alike must be as large as the real mutex: programs depend on the
// size.
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

// number gives m its number, and unlocks it in a new execution.
func (m *Mutex) number(e *Exec) {
	if e.number(&m.object) {
		m.locked = false
	}
}

// open is the guard of Lock.
func (m *Mutex) open(*G) bool { return !m.locked }

// Lock returns when the caller has locked m.
func (m *Mutex) Lock() {
	e := active
	g := e.begin(OpLock)
	m.number(e)
	g.on(&m.object, Acquire)
	g.Op.guard = m
	e.point(g)
	m.locked, m.holder = true, g.ID
	m.object.bump()
	e.locked(g)
}

// TryLock locks m if it is not locked, and reports whether it did.
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

// Unlock unlocks m; any goroutine may. If m is not locked it ends the execution as Panicked, where
// the real one ends the process. Unlock alone is no progress: a loop that locks and unlocks may
// spin.
//
// It has a step although it never waits. Whether another goroutine takes the lock right after it
// or later is a choice of the schedule.
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
	m.object.bump()
}

// An RWMutex is the model of a sync.RWMutex. A writer announces itself and then waits for the
// readers inside; from its announcement on, new readers wait. Without that preference a recursive
// RLock would never deadlock. Among waiters any may be next.
type RWMutex struct {
	object  Object
	pending bool // a writer is inside or has announced itself
	locked  bool // a writer is inside
	holder  int  // that writer, if pending
	readers int  // inside
}

// RWMutexAt returns the model of the RWMutex at an address, nil outside of control. See MutexAt.
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

// number gives m its number, and empties it in a new execution.
func (m *RWMutex) number(e *Exec) {
	if e.number(&m.object) {
		m.pending, m.locked, m.readers = false, false, 0
	}
}

// open is the guard of RLock, of a writer's announcement and of its entry.
//
// The announcement of a writer waits for other writers, by pending; its entry waits for readers,
// by readers. A reader waits for pending only.
func (m *RWMutex) open(g *G) bool {
	if g.Op.Kind == OpLock { // the writer has announced itself
		return m.readers == 0
	}
	return !m.pending
}

// Lock returns when the caller is the writer. It is one step if there is no reader, and two
// otherwise: the announcement, and the entry when the last reader has left.
//
// Without a reader inside, the writer enters in the step of its announcement: no other goroutine
// could tell the two apart.
func (m *RWMutex) Lock() {
	e := active
	g := e.begin(OpAnnounce)
	m.number(e)
	g.on(&m.object, Claim)
	g.Op.guard = m
	e.point(g)
	m.pending, m.holder = true, g.ID
	m.object.bump()
	e.locked(g)
	if m.readers > 0 {
		g = e.begin(OpLock)
		g.on(&m.object, Enter)
		g.Op.guard = m
		e.point(g)
	}
	m.locked = true
	m.object.bump()
}

// Unlock lets the writer leave. If there is none it ends the execution as Panicked.
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
	m.object.bump()
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
	m.object.bump()
	e.locked(g)
}

// RUnlock lets a reader leave. If there is none it ends the execution as Panicked.
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
	m.object.bump()
}

// TryLock makes the caller the writer if there is neither a writer nor a reader, and reports
// whether it did.
func (m *RWMutex) TryLock() (ok bool) {
	return m.try(OpTryLock, func(g *G) bool {
		if m.pending || m.readers > 0 {
			return false
		}
		m.pending, m.locked, m.holder = true, true, g.ID
		return true
	})
}

// TryRLock makes the caller a reader if no writer is inside or waits, and reports whether it did.
func (m *RWMutex) TryRLock() (ok bool) {
	return m.try(OpTryRLock, func(*G) bool {
		if m.pending {
			return false
		}
		m.readers++
		return true
	})
}

// try is an operation that takes the lock if it can. It is announced as a write and looks at the
// lock, so a loop of failing tries spins.
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

// A Cond is the model of a sync.Cond. Signal wakes the waiter that has waited longest, as the real
// one does. Waking orders no memory: the lock of the Cond does.
type Cond struct {
	object Object
	queue  []*condWaiter
	missed bool // it was signalled while no goroutine waited
}

type condWaiter struct {
	g        *G
	notified bool
	by       int32 // the step that notified it
	asleep   bool
}

// number gives c its number, and empties it in a new execution.
func (c *Cond) number(e *Exec) {
	if e.number(&c.object) {
		c.queue, c.missed = nil, false
		e.remember(c)
	}
}

// Wait joins the queue, calls unlock, sleeps until it is notified, and calls lock. Joining is a
// step of its own before the unlock, so a Signal after the unlock always finds the waiter: it may
// even come before the waiter sleeps.
//
// The lock and the unlock are operations of their own, by the look-alike. So a Wait is three
// steps or more, as it is in Go.
func (c *Cond) Wait(unlock, lock func()) {
	e := active
	g := e.begin(OpWait)
	c.number(e)
	g.on(&c.object, Write)
	e.point(g)
	w := &condWaiter{g: g}
	c.queue = push(c.queue, w)
	c.object.bump()
	unlock()
	if w.notified {
		g.cause = w.by
	} else {
		w.asleep = true
		g.Op.clear() // a report asks what the goroutine waits for, and that is not the unlock
		g.Op.Kind, g.Op.object, g.Op.cond = OpWait, &c.object, c
		e.recordPosition(g)
		e.park(g)
	}
	lock()
}

// Signal notifies the first waiter, if there is one.
func (c *Cond) Signal() { c.notify(OpSignal) }

// Broadcast notifies all waiters.
func (c *Cond) Broadcast() { c.notify(OpBroadcast) }

// notify takes one waiter out of the queue, or all. A waiter that is not asleep yet finds out when
// it comes to sleep.
//
// missed stays set: a report about a goroutine that waits for ever names a signal that came too
// early.
func (c *Cond) notify(kind Kind) {
	e := active
	g := e.begin(kind)
	c.number(e)
	g.on(&c.object, Write)
	e.point(g)
	c.missed = c.missed || len(c.queue) == 0
	for len(c.queue) > 0 {
		var w *condWaiter
		c.queue, w = shift(c.queue)
		w.notified, w.by = true, int32(len(e.Trace.Steps)-1)
		if w.asleep {
			e.wake(w.g)
		}
		e.changed(g, &c.object)
		if kind == OpSignal {
			return
		}
	}
}

// A WaitGroup is the model of a sync.WaitGroup. The real one notices a negative counter; a WaitGroup
// that is used again before all its Waits returned is not noticed.
//
// An Add that takes the counter from zero has to happen before a Wait. The real WaitGroup tells the race
// detector so, with a read in that Add, and a write in the first Wait that finds the counter above zero.
// Under control the real Wait is called when the counter is zero, so the model has the two accesses.
type WaitGroup struct {
	object Object
	count  int
	raised uint32 // how often the counter was taken from zero
	waited uint32 // raised, when a Wait wrote order
	order  [1]byte
}

// number gives w its number, and sets it to zero in a new execution.
func (w *WaitGroup) number(e *Exec) {
	if e.number(&w.object) {
		w.count, w.raised, w.waited = 0, 0, 0
		e.remember(w)
	}
}

// open is the guard of Wait.
func (w *WaitGroup) open(*G) bool { return w.count == 0 }

// Add adds delta to the counter. Outside of control it does nothing.
//
// An Add and a Done commute with each other; a Wait depends on the Done that opens it.
func (w *WaitGroup) Add(delta int) {
	e := current()
	if e == nil {
		return
	}
	g := e.begin(OpAdd)
	w.number(e)
	mode := Add
	if delta < 0 {
		mode = Done
	}
	g.on(&w.object, mode)
	e.point(g)
	if delta > 0 && w.count == 0 {
		w.raised++
		NoteRead(w.order[:])
	}
	w.count += delta
	e.changed(g, &w.object)
}

// Wait returns when the counter is zero. Outside of control it returns at once.
//
// A Wait that was announced while the counter was zero, and found it above zero before its turn, could as
// well have come in between. Of several Waits for one rise only the first writes, as they may overlap.
func (w *WaitGroup) Wait() {
	e := current()
	if e == nil {
		return
	}
	g := e.begin(OpWaitGroup)
	w.number(e)
	g.on(&w.object, Wait)
	g.Op.guard = w
	waits, raised := w.count > 0, w.raised
	e.point(g)
	if (waits || w.raised != raised) && w.waited != w.raised {
		w.waited = w.raised
		NoteWrite(w.order[:])
	}
}

// IsStale reports that an earlier execution ended while the counter was not zero. The real
// WaitGroup then has to be replaced.
//
// The model needs no replacement, as its number is of another run.
func (w *WaitGroup) IsStale() bool {
	return current() != nil && w.object.run != 0 && w.object.run != active.run && w.count != 0
}
