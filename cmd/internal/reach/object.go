package reach

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"
)

// An object is a file of machine code and data, as the compiler or the assembler
// wrote it into an archive. Its symbols still have their relocations. That is why
// objects are compared and not the linked binary: a linked binary on amd64 has
// no relocations, so addresses in data look like numbers, and a disassembler
// would have to guess where a function ends and a table begins.
//
// Symbols of an object have one numbering: symbols of its package, symbols known by
// their hash (short and long), symbols known by their name only, and last the
// symbols that it refers to by name and does not define.
//
// Nothing is decoded in advance. A binary has some hundred thousand symbols, and a comparison
// visits each once or twice, so decoding on the way costs less than building structs for all.
type object struct {
	f        *format
	pkg      string // import path
	std      bool   // it belongs to the standard library
	b        []byte
	asText   string // the bytes of b
	offsets  []uint32
	packages []string // packages that the object refers to by number
	// numbers of the first symbol of each kind, and the number of all
	hashed64, hashed, named, refs, all int
	// where the table of symbols, the three indexes, and the blocks they point into
	// begin; looked up once, because a walk reads them for each symbol
	symbols, relocIndex, auxIndex, dataIndex, relocBlock, auxBlock, dataBlock int
}

// An archive holds the compiled code of one package. foreign is decided by the members and not by
// the package: a package with cgo has both.
type archive struct {
	path    string
	objects []*object
	foreign bool // it has members that are not written by the Go tools
}

// readArchive reads an archive: "!<arch>\n", then members with headers of 60 bytes. A member that
// holds a Go object begins with a text that ends in "\n!\n". Members begin at even offsets, so an
// odd size is followed by one byte that belongs to none.
func readArchive(f *format, pkg, path string, std bool) (*archive, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	const head, header = "!<arch>\n", 60
	if !bytes.HasPrefix(b, []byte(head)) {
		return nil, fmt.Errorf("%w: %s is no archive", ErrFormat, path)
	}
	a := &archive{path: pkg}
	for rest := b[len(head):]; len(rest) > 0; {
		if len(rest) < header {
			return nil, fmt.Errorf("%w: %s is cut off", ErrFormat, path)
		}
		name := strings.TrimSpace(string(rest[:16]))
		size, err := strconv.Atoi(strings.TrimSpace(string(rest[48:58])))
		if err != nil || size < 0 || header+size > len(rest) {
			return nil, fmt.Errorf("%w: %s is cut off", ErrFormat, path)
		}
		member := rest[header : header+size]
		rest = rest[min(header+size+size%2, len(rest)):]
		if name == "__.PKGDEF" {
			continue // types for the compiler; their code is in the objects
		}
		_, code, isGo := bytes.Cut(member, []byte("\n!\n"))
		if !isGo || !bytes.HasPrefix(member, []byte("go object ")) || !bytes.HasPrefix(code, []byte(magic)) {
			a.foreign = true
			continue
		}
		o, err := newObject(f, pkg, code)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		o.std = std
		a.objects = append(a.objects, o)
	}
	return a, nil
}

// The offsets are checked against the length here. Numbers inside of blocks are not: a wrong one
// makes an index run out of the slice, see recovered.
func newObject(f *format, pkg string, b []byte) (*object, error) {
	// The bytes are never written, so names can share them. A binary has a hundred
	// thousand names, and copies of them took most of the time.
	o := &object{f: f, pkg: pkg, b: b, asText: unsafe.String(unsafe.SliceData(b), len(b))}
	const start = len(magic) + 8 + 4 // after the fingerprint and the flags
	blocks := int(f.numbers["NBlk"])
	if len(b) < start+4*blocks {
		return nil, fmt.Errorf("%w: an object of %s is cut off", ErrFormat, pkg)
	}
	for i := range blocks {
		offset := binary.LittleEndian.Uint32(b[start+4*i:])
		if int64(offset) > int64(len(b)) {
			return nil, fmt.Errorf("%w: an object of %s is cut off", ErrFormat, pkg)
		}
		o.offsets = append(o.offsets, offset)
	}
	for name, at := range map[string]*int{"BlkSymdef": &o.symbols, "BlkRelocIdx": &o.relocIndex,
		"BlkAuxIdx": &o.auxIndex, "BlkDataIdx": &o.dataIndex, "BlkReloc": &o.relocBlock,
		"BlkAux": &o.auxBlock, "BlkData": &o.dataBlock} {
		*at, _ = o.block(name)
	}
	first, size := o.block("BlkPkgIdx")
	for at := first; at < first+size; at += 8 {
		o.packages = append(o.packages, o.text(at))
	}
	count := func(name string) int { _, size := o.block(name); return size / int(sizes["SymSize"]) }
	o.hashed64 = count("BlkSymdef")
	o.hashed = o.hashed64 + count("BlkHashed64def")
	o.named = o.hashed + count("BlkHasheddef")
	o.refs = o.named + count("BlkNonpkgdef")
	o.all = o.refs + count("BlkNonpkgref")
	return o, nil
}

