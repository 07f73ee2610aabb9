package schedrt

import "unsafe"

// A table finds what is known of an address: of a channel, a lock, or a word that is used
// atomically. It
// keeps alive what it knows, so no address is used again before the next execution.
type table struct {
	slots []slot
	used  int
	run   uint64
}

type slot struct {
	run     uint64 // the slot is free in every other execution
	address unsafe.Pointer
	word    *Object
	channel *channel
	mutex   *Mutex
	rwmutex *RWMutex
	rank    uint64 // among keys of maps
	ranked  uint64 // in this execution
}

// find returns the slot of an address, with or without something in it.
func (t *table) find(run uint64, address unsafe.Pointer) *slot {
	if t.run != run {
		t.run, t.used = run, 0
	}
	if 2*t.used >= len(t.slots) {
		t.grow()
	}
	s := t.probe(address)
	if s.run != run {
		t.used++
		// Objects are used again: their run says that they are fresh.
		s.run, s.address = run, address
	}
	return s
}

func (t *table) probe(address unsafe.Pointer) *slot {
	mask := uintptr(len(t.slots) - 1)
	for i := hash(address); ; i++ {
		if s := &t.slots[i&mask]; s.run != t.run || s.address == address {
			return s
		}
	}
}

func hash(address unsafe.Pointer) uintptr {
	return uintptr(uint64(uintptr(address)) * 0x9e3779b97f4a7c15 >> 20)
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, max(64, 2*len(old)))
	for i := range old {
		if s := &old[i]; s.run == t.run && s.address != nil {
			*t.probe(s.address) = *s
		}
	}
}
