package reach

import (
	"fmt"
	"slices"
	"strings"
)

// follow compares the relocations of a pair, and queues their targets.
func (w *walk) follow(a, b id, relocsA, relocsB []reloc, toA, toB []id) error {
	relocsA, toA = w.linkedOnly(relocsA, toA)
	relocsB, toB = w.linkedOnly(relocsB, toB)
	w.old.sortInits(relocsA, toA)
	w.new.sortInits(relocsB, toB)
	if len(relocsA) != len(relocsB) {
		return differ("%s refers to other symbols", w.new.describe(b))
	}
	isType := w.old.symbol(a).flag("SymFlagGoType")
	listed := w.listMethods(a, isType)
	outside := !exempt(w.old.symbol(a).o)
	for i := 0; i < len(relocsA); i++ {
		r, other := relocsA[i], relocsB[i]
		// Equal places and kinds matter as much as equal targets: two calls whose targets changed
		// places would have the same set of references.
		if r.off != other.off || r.kind != other.kind || r.rest != other.rest {
			return differ("%s refers to other symbols", w.new.describe(b))
		}
		ta, tb := toA[i], toB[i]
		w.noteUse(a, ta, outside)
		if int64(int16(r.kind)) < 0 { // R_WEAK is the highest bit
			strong, err := w.strong(ta, tb)
			if err != nil {
				return fmt.Errorf("%s: %w", w.new.describe(b), err)
			}
			if !strong {
				continue
			}
		}
		if int64(r.kind) == w.old.f.numbers["R_METHODOFF"] {
			if i+2 >= len(relocsA) {
				return fmt.Errorf("%w: methods of %s", ErrFormat, w.old.describe(a))
			}
			if w.used[a] && !listed {
				if err := w.addMethod(r.off, relocsA, toA[i:i+3], toB[i:i+3], toA); err != nil {
					return err
				}
			}
			i += 2 // the code of a method counts only if it is callable
			continue
		}
		if err := w.mark(a, r, ta, isType); err != nil {
			return err
		}
		if err := w.meet(ta, tb); err != nil {
			return fmt.Errorf("%s: %w", w.new.describe(b), err)
		}
	}
	return nil
}

// linkedOnly leaves out relocations that exist for debuggers only: they keep the description of a type
// in the debug information, and no code reads it.
func (w *walk) linkedOnly(list []reloc, to []id) (kept []reloc, keptTo []id) {
	for i, r := range list {
		if int64(r.kind) != w.old.f.numbers["R_USETYPE"] {
			kept, keptTo = append(kept, r), append(keptTo, to[i])
		}
	}
	return kept, keptTo
}

// sortInits sorts the init tasks that an init task waits for, by their names. The compiler writes them in the order of
// the imports in all files, so a new test may change it. The linker orders all packages anew: of the packages whose
// imports are ready it takes the one with the first name. It looks at no place. The slices come from linkedOnly, so
// no other code has them.
func (p *program) sortInits(list []reloc, to []id) {
	var places []int
	for i, r := range list {
		if int64(r.kind) == p.f.numbers["R_INITORDER"] && to[i] != 0 {
			places = append(places, i)
		}
	}
	if len(places) < 2 {
		return // of most symbols
	}
	sorted := slices.Clone(places)
	slices.SortStableFunc(sorted, func(i, j int) int {
		return strings.Compare(p.symbol(to[i]).name(), p.symbol(to[j]).name())
	})
	relocs, targets := slices.Clone(list), slices.Clone(to)
	for k, place := range places {
		list[place], to[place] = relocs[sorted[k]], targets[sorted[k]]
	}
}

// listMethods notes that the methods of a used type are in the list from now on, and reports whether
// they were there. A type is visited again when it becomes used, and its methods must not be listed
// twice.
func (w *walk) listMethods(a id, isType bool) (listed bool) {
	listed = w.listed[a]
	if isType && w.used[a] && !listed {
		w.listed[a] = true
		w.logf(func() { delete(w.listed, a) })
	}
	return listed
}

// noteUse notes that reachable code refers to a function which tells lines of code or opens files. For
// files the first such reference is kept, as a reason to show.
func (w *walk) noteUse(a, to id, outside bool) {
	if outside && w.traces[to] && !w.traced {
		w.traced = true
		w.logf(func() { w.traced = false })
	}
	if w.opens == "" && w.mayOpen(a, to) {
		w.opens = w.old.describe(a) + " uses " + w.old.describe(to)
		w.logf(func() { w.opens = "" })
	}
}

// mark notes what a relocation says beside its target: which type becomes a value of an interface, and
// which method is called. The compiler writes these marks for the linker, which drops the methods
// that no mark keeps. The types that a used type is made of are used as well, because reflection
// comes from one to the other.
func (w *walk) mark(a id, r reloc, to id, isType bool) error {
	n := w.old.f.numbers
	switch int64(r.kind) {
	case n["R_USEIFACE"]:
		return w.convertTarget(to)
	case n["R_USEIFACEMETHOD"]:
		return w.call(to, r.add())
	case n["R_USENAMEDMETHOD"]:
		w.callByName(string(w.old.symbol(to).data()))
	default:
		if isType && w.used[a] && to != 0 && w.old.defined(to) && w.old.symbol(to).flag("SymFlagGoType") {
			w.convert(to)
		}
	}
	return nil
}

// strong reports whether a weak reference has its target in the binary. A weak
// reference makes nothing reachable: the linker writes a zero there if nothing
// else does. Pointers to the type *T in the description of T are such, and calls
// of the init functions of maps. So a test can give a benchmark the target, and
// the whole of both sides has to agree.
func (w *walk) strong(a, b id) (bool, error) {
	if w.linked[0] == nil || a == 0 || b == 0 {
		return false, nil // a walk through everything meets the target elsewhere, or never
	}
	inOld, inNew := w.linked[0].pair[a] != 0, w.linked[1].pair[b] != 0
	if inOld != inNew {
		return false, differ("the binary of one side lacks %s", w.new.describe(b))
	}
	return inOld, nil
}

// exempt reports whether calls of these functions by a package do not count: by a package of the standard
// library other than log/slog, whose handlers may write lines. The runtime tells lines when a program dies;
// package testing tells the line of a failure or of b.Log; package reflect names a method in the text of a
// panic; os/exec prints a stack if GODEBUG asks for it; net/http prints one when a handler panics, and the
// line of a second WriteHeader; and profiles are not written while a benchmark is gated. For these the answer
// would always be "traced", as every binary has them, and no benchmark of a server could be found equal after
// a line was added anywhere.
func exempt(o *object) bool {
	return o.std && o.pkg != "log/slog"
}

// tracing are functions that tell lines, files or names of code: of the runtime, and those by which code can have
// package log write lines. The flags of the log that every program has do not ask for them.
var tracing = []string{"runtime.Caller", "runtime.Callers", "runtime.callers", "runtime.CallersFrames",
	"runtime.FuncForPC", "runtime.(*Frames).Next", "runtime.(*Func).FileLine", "runtime.(*Func).Name",
	"runtime.Stack", "runtime.findfunc", "runtime.funcline1", "runtime.funcname", "runtime/debug.Stack",
	"runtime/debug.PrintStack", "log.SetFlags", "log.(*Logger).SetFlags", "log.New"}
