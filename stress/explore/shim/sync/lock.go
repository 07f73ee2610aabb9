// Package sync looks like the standard one to an instrumented program. Each type asks its model in
// package sched first, which returns when the real operation cannot block, and then performs the
// real one: misuse, and what the race detector is to see, stay Go's own.
package sync

import (
	"sync"

	"github.com/semabench/semabench/stress/explore/sched"
)

// A Locker is a sync.Locker.
type Locker = sync.Locker

// A Mutex is a sync.Mutex.
type Mutex struct {
	model sched.Mutex
	real  sync.Mutex
}

// Lock locks m.
func (m *Mutex) Lock() {
	if m.model.Reset() {
		m.real = sync.Mutex{}
	}
	m.model.Lock()
	m.real.Lock()
}

// TryLock tries to lock m and reports whether it succeeded.
func (m *Mutex) TryLock() bool {
	if m.model.Reset() {
		m.real = sync.Mutex{}
	}
	if ok, controlled := m.model.TryLock(); controlled && !ok {
		return false
	}
	return m.real.TryLock()
}

// Unlock unlocks m.
func (m *Mutex) Unlock() {
	m.model.Unlock()
	m.real.Unlock()
}

// An RWMutex is a sync.RWMutex.
type RWMutex struct {
	model sched.RWMutex
	real  sync.RWMutex
}

// Lock locks rw for writing.
func (rw *RWMutex) Lock() {
	rw.mend()
	rw.model.Lock()
	rw.real.Lock()
}

// mend throws away a lock that an earlier execution left locked.
func (rw *RWMutex) mend() {
	if rw.model.Reset() {
		rw.real = sync.RWMutex{}
	}
}

// Unlock unlocks rw for writing.
func (rw *RWMutex) Unlock() {
	rw.model.Unlock()
	rw.real.Unlock()
}

// RLock locks rw for reading.
func (rw *RWMutex) RLock() {
	rw.mend()
	rw.model.RLock()
	rw.real.RLock()
}

// RUnlock undoes a single RLock.
func (rw *RWMutex) RUnlock() {
	rw.model.RUnlock()
	rw.real.RUnlock()
}

// TryLock tries to lock rw for writing and reports whether it succeeded.
func (rw *RWMutex) TryLock() bool {
	rw.mend()
	if ok, controlled := rw.model.TryLock(); controlled && !ok {
		return false
	}
	return rw.real.TryLock()
}

// TryRLock tries to lock rw for reading and reports whether it succeeded.
func (rw *RWMutex) TryRLock() bool {
	rw.mend()
	if ok, controlled := rw.model.TryRLock(); controlled && !ok {
		return false
	}
	return rw.real.TryRLock()
}

// RLocker returns a Locker that calls RLock and RUnlock.
func (rw *RWMutex) RLocker() Locker { return (*rlocker)(rw) }

type rlocker RWMutex

func (r *rlocker) Lock()   { (*RWMutex)(r).RLock() }
func (r *rlocker) Unlock() { (*RWMutex)(r).RUnlock() }
