package schedrt

import "unsafe"

// The race detector watches the runtime's maps and the growing of slices in whatever package they
// are used, because the watching code is in the runtime. What several controlled goroutines share
// is therefore grown by hand here, and found in a hash table of this package's own.

// push appends v.
//
// It is generic and inlined nowhere: package rewrite compiles this package with -l.
func push[T any](s []T, v T) []T {
	if len(s) == cap(s) {
		grown := make([]T, len(s), 2*len(s)+8)
		//lint:ignore S1001 the detector watches copy, too
		for i, v := range s {
			grown[i] = v
		}
		s = grown
	}
	s = s[:len(s)+1]
	s[len(s)-1] = v
	return s
}

// shift removes the first element. It moves the others, so queues keep their memory; queues of
// goroutines are short.
func shift[T any](s []T) ([]T, T) {
	first := s[0]
	for i := 1; i < len(s); i++ {
		s[i-1] = s[i]
	}
	var none T
	s[len(s)-1] = none
	return s[:len(s)-1], first
}

// A table finds the models of an address: of a channel, a lock, or a word that is used atomically.
// It is an open hash table with linear probing. It keeps what is at its addresses alive, so the
// garbage collector gives no address to a second object within an execution. The next execution
// uses its slots again without clearing them: a slot of another run counts as free.
//
// An address that was freed and given to another object within one execution would join two
// models. Holding the address prevents that at the price of memory until the next execution.
type table struct {
	slots []slot // a power of two of them, at most half in use
	used  int
	run   uint64
}

type slot struct {
	run     uint64
	address unsafe.Pointer
	word    *Object
	channel *channel
	mutex   *Mutex
	rwmutex *RWMutex
	rank    uint64 // among keys of maps, see RankKey
	ranked  uint64 // the run of that rank
}

// find returns the slot of an address, which it takes if there is none. A model in it may be of an
// earlier execution: the run of its object tells.
//
// The returned slot is valid until the next find, which may grow the table.
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
		s.run, s.address = run, address
	}
	return s
}

// probe returns the slot of an address, or the free slot where it belongs.
func (t *table) probe(address unsafe.Pointer) *slot {
	mask := uintptr(len(t.slots) - 1)
	for i := hash(address); ; i++ {
		if s := &t.slots[i&mask]; s.run != t.run || s.address == address {
			return s
		}
	}
}

// hash is multiplicative hashing with the golden ratio (Knuth, The Art of Computer Programming,
// 6.4). The low bits of addresses are mostly the same, so the middle of the product is used.
func hash(address unsafe.Pointer) uintptr {
	return uintptr(uint64(uintptr(address)) * 0x9e3779b97f4a7c15 >> 20)
}

// grow doubles the table and moves the slots of this execution. Slots of earlier executions are
// dropped, with the models in them.
//
// At most half full, so a probe looks at about two slots.
func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, max(64, 2*len(old)))
	for i := range old {
		if s := &old[i]; s.run == t.run && s.address != nil {
			*t.probe(s.address) = *s
		}
	}
}
