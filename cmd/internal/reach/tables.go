package reach

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// A table is an aux whose reference is resolved.
type table struct {
	kind byte
	to   id
}

// codeTables returns the tables that the runtime uses while it runs code: sizes of frames, maps of
// pointers, places where a goroutine can be stopped. Tables that tell lines are left out here, and
// added by withLines where they count. Tables for debuggers are not loaded into memory.
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

// sameTables compares what belongs to a pair besides its content. The lines of the
// generated main package never count, because each new test moves them: benchmarks
// run in goroutines of package testing, whose stacks do not begin in main.
//
// Frames and maps of pointers count, although no instruction reads them: the garbage collector and
// the growth of stacks do, and take longer for a larger frame.
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

// withLines adds the tables of lines. They are symbols that objects share by their content, so
// equal tables are mostly one symbol.
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

// fileNames returns a table of files with names instead of numbers. The table is pairs of varints:
// by how much the number changes, and for how many bytes of code it holds. The first number follows
// -1, and a change is stored with its sign in the lowest bit. An encoding that cannot be read is
// kept as it is. Equal bytes then still compare as equal, and unequal ones as a difference, which
// is the safe side.
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

// inlined returns the tree of inlined calls of a function. b begins with a list of files, four
// bytes each. A node of the tree has six numbers: its parent, its file, its line, its function,
// which takes two, and where in the code of the parent it is. A call that was inlined has no frame
// of its own, but runtime.Callers shows one: so the tree decides what a program can see of its
// stack.
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

// No symbol has two, so the first one is it.
func gotype(p *program, tables []aux, to []id) id {
	for i, t := range tables {
		if int64(t.kind) == p.f.numbers["AuxGotype"] {
			return to[i]
		}
	}
	return 0
}
