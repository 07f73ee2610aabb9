package reach

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A difference is an error: the first difference that a walk found.
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

// A signature is how an interface finds a method: name and type.
type signature struct {
	name string
	typ  id
}

// A method of a type that is converted to an interface: its type, and the two
// forms of its code.
type method struct {
	signature
	to   [2][3]id
	done bool
}

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
// benchmarks share serves them all.
func (w *walk) undo(n int) {
	for len(w.log) > n {
		last := len(w.log) - 1
		w.log[last]()
		w.log = w.log[:last]
	}
	w.queue = w.queue[:0]
}

func (w *walk) logf(f func()) { w.log = append(w.log, f) }

// meet notes that two symbols stand for each other, and queues the pair.
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

// convert notes that values of a type are converted to an interface. Then its
// methods can be called, and so can the methods of the types that it is made of.
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

// run visits everything that is queued, and the methods that become reachable by
// that, until nothing is left.
func (w *walk) run() error {
	for {
		for len(w.queue) > 0 {
			a := w.queue[len(w.queue)-1]
			w.queue = w.queue[:len(w.queue)-1]
			if err := w.visit(a, w.pair[a]); err != nil {
				return err
			}
		}
		for i := range w.methods {
			m := &w.methods[i]
			if m.done || !w.called[m.signature] && !w.names[m.name] && !(w.reflects && exported(m.name)) {
				continue
			}
			m.done = true
			w.logf(func() { w.methods[i].done = false })
			for k := range m.to[0] {
				if err := w.meet(m.to[0][k], m.to[1][k]); err != nil {
					return fmt.Errorf("method %s: %w", m.name, err)
				}
			}
		}
		if len(w.queue) == 0 {
			return nil
		}
	}
}

func exported(name string) bool {
	r, _ := utf8.DecodeRuneInString(name)
	return unicode.IsUpper(r)
}

// visit compares one pair, and queues the pairs that it refers to.
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

// sameHead compares the content and the attributes of two symbols. Alignment is
// among them. Places that get addresses hold zeros in objects.
func (w *walk) sameHead(sa, sb symbol) error {
	// Whether other objects may define the symbol too does not change its code.
	mask := ^byte(w.old.f.numbers["SymFlagDupok"])
	mask2 := ^byte(w.old.f.numbers["SymFlagUsedInIface"] | w.old.f.numbers["SymFlagLinkname"])
	if sa.kind() != sb.kind() || sa.size() != sb.size() || sa.align() != sb.align() ||
		sa.head[11]&mask != sb.head[11]&mask || sa.head[12]&mask2 != sb.head[12]&mask2 ||
		(sa.o != sb.o || sa.i != sb.i) && !bytes.Equal(sa.data(), sb.data()) {
		return differ("%s of %s differs", sb.name(), sb.o.pkg)
	}
	name := sa.name()
	if (w.lines && isText(sa) || strings.HasSuffix(name, "..inittask")) && name != sb.name() {
		return differ("%s was %s", sb.name(), name)
	}
	return nil
}

// A table is an aux whose reference is resolved.
type table struct {
	kind byte
	to   id
}

// codeTables returns the tables that the runtime uses while it runs code: sizes
// of frames, maps of pointers, places where a goroutine can be stopped.
func (p *program) codeTables(tables []aux, to []id) (kept []table) {
	n := p.f.numbers
	for i, t := range tables {
		switch int64(t.kind) {
		case n["AuxDwarfInfo"], n["AuxDwarfLoc"], n["AuxDwarfRanges"], n["AuxDwarfLines"], n["AuxPcfile"],
			n["AuxPcline"], n["AuxPcinline"], n["AuxFuncInfo"], n["AuxGotype"]:
		default:
			kept = append(kept, table{t.kind, to[i]})
		}
	}
	return kept
}

