package schedrt

import "unsafe"

// Word numbers the word at an address.
func (e *Exec) word(address unsafe.Pointer) *Object {
	s := e.words.find(e.run, address)
	if s.word == nil {
		s.word = &Object{}
	}
	e.number(s.word)
	return s.word
}

// Load is the point before an atomic load.
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

// Store is the point before an atomic store.
func Store(address unsafe.Pointer) { write(OpStore, address) }

// Swap is the point before an atomic operation that always writes.
func Swap(address unsafe.Pointer) { write(OpSwap, address) }

func write(kind Kind, address unsafe.Pointer) {
	e := current()
	if e == nil {
		return
	}
	g := e.begin(kind)
	o := e.word(address)
	g.on(o, Write)
	e.point(g)
	e.changed(g, o)
}

// CAS is the point before a compare-and-swap, and Swapped says how it went.
func CAS(address unsafe.Pointer) {
	e := current()
	if e == nil {
		return
	}
	g := e.begin(OpCAS)
	o := e.word(address)
	g.on(o, Write)
	e.look(g, o)
	e.point(g)
}

// Swapped is called after CAS. One that fails only looked.
func Swapped(address unsafe.Pointer, ok bool) {
	switch e := current(); {
	case e == nil:
	case ok:
		e.changed(e.cur, e.word(address))
	default:
		e.Trace.weaken()
	}
}

// Yield is runtime.Gosched, to be called under control only.
func Yield() {
	e := active
	g := e.begin(OpYield)
	g.spin.yields.next(g)
	if g.spin.yields.idle(g) {
		g.spin.flag()
	}
	e.point(g)
}
