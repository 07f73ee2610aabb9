package reach

import (
	"bytes"
	"fmt"
	"strings"
)

// A difference is an error: the first difference that a walk found. It has a type of its own
// because it is an answer: any other error means that nothing could be told.
type difference struct{ what string }

func (d *difference) Error() string { return d.what }

func differ(format string, args ...any) error { return &difference{fmt.Sprintf(format, args...)} }

// A walk goes through two programs at the same time, from pairs of symbols with
// the same part in both, to whatever they refer to. Each pair must have equal
// content, and references to pairs again. Names do not matter, except where the
// linker gives them a meaning: the compiler numbers closures and temporaries, so
// a new one renames the others.
//
// The pairs are one to one. Otherwise two variables of one side could both stand
// for one variable of the other side, and a write to one would be seen, or not
// seen, through the other.
//
// What is reachable follows cmd/link's own dead code elimination. A method counts
// if it is called directly; if its type is converted to an interface and some
// reachable code calls a method of that name and type through an interface; or if
// it is exported and some reachable code looks up methods by reflection.
//
// # Why the answer is safe
//
// A walk says that two sides are equal only if it has seen every symbol that both can reach, and
// each was equal. Whatever it does not understand is an error or a difference, and then the
// benchmark is measured. So a mistake in this direction costs time, and no wrong verdict.
//
// # Why it can be undone
//
// The runtime and package testing are the most part of the code behind a benchmark. One walk goes
// through them once, and each benchmark adds its own code and takes its steps back. Every change of
// the state puts its inverse into the log, so undoing needs no copy of the maps.
type walk struct {
	old, new *program
	pair     []id // for each symbol of old, the symbol of new
	back     []id // and the other way round
	used     map[id]bool
	methods  []method
	listed   map[id]bool // types whose methods are in the list
	called   map[signature]bool
	names    map[string]bool // methods that are called by name, with any type
	reflects bool
	queue    []id // of old
	lines    bool // line tables count
	cut      map[id]bool
	traces   map[id]bool // functions of the runtime that find the caller's lines
	traced   bool        // code outside of the runtime and package testing calls them
	harmless func(string) bool
	openers  map[id]bool // functions of old that open files
	opens    string      // code that calls one of them
	log      []func()    // takes back what happened since the last mark, last first

	// linked are walks through the whole of each side, with all tests and
	// benchmarks. They are nil in such walks themselves.
	linked [2]*walk
}

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

func (w *walk) logf(f func()) { w.log = append(w.log, f) }

// meet notes that two symbols stand for each other, and queues the pair. It is the only place that
// writes pair and back, so the two are always inverse to each other. Marking a pair before it is
// visited ends the recursion on cycles: a second meeting of the same two is no difference, and the
// content is compared when the queue comes to it.
func (w *walk) meet(a, b id) error {
	if a == 0 && b == 0 {
		return nil
	}
	switch {
	case a == 0 || b == 0:
		return differ("one side has a reference that the other has not")
	case w.pair[a] == b:
		return nil
	case w.pair[a] != 0 || w.back[b] != 0:
		return differ("%s is in the place of another symbol", w.new.describe(b))
	}
	w.pair[a], w.back[b] = b, a
	w.logf(func() { w.pair[a], w.back[b] = 0, 0 })
	w.queue = append(w.queue, a)
	return nil
}

// convert notes that values of a type are converted to an interface. Then its methods can be
// called, and so can the methods of the types that it is made of. The mark may come after the type
// was visited without it. Then the type is queued once more, because only now its methods and the
// types that it is made of count. A type gets the mark once, so a walk visits it twice at most.
func (w *walk) convert(a id) {
	if w.used[a] {
		return
	}
	w.used[a] = true
	w.logf(func() { delete(w.used, a) })
	if w.pair[a] != 0 {
		w.queue = append(w.queue, a) // its references are read anew, with the mark
	}
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
