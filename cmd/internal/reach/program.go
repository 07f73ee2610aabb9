package reach

import (
	"errors"
	"fmt"
	"strings"
)

// ErrForeign says that a program has code which is not in Go objects, such as C.
var ErrForeign = errors.New("code that the Go tools did not compile")

// A program is the symbols of all archives that are linked into one binary. It
// resolves names as the linker does, without placing anything.
//
// Symbols have one numbering over all objects, in the order of loading. So a set of symbols is a
// slice or a map of small integers, and the number tells the object by a table.
type program struct {
	f       *format
	objects []*object
	base    []int32           // number of the first symbol of each object
	byPath  map[string]int    // the first object of a package
	named   map[symbolName]id // symbols that can be referred to by name
	target  []id              // for each symbol, the symbol that stands for it
	owner   []int32           // for each symbol, its object
	more    map[id][]id       // further definitions of a name, in the order of loading
	used    map[id]bool       // types that an object converts to an interface
}

// A content identifies symbols without names. The size is part of
// it, because the short hash is the content without zeros at its end.
type content struct {
	hash        string
	size, align uint32
	kind        byte
}

// An id is the number of a symbol in a program. 0 is no symbol. Numbers begin at 1, so the zero
// value of a table means that nothing is there.
type id int32

// link resolves the symbols of archives, main first. The
// linker takes the first of several definitions with one name, in the order of
// loadOrder, apart from what chooseDefinitions says.
//
// The order of the steps is the linker's. Definitions of packages are entered before the ones that
// any object may repeat, and references are resolved when all definitions are known: a reference
// may come before its definition.
func link(f *format, archives []*archive) (*program, error) {
	archives, err := loadOrder(archives)
	if err != nil {
		return nil, err
	}
	p := &program{f: f, byPath: map[string]int{}, more: map[id][]id{},
		used: map[id]bool{}}
	next := int32(1)
	for _, a := range archives {
		for _, o := range a.objects {
			// Objects name packages with escaped dots in the last element.
			if path := escaped(o.pkg); !has(p.byPath, path) {
				p.byPath[path] = len(p.objects) // the compiler's object comes before the assembler's
			}
			p.objects, p.base = append(p.objects, o), append(p.base, next)
			next += int32(o.all)
		}
	}
	p.named = make(map[symbolName]id, next/4)
	p.target, p.owner = make([]id, next), make([]int32, next)
	// The linker takes the symbols of packages first, then the others.
	for k := range p.objects {
		p.define(k, 0, p.objects[k].hashed64)
	}
	hashes := make(map[content]id, next/4)
	for k, o := range p.objects {
		p.defineHashed(k, hashes)
		p.define(k, o.named, o.refs)
	}
	p.chooseDefinitions()
	for k, o := range p.objects {
		p.refer(k, o)
	}
	for k, o := range p.objects {
		for i := range o.refs {
			if o.symbol(i).flag2("SymFlagUsedInIface") {
				p.used[p.target[p.number(k, i)]] = true
			}
		}
		for _, r := range o.usedRefs() {
			to, err := p.resolve(k, r)
			if err != nil {
				return nil, err
			}
			p.used[to] = true
		}
	}
	return p, nil
}

