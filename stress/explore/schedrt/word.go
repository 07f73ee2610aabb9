package schedrt

import "unsafe"

// word returns the object of the word at an address, with its number.
func (e *Exec) word(address unsafe.Pointer) *Object {
	s := e.words.find(e.run, address)
	if s.word == nil {
		s.word = &Object{}
	}
	e.number(s.word)
	return s.word
}

// Load is the operation before an atomic load. Atomic operations are sequentially consistent, as
// the Go memory model has them; their values are in the program's own memory. The functions below
// are like it. Outside of control they do nothing.
func Load(address unsafe.Pointer) {
	e := current()
	if e == nil {
		return
	}
	g := e.begin(OpLoad)
	o := e.word(address)
	g.on(o, Read)
	e.look(g, o)
	e.point(g)
}

// Store is the operation before an atomic store to a word of a size.
func Store(address unsafe.Pointer, size uintptr) { write(OpStore, address, size) }

// Swap is the operation before an atomic operation that always writes: a swap, an add, an and, an
// or.
func Swap(address unsafe.Pointer, size uintptr) { write(OpSwap, address, size) }

// write is an operation that always changes the word. The model counts a store of the same value
// as a change, too: the engine does not know values.
func write(kind Kind, address unsafe.Pointer, size uintptr) {
	e := current()
	if e == nil {
		return
	}
	g := e.begin(kind)
	o := e.word(address)
	g.on(o, Write)
	e.point(g)
	e.changed(g, o)
	e.aftermath.noteWord(o, address, size)
}

// CAS is the operation before a compare-and-swap. The caller performs it and then calls Swapped.
//
// Two calls and not one with a function: the look-alike performs the real operation in between,
// with its own types.
func CAS(address unsafe.Pointer) {
	e := current()
	if e == nil {
		return
	}
	g := e.begin(OpCAS)
	o := e.word(address)
	g.on(o, Write)
	e.look(g, o) // a loop of failing ones spins
	e.point(g)
}

// Swapped says whether the compare-and-swap after CAS succeeded. A failed one is a read.
func Swapped(address unsafe.Pointer, size uintptr, ok bool) {
	switch e := current(); {
	case e == nil:
	case ok:
		o := e.word(address)
		e.changed(e.cur, o)
		e.aftermath.noteWord(o, address, size)
	default:
		e.Trace.weaken()
	}
}
