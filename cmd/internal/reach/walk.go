package reach

import (
	"bytes"
	"strings"
)

// The functions that tell lines are looked up by name once, in both calling conventions; ·f is the
// value of a function, through which an indirect call goes.
func newWalk(old, new *program) *walk {
	w := &walk{old: old, new: new, pair: make([]id, len(old.target)), back: make([]id, len(new.target)),
		used: map[id]bool{}, listed: map[id]bool{}, called: map[signature]bool{}, names: map[string]bool{},
		cut: map[id]bool{}, traces: map[id]bool{}}
	for _, name := range tracing {
		for _, n := range old.lookup(name) {
			w.traces[n] = true
		}
		for _, n := range old.lookup(name + "·f") {
			w.traces[n] = true
		}
	}
	return w
}

// undo takes back everything since the log had n entries. So one walk of the code that all
// benchmarks share serves them all. The queue is emptied as well: after an error it may hold pairs
// that were never visited.
func (w *walk) undo(n int) {
	for len(w.log) > n {
		last := len(w.log) - 1
		w.log[last]()
		w.log = w.log[:last]
	}
	w.queue = w.queue[:0]
}

// run visits everything that is queued, and the methods that become reachable by that, until
// nothing is left. Whether there is a difference does not depend on the order of visits, so the
// queue is a stack, which stays short.
func (w *walk) run() error {
	for {
		for len(w.queue) > 0 {
			a := w.queue[len(w.queue)-1]
			w.queue = w.queue[:len(w.queue)-1]
			if err := w.visit(a, w.pair[a]); err != nil {
				return err
			}
		}
		if err := w.meetMethods(); err != nil {
			return err
		}
		if len(w.queue) == 0 {
			return nil
		}
	}
}

// visit compares one pair, and queues the pairs that it refers to.
//
// The attributes are compared before the references: a difference there is the better explanation,
// and a symbol of another kind would have references that mean something else.
func (w *walk) visit(a, b id) error {
	sa, sb := w.old.symbol(a), w.new.symbol(b)
	if !w.old.defined(a) || !w.new.defined(b) {
		if w.old.defined(a) != w.new.defined(b) || sa.name() != sb.name() || sa.abi() != sb.abi() {
			return differ("%s is defined on one side", w.new.describe(b))
		}
		return nil // the linker makes it
	}
	if w.cut[a] {
		return nil
	}
	if err := w.sameHead(sa, sb); err != nil {
		return err
	}
	// The mark of the compiler may be in the object of any package that converts the type, on
	// either side.
	if !w.used[a] && (w.old.used[a] || w.new.used[b]) {
		w.used[a] = true
		w.logf(func() { delete(w.used, a) })
	}
	if sa.flag("SymFlagReflectMethod") && !w.reflects {
		w.reflects = true
		w.logf(func() { w.reflects = false })
	}
	relocsA, toA, tablesA, auxA, err := w.old.list(a)
	if err != nil {
		return err
	}
	relocsB, toB, tablesB, auxB, err := w.new.list(b)
	if err != nil {
		return err
	}
	if err := w.follow(a, b, relocsA, relocsB, toA, toB); err != nil {
		return err
	}
	return w.sameTables(a, b, tablesA, tablesB, auxA, auxB)
}

// sameHead compares the content and the attributes of two symbols. Alignment is among them. Places
// that get addresses hold zeros in objects. Two symbols of the same entry of the same object are
// equal without a look at their bytes: most packages of both binaries come from the same archive,
// which is read once.
func (w *walk) sameHead(sa, sb symbol) error {
	// Whether other objects may define the symbol too does not change its code.
	mask := ^byte(w.old.f.numbers["SymFlagDupok"])
	mask2 := ^byte(w.old.f.numbers["SymFlagUsedInIface"] | w.old.f.numbers["SymFlagLinkname"])
	if sa.kind() != sb.kind() || sa.size() != sb.size() || sa.align() != sb.align() ||
		sa.head[11]&mask != sb.head[11]&mask || sa.head[12]&mask2 != sb.head[12]&mask2 ||
		(sa.o != sb.o || sa.i != sb.i) && !bytes.Equal(sa.data(), sb.data()) {
		return differ("%s of %s differs", sb.name(), sb.o.pkg)
	}
	// The linker orders init tasks by their names, and a stack shows the names of functions.
	name := sa.name()
	if (w.lines && isText(sa) || strings.HasSuffix(name, "..inittask")) && name != sb.name() {
		return differ("%s was %s", sb.name(), name)
	}
	return nil
}