// loadOrder returns archives in the order in which the linker loads them: main, then what it
// imports, and so on; then what only the linker asks for, such as the runtime of -race. The order
// decides which of several definitions of one name counts, so it is part of the result and not a
// matter of taste. It is breadth first, by the imports as the objects list them.
func loadOrder(archives []*archive) (order []*archive, err error) {
	byPath := map[string]*archive{}
	for _, a := range archives {
		byPath[a.path] = a
		byPath[escaped(a.path)] = a
	}
	seen := map[*archive]bool{}
	add := func(path string) error {
		a := byPath[path]
		if a == nil {
			return fmt.Errorf("%w: %s is imported and not linked", ErrFormat, path)
		}
		if !seen[a] {
			seen[a] = true
			order = append(order, a)
		}
		return nil
	}
	next := 0
	imports := func() error {
		for ; next < len(order); next++ {
			for _, o := range order[next].objects {
				for _, path := range o.imports() {
					if err := add(path); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	err = errors.Join(add(archives[0].path), imports())
	for _, path := range []string{"runtime/race", "runtime/msan", "runtime/asan", "runtime"} {
		if byPath[path] != nil {
			err = errors.Join(err, add(path))
		}
	}
	return order, errors.Join(err, imports())
}

func has[K comparable, V any](m map[K]V, k K) bool { _, ok := m[k]; return ok }

// escaped returns an import path as the compiler writes it into objects: as in objabi.PathToPrefix,
// with %xx for dots in the last element, for quotes, percent signs, blanks and bytes that are not
// ASCII. Both spellings are entered, since the go command writes paths as they are.
func escaped(path string) string {
	var b strings.Builder
	last := strings.LastIndexByte(path, '/')
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || c == '.' && i > last || c == '%' || c == '"' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (p *program) number(object, i int) id { return id(p.base[object] + int32(i)) }

// define adds symbols with names. Static symbols cannot be found by name. A later definition is
// kept in more and not decided here: a definition that comes later still may win.
func (p *program) define(k, from, to int) {
	static := uint16(p.f.numbers["SymABIstatic"])
	o := p.objects[k]
	for i := from; i < to; i++ {
		n := p.number(k, i)
		p.target[n], p.owner[n] = n, int32(k)
		s := o.symbol(i)
		key := symbolName{s.name(), s.abi()}
		if key.abi == static || key.name == "" {
			continue
		}
		if first, ok := p.named[key]; ok {
			p.target[n] = first
			p.more[first] = append(p.more[first], n)
		} else {
			p.named[key] = n
		}
	}
}

// defineHashed adds symbols that are known by the hash of their content. Symbols
// of one content are one symbol in the binary.
func (p *program) defineHashed(k int, hashes map[content]id) {
	o := p.objects[k]
	for i := o.hashed64; i < o.named; i++ {
		n := p.number(k, i)
		p.target[n], p.owner[n] = n, int32(k)
		s := o.symbol(i)
		key := content{s.hash(), s.size(), s.align(), s.kind()}
		if first, ok := hashes[key]; ok {
			p.target[n] = first
		} else {
			hashes[key] = n
		}
	}
}

// chooseDefinitions finds the definition that counts where several objects define a name, by the
// rules of the linker. Instantiations of generics and descriptions of types are in each object that
// uses them; the first wins, unless a later one is larger. A variable without content may be a
// reference by //go:linkname to a variable of another package; then the definition with content
// wins. A map's order is harmless here, because each name is decided by itself.
func (p *program) chooseDefinitions() {
	for first, more := range p.more {
		winner := first
		for _, n := range more {
			if p.wins(p.symbol(n), p.symbol(winner)) {
				winner = n
			}
		}
		for _, n := range append(more, first) {
			p.target[n] = winner
		}
		s := p.symbol(first)
		p.named[symbolName{s.name(), s.abi()}] = winner
	}
}

// isText reports whether a symbol is machine code.
func isText(s symbol) bool {
	kind := int64(s.kind())
	return kind == s.o.f.numbers["STEXT"] || kind == s.o.f.numbers["STEXTFIPS"]
}

// wins reports whether a definition replaces another that was loaded before it.
func (p *program) wins(s, before symbol) bool {
	empty := func(s symbol) bool { return !isText(s) && len(s.data()) == 0 }
	switch {
	case s.flag("SymFlagDupok"):
		return s.size() > before.size()
	case before.flag("SymFlagDupok") || !empty(before):
		return false
	case empty(s):
		return s.size() > before.size()
	}
	return true
}

// refer finds the symbols that an object names and does not define. The linker
// makes some symbols itself, such as the tables of all types; these stay without
// a definition, and are known by their name. Code may refer to a function in the
// calling convention that has no definition; then the linker takes the other.
func (p *program) refer(k int, o *object) {
	for i := o.refs; i < o.all; i++ {
		n := p.number(k, i)
		p.target[n], p.owner[n] = n, int32(k)
		s := o.symbol(i)
		key := symbolName{s.name(), s.abi()}
		if to, ok := p.named[key]; ok {
			p.target[n] = to
			continue
		}
		if key.abi <= 1 {
			if to, ok := p.named[symbolName{key.name, 1 - key.abi}]; ok && p.defined(to) {
				p.target[n] = to
				continue
			}
		}
		p.named[key] = n
	}
}

// resolve finds the symbol that a reference in an object is to. Each table of an object has its own
// numbering from 0, and the number of the package in a reference says which table is meant. All
// other numbers are packages of the object's own list.
func (p *program) resolve(k int, r ref) (id, error) {
	o, n := p.objects[k], p.f.numbers
	limit, i := o.hashed64, int(r.sym)
	switch int64(r.pkg) {
	case 0:
		return 0, nil
	case n["PkgIdxSelf"]:
	case n["PkgIdxHashed64"]:
		i, limit = i+o.hashed64, o.hashed
	case n["PkgIdxHashed"]:
		i, limit = i+o.hashed, o.named
	case n["PkgIdxNone"]:
		i, limit = i+o.named, o.all
	case n["PkgIdxBuiltin"]:
		if i >= len(p.f.builtins) {
			return 0, fmt.Errorf("%w: no builtin function %d", ErrFormat, i)
		}
		return p.named[p.f.builtins[i]], nil
	default:
		if int(r.pkg) >= len(o.packages) {
			return 0, fmt.Errorf("%w: no package %d in %s", ErrFormat, r.pkg, o.pkg)
		}
		other, ok := p.byPath[o.packages[r.pkg]]
		if !ok {
			return 0, fmt.Errorf("%w: %s refers to %s, which is not linked", ErrFormat, o.pkg, o.packages[r.pkg])
		}
		k, limit = other, p.objects[other].hashed64
	}
	if i >= limit {
		return 0, fmt.Errorf("%w: %s refers to symbol %d of %d", ErrFormat, o.pkg, i, limit)
	}
	return p.target[p.number(k, i)], nil
}

func (p *program) symbol(n id) symbol {
	k := p.owner[n]
	return p.objects[k].symbol(int(int32(n) - p.base[k]))
}

// defined reports whether an object defines the symbol. References come last in the numbering of an
// object, so a comparison with their first number decides.
func (p *program) defined(n id) bool {
	k := p.owner[n]
	return int(int32(n)-p.base[k]) < p.objects[k].refs
}

// lookup finds a symbol by its name, in either calling convention.
func (p *program) lookup(name string) (found []id) {
	for abi := range uint16(2) {
		if n, ok := p.named[symbolName{name, abi}]; ok && p.defined(n) {
			found = append(found, n)
		}
	}
	return found
}

// list returns the targets of the relocations of a symbol, and its tables.
func (p *program) list(n id) (relocs []reloc, to []id, tables []aux, tableIDs []id, err error) {
	s, k := p.symbol(n), int(p.owner[n])
	relocs, tables = s.relocs(), s.aux()
	for _, r := range relocs {
		target, err := p.resolve(k, r.to)
		if err != nil {
			return nil, nil, nil, nil, err
		}
		to = append(to, target)
	}
	for _, a := range tables {
		target, err := p.resolve(k, a.to)
		if err != nil {
			return nil, nil, nil, nil, err
		}
		tableIDs = append(tableIDs, target)
	}
	return relocs, to, tables, tableIDs, nil
}

// describe names a symbol for a reader. It is for people, and never compared.
func (p *program) describe(n id) string {
	s := p.symbol(n)
	name := s.name()
	if name == "" {
		name = "data without a name"
	}
	return strings.TrimPrefix(name, "go:") + " of " + s.o.pkg
}