// imports returns the paths of the packages that the linker loads with the object. The fingerprint
// behind each path is for the linker, which refuses objects that were compiled against another
// version; the go command has built these together.
func (o *object) imports() (paths []string) {
	const entry = 8 + 8 // a string, and a fingerprint
	at, size := o.block("BlkAutolib")
	for end := at + size; at < end; at += entry {
		paths = append(paths, o.text(at))
	}
	return paths
}

// block returns where a block begins, and its size. A block ends where the next one begins; the
// last entry of the table stands for the end.
func (o *object) block(name string) (at, size int) {
	i := o.f.numbers[name]
	return int(o.offsets[i]), int(o.offsets[i+1]) - int(o.offsets[i])
}

func (o *object) u32(at int) int { return int(binary.LittleEndian.Uint32(o.b[at:])) }

// text reads a string: its length, and where its bytes are.
func (o *object) text(at int) string {
	length, offset := o.u32(at), o.u32(at+4)
	return o.asText[offset : offset+length]
}

// A symbol is one entry of the table of symbols. It is a view and holds no copies: passing it by
// value costs five words.
type symbol struct {
	o    *object
	i    int
	head []byte
}

func (o *object) symbol(i int) symbol {
	at := o.symbols + i*21 // the five tables follow each other
	return symbol{o, i, o.b[at : at+21]}
}

func (s symbol) name() string {
	return s.o.text(s.o.symbols + s.i*21)
}
func (s symbol) abi() uint16   { return binary.LittleEndian.Uint16(s.head[8:]) }
func (s symbol) kind() byte    { return s.head[10] }
func (s symbol) size() uint32  { return binary.LittleEndian.Uint32(s.head[13:]) }
func (s symbol) align() uint32 { return binary.LittleEndian.Uint32(s.head[17:]) }

// flag and flag2 report whether the symbol has an attribute.
func (s symbol) flag(name string) bool  { return s.head[11]&byte(s.o.f.numbers[name]) != 0 }
func (s symbol) flag2(name string) bool { return s.head[12]&byte(s.o.f.numbers[name]) != 0 }

// span returns the part of a block that belongs to the symbol. index is where the list of the
// beginnings of the parts is, in records of the given size. The list has one entry more than there
// are symbols, so the end of a part is the beginning of the next.
func (s symbol) span(index, start, size int) []byte {
	from, to := s.o.u32(index+4*s.i), s.o.u32(index+4*s.i+4)
	return s.o.b[start+from*size : start+to*size]
}

func (s symbol) data() []byte { return s.span(s.o.dataIndex, s.o.dataBlock, 1) }

// hash returns what identifies the content of a symbol that is known by its hash.
func (s symbol) hash() string {
	name, i, size := "BlkHash64", s.i-s.o.hashed64, 8
	if s.i >= s.o.hashed {
		name, i, size = "BlkHash", s.i-s.o.hashed, 16
	}
	at, _ := s.o.block(name)
	return s.o.asText[at+i*size : at+i*size+size]
}

// A ref is how an object refers to a symbol: the number of a package, or of a
// table, and a number in it. The zero ref is no symbol.
type ref struct{ pkg, sym uint32 }

func refAt(b []byte) ref {
	return ref{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])}
}

// A reloc is a place in a symbol that gets the address of another one, or a mark for the linker.
// rest is compared as bytes, since a change in any of its fields is a difference.
type reloc struct {
	off  int32
	kind uint16
	rest [9]byte // the size of the place, and a number that is added
	to   ref
}

func (s symbol) relocs() []reloc {
	b := s.span(s.o.relocIndex, s.o.relocBlock, 23)
	list := make([]reloc, 0, len(b)/23)
	for ; len(b) > 0; b = b[23:] {
		r := reloc{off: int32(binary.LittleEndian.Uint32(b)), kind: binary.LittleEndian.Uint16(b[5:]),
			to: refAt(b[15:])}
		r.rest[0] = b[4]
		copy(r.rest[1:], b[7:15])
		list = append(list, r)
	}
	return list
}

// add returns the number that is added to the address.
func (r reloc) add() int64 { return int64(binary.LittleEndian.Uint64(r.rest[1:])) }

// An aux is a table that belongs to a symbol, such as the lines of a function.
type aux struct {
	kind byte
	to   ref
}

func (s symbol) aux() []aux {
	b := s.span(s.o.auxIndex, s.o.auxBlock, 9)
	list := make([]aux, 0, len(b)/9)
	for ; len(b) > 0; b = b[9:] {
		list = append(list, aux{b[0], refAt(b[1:])})
	}
	return list
}

// usedRefs returns symbols of other objects that the object converts to an interface. The mark
// stands with the object that converts, because the object that defines the type may have been
// compiled before any package converted it.
func (o *object) usedRefs() (refs []ref) {
	at, size := o.block("BlkRefFlags")
	for b := o.b[at : at+size]; len(b) > 0; b = b[10:] {
		if b[9]&byte(o.f.numbers["SymFlagUsedInIface"]) != 0 {
			refs = append(refs, refAt(b))
		}
	}
	return refs
}
