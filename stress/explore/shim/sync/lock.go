// Package sync looks like the standard one to an instrumented program. Each type asks its model in
// package schedrt first, which returns when the real operation cannot block, and then performs the
// real one: misuse, and what the race detector is to see, stay Go's own.
package sync

import (
	"sync"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Locker is a sync.Locker.
type Locker = sync.Locker

// A Mutex is a sync.Mutex, and as large as one.
type Mutex struct{ real sync.Mutex }

func (m *Mutex) model() *schedrt.Mutex { return schedrt.MutexAt(unsafe.Pointer(m)) }

// Lock locks m.
func (m *Mutex) Lock() {
	model := m.model()
	if model == nil {
		m.real.Lock()
		return
	}
	model.Lock()
	if !m.real.TryLock() { // an earlier execution ended with it locked
		m.real = sync.Mutex{}
		m.real.Lock()
	}
}

// TryLock tries to lock m and reports whether it succeeded.
func (m *Mutex) TryLock() bool {
	model := m.model()
	if model == nil {
		return m.real.TryLock()
	}
	if !model.TryLock() {
		return false
	}
	if !m.real.TryLock() {
		m.real = sync.Mutex{}
		m.real.Lock()
	}
	return true
}

// Unlock unlocks m.
func (m *Mutex) Unlock() {
	if model := m.model(); model != nil {
		model.Unlock()
	}
	m.real.Unlock()
}

// An RWMutex is a sync.RWMutex, and as large as one.
type RWMutex struct{ real sync.RWMutex }

func (rw *RWMutex) model() *schedrt.RWMutex { return schedrt.RWMutexAt(unsafe.Pointer(rw)) }

// Lock locks rw for writing.
func (rw *RWMutex) Lock() {
	model := rw.model()
	if model == nil {
		rw.real.Lock()
		return
	}
	model.Lock()
	rw.lockReal()
}

// lockReal locks what the model says is free. An earlier execution may have ended with it locked.
func (rw *RWMutex) lockReal() {
	if !rw.real.TryLock() {
		rw.real = sync.RWMutex{}
		rw.real.Lock()
	}
}

// Unlock unlocks rw for writing.
func (rw *RWMutex) Unlock() {
	if model := rw.model(); model != nil {
		model.Unlock()
	}
	rw.real.Unlock()
}

// RLock locks rw for reading.
func (rw *RWMutex) RLock() {
	model := rw.model()
	if model == nil {
		rw.real.RLock()
		return
	}
	model.RLock()
	rw.shareReal()
}

func (rw *RWMutex) shareReal() {
	if !rw.real.TryRLock() {
		rw.real = sync.RWMutex{}
		rw.real.RLock()
	}
}

// RUnlock undoes a single RLock.
func (rw *RWMutex) RUnlock() {
	if model := rw.model(); model != nil {
		model.RUnlock()
	}
	rw.real.RUnlock()
}

// TryLock tries to lock rw for writing and reports whether it succeeded.
func (rw *RWMutex) TryLock() bool {
	model := rw.model()
	if model == nil {
		return rw.real.TryLock()
	}
	if !model.TryLock() {
		return false
	}
	rw.lockReal()
	return true
}

// TryRLock tries to lock rw for reading and reports whether it succeeded.
func (rw *RWMutex) TryRLock() bool {
	model := rw.model()
	if model == nil {
		return rw.real.TryRLock()
	}
	if !model.TryRLock() {
		return false
	}
	rw.shareReal()
	return true
}

// RLocker returns a Locker that calls RLock and RUnlock.
func (rw *RWMutex) RLocker() Locker { return (*rlocker)(rw) }

type rlocker RWMutex

func (r *rlocker) Lock()   { (*RWMutex)(r).RLock() }
func (r *rlocker) Unlock() { (*RWMutex)(r).RUnlock() }