// follow compares the relocations of a pair, and queues their targets.
func (w *walk) follow(a, b id, relocsA, relocsB []reloc, toA, toB []id) error {
	n := w.old.f.numbers
	keep := func(list []reloc, to []id) (kept []reloc, keptTo []id) {
		for i, r := range list {
			if int64(r.kind) != n["R_USETYPE"] { // for debuggers only
				kept, keptTo = append(kept, r), append(keptTo, to[i])
			}
		}
		return kept, keptTo
	}
	relocsA, toA = keep(relocsA, toA)
	relocsB, toB = keep(relocsB, toB)
	if len(relocsA) != len(relocsB) {
		return differ("%s refers to other symbols", w.new.describe(b))
	}
	isType := w.old.symbol(a).flag("SymFlagGoType")
	listed := w.listed[a]
	if isType && w.used[a] && !listed {
		w.listed[a] = true
		w.logf(func() { delete(w.listed, a) })
	}
	outside := !exempt(w.old.symbol(a).o.pkg)
	for i := 0; i < len(relocsA); i++ {
		r, other := relocsA[i], relocsB[i]
		if r.off != other.off || r.kind != other.kind || r.rest != other.rest {
			return differ("%s refers to other symbols", w.new.describe(b))
		}
		ta, tb := toA[i], toB[i]
		if outside && w.traces[ta] && !w.traced {
			w.traced = true
			w.logf(func() { w.traced = false })
		}
		if w.opens == "" && w.mayOpen(a, ta) {
			w.opens = w.old.describe(a) + " uses " + w.old.describe(ta)
			w.logf(func() { w.opens = "" })
		}
		if int64(int16(r.kind)) < 0 { // R_WEAK is the highest bit
			strong, err := w.strong(ta, tb)
			if err != nil {
				return fmt.Errorf("%s: %w", w.new.describe(b), err)
			}
			if !strong {
				continue
			}
		}
		switch int64(r.kind) {
		case n["R_METHODOFF"]:
			if i+2 >= len(relocsA) {
				return fmt.Errorf("%w: methods of %s", ErrFormat, w.old.describe(a))
			}
			if w.used[a] && !listed {
				if err := w.addMethod(r.off, relocsA, toA[i:i+3], toB[i:i+3], toA); err != nil {
					return err
				}
			}
			i += 2
			continue
		case n["R_USEIFACE"]:
			if w.old.symbol(ta).flag2("SymFlagItab") {
				_, parts, _, _, err := w.old.list(ta)
				if err != nil || len(parts) < 2 {
					return errors.Join(err, fmt.Errorf("%w: table %s", ErrFormat, w.old.describe(ta)))
				}
				w.convert(parts[1]) // the interface, the type, then the methods
			} else {
				w.convert(ta)
			}
		case n["R_USEIFACEMETHOD"]:
			if err := w.call(ta, r.add()); err != nil {
				return err
			}
		case n["R_USENAMEDMETHOD"]:
			name := string(w.old.symbol(ta).data())
			if !w.names[name] {
				w.names[name] = true
				w.logf(func() { delete(w.names, name) })
			}
		default:
			if isType && w.used[a] && ta != 0 && w.old.defined(ta) && w.old.symbol(ta).flag("SymFlagGoType") {
				w.convert(ta)
			}
		}
		if err := w.meet(ta, tb); err != nil {
			return fmt.Errorf("%s: %w", w.new.describe(b), err)
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

// addMethod notes a method of a type. Its three relocations are its type and its
// code, for calls through interfaces and for direct calls. Its name is in the
// four bytes before them.
func (w *walk) addMethod(off int32, relocs []reloc, to, toNew, all []id) error {
	name, err := w.nameAt(relocs, all, off-4)
	if err != nil {
		return err
	}
	w.convert(to[0])
	if err := w.meet(to[0], toNew[0]); err != nil {
		return fmt.Errorf("type of method %s: %w", name, err)
	}
	m := method{signature: signature{name, to[0]}}
	copy(m.to[0][:], to)
	copy(m.to[1][:], toNew)
	w.methods = append(w.methods, m)
	w.logf(func() { w.methods = w.methods[:len(w.methods)-1] })
	return nil
}

// call notes a method that is called through an interface. off is where the
// method stands in the description of the interface: its name, then its type.
func (w *walk) call(a id, off int64) error {
	relocs, to, _, _, err := w.old.list(a)
	if err != nil {
		return err
	}
	name, err := w.nameAt(relocs, to, int32(off))
	if err != nil {
		return err
	}
	for i, r := range relocs {
		if r.off == int32(off)+4 {
			sig := signature{name, to[i]}
			if !w.called[sig] {
				w.called[sig] = true
				w.logf(func() { delete(w.called, sig) })
			}
			return nil
		}
	}
	return fmt.Errorf("%w: no method of %s at %d", ErrFormat, w.old.describe(a), off)
}

// nameAt reads the name that a description refers to at some place. A name is
// one byte of flags, its length as a varint, and its bytes.
func (w *walk) nameAt(relocs []reloc, to []id, off int32) (string, error) {
	for i, r := range relocs {
		if r.off != off || to[i] == 0 || !w.old.defined(to[i]) {
			continue
		}
		b := w.old.symbol(to[i]).data()
		length, at := 0, 1
		for shift := 0; at < len(b); at, shift = at+1, shift+7 {
			length |= int(b[at]&0x7f) << shift
			if b[at]&0x80 == 0 {
				break
			}
		}
		if at++; at+length <= len(b) {
			return string(b[at : at+length]), nil
		}
	}
	return "", fmt.Errorf("%w: a method has no name", ErrFormat)
}

// sameTables compares what belongs to a pair besides its content. The lines of the
// generated main package never count, because each new test moves them: benchmarks
// run in goroutines of package testing, whose stacks do not begin in main.
func (w *walk) sameTables(a, b id, tablesA, tablesB []aux, toA, toB []id) error {
	sa, sb := w.old.symbol(a), w.new.symbol(b)
	keptA, keptB := w.old.codeTables(tablesA, toA), w.new.codeTables(tablesB, toB)
	lines := w.lines && sa.o.pkg != "main"
	if lines {
		keptA, keptB = withLines(w.old, keptA, tablesA, toA), withLines(w.new, keptB, tablesB, toB)
	}
	if len(keptA) != len(keptB) {
		return differ("%s of %s has other tables", sb.name(), sb.o.pkg)
	}
	for i, t := range keptA {
		if t.kind != keptB[i].kind {
			return differ("%s of %s has other tables", sb.name(), sb.o.pkg)
		}
		if err := w.meet(t.to, keptB[i].to); err != nil {
			return fmt.Errorf("tables of %s: %w", sb.name(), err)
		}
	}
	infoA, infoB := info(w.old, a, tablesA, toA, lines), info(w.new, b, tablesB, toB, lines)
	if !bytes.Equal(infoA, infoB) {
		return differ("the frame or a line of %s of %s differs", sb.name(), sb.o.pkg)
	}
	// The garbage collector finds pointers in a variable by its type.
	typeA, typeB := gotype(w.old, tablesA, toA), gotype(w.new, tablesB, toB)
	if (typeA == 0) != (typeB == 0) {
		return differ("the type of %s of %s differs", sb.name(), sb.o.pkg)
	}
	if err := w.meet(typeA, typeB); err != nil {
		return fmt.Errorf("type of %s: %w", sb.name(), err)
	}
	return nil
}

// withLines adds the tables of lines.
func withLines(p *program, kept []table, tables []aux, to []id) []table {
	n := p.f.numbers
	for i, t := range tables {
		switch int64(t.kind) {
		case n["AuxPcline"], n["AuxPcinline"]:
			kept = append(kept, table{t.kind, to[i]})
		}
	}
	return kept
}

// info returns what counts of the description of a function: the sizes of its
// arguments and its frame, and its kind, which the runtime knows. If lines count,
// also its first line, its files, and the functions that are inlined into it. An
// object numbers its files and functions, so their names stand here instead. The
// numbers belong to the object of the function: objects share equal tables.
func info(p *program, of id, tables []aux, to []id, lines bool) (text []byte) {
	const frame, line, files = 12, 16, 20
	n := p.f.numbers
	for i, t := range tables {
		if to[i] == 0 || !p.defined(to[i]) {
			continue
		}
		b := p.symbol(to[i]).data()
		switch int64(t.kind) {
		case n["AuxFuncInfo"]:
			text = append(text, b[:min(frame, len(b))]...)
			if lines && len(b) >= files {
				text = append(text, b[frame:line]...)
				text = append(text, inlined(p, of, b[line:])...)
			}
		case n["AuxPcfile"]:
			if lines {
				text = append(text, fileNames(p.symbol(of).o, b)...)
			}
		}
	}
	return text
}

// fileNames returns a table of files with names instead of numbers. The table is
// pairs of varints: by how much the number changes, and for how many bytes of code
// it holds. The first number follows -1, and a change is stored with its sign in
// the lowest bit.
func fileNames(o *object, b []byte) (text []byte) {
	at, _ := o.block("BlkFile")
	for number := int64(-1); len(b) > 0; {
		change, size := binary.Varint(b)
		if size <= 0 {
			return append(text, b...)
		}
		b = b[size:]
		length, size := binary.Uvarint(b)
		if size <= 0 {
			return append(text, b...)
		}
		b = b[size:]
		if number += change; number >= 0 {
			text = append(text, o.text(at+8*int(number))...)
		}
		text = binary.AppendUvarint(text, length)
	}
	return text
}

// inlined returns the tree of inlined calls of a function. b begins with a list of
// files, four bytes each. A node of the tree has six numbers: its parent, its file,
// its line, its function, which takes two, and where in the code of the parent it
// is.
func inlined(p *program, of id, b []byte) (text []byte) {
	const node, file, line, function, end = 24, 4, 8, 12, 20
	k := int(p.owner[of])
	o := p.objects[k]
	names, _ := o.block("BlkFile")
	count := int(binary.LittleEndian.Uint32(b))
	if len(b) < 8+4*count {
		return nil
	}
	for b = b[8+4*count:]; len(b) >= node; b = b[node:] {
		text = append(text, b[:file]...)
		text = append(text, o.text(names+8*int(binary.LittleEndian.Uint32(b[file:])))...)
		text = append(text, b[line:function]...)
		if n, err := p.resolve(k, refAt(b[function:])); err == nil && n != 0 {
			text = append(text, p.symbol(n).name()...)
		}
		text = append(text, b[end:node]...)
	}
	return text
}

func gotype(p *program, tables []aux, to []id) id {
	for i, t := range tables {
		if int64(t.kind) == p.f.numbers["AuxGotype"] {
			return to[i]
		}
	}
	return 0
}

// tracing are functions of the runtime that tell lines, files or names of code.
var tracing = []string{"runtime.Caller", "runtime.Callers", "runtime.callers", "runtime.CallersFrames",
	"runtime.FuncForPC", "runtime.(*Frames).Next", "runtime.(*Func).FileLine", "runtime.(*Func).Name",
	"runtime.Stack", "runtime.findfunc", "runtime.funcline1", "runtime.funcname"}

// exempt reports whether calls of these functions by a package do not count. The
// runtime tells lines when a program dies; package testing tells the line of a
// failure or of b.Log; package reflect names a method in the text of a panic;
// os/exec prints a stack if GODEBUG asks for it; and profiles are not written while
// a benchmark is gated.
func exempt(pkg string) bool {
	return pkg == "runtime" || pkg == "testing" || pkg == "reflect" || pkg == "os/exec" || strings.HasPrefix(pkg, "runtime/") ||
		strings.HasPrefix(pkg, "internal/")
}
