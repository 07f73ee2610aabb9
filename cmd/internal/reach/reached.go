package reach

import "fmt"

// This file is the state of a walk: what it has reached, and what it waits to visit. All changes of the state go
// through meet, convert and logf, so that each has its inverse in the log. walk.go visits, and follow.go, methods.go
// and tables.go say what a visit reaches; none of them writes the maps of pairs.

// A difference is an error: the first difference that a walk found. It has a type of its own
// because it is an answer: any other error means that nothing could be told.
type difference struct{ what string }

func (d *difference) Error() string { return d.what }

// differ returns a difference with this text.
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

// logf puts the inverse of a change into the log. The caller makes the change itself, before or after.
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

// A signature is how an interface finds a method: name and type. The type is a number of the old
// side. The new side has the same signature by the pair of that type.
type signature struct {
	name string
	typ  id
}

// A method of a type that is converted to an interface: its type, and the two forms of its code.
// Two forms, because a call through an interface passes a pointer, and a direct call may pass the
// value.
type method struct {
	signature
	to   [2][3]id
	done bool
}
