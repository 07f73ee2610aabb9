// Package sync stands for the standard package sync in rewritten code.
//
//	var mu sync.Mutex
//	mu.Lock() // stops until the strategy picks this goroutine and the mutex is free
//
// Mutex, RWMutex and WaitGroup ask their model in package schedrt first. The model returns when
// the real operation cannot block, and the real operation follows. So Go itself reports misuse,
// and orders memory for the race detector as it always does. Cond, Map and Pool are models only,
// and Once is written with the types of this package. Outside of control, every type uses the real
// one, or does the same.
//
// The real lock may still be locked when the model says that it is free: an earlier execution ended
// while it was held. It is then replaced by a new one.
//
// # What this does not model
//
// See the types of package schedrt: spurious failures of TryLock, the order of waiters of a Mutex,
// and a WaitGroup that is used again too early.
package sync

import (
	"sync"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Locker is a sync.Locker.
type Locker = sync.Locker

// A Mutex is a sync.Mutex, and as large as one: programs put padding around it.
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
	m.lockReal()
}

// lockReal locks the real mutex, which the model says is free.
func (m *Mutex) lockReal() {
	if !m.real.TryLock() {
		m.real = sync.Mutex{} // an earlier execution ended with it locked
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
	m.lockReal()
	return true
}

// Unlock unlocks m. It is a step of its own: another goroutine may lock m before the caller goes
// on.
func (m *Mutex) Unlock() {
	if model := m.model(); model != nil {
		model.Unlock()
	}
	m.real.Unlock()
}

// An RWMutex is a sync.RWMutex, and as large as one.
type RWMutex struct{ real sync.RWMutex }

func (rw *RWMutex) model() *schedrt.RWMutex { return schedrt.RWMutexAt(unsafe.Pointer(rw)) }

// Lock locks rw for writing. From its begin on, new readers wait.
func (rw *RWMutex) Lock() {
	model := rw.model()
	if model == nil {
		rw.real.Lock()
		return
	}
	model.Lock()
	rw.lockReal()
}

// lockReal locks the real one for writing. The model says that it is free.
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

// shareReal locks the real one for reading. The model says that there is no writer.
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
