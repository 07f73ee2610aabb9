package reach

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Reflection gives methods by name or number for exported ones only.
func exported(name string) bool {
	r, _ := utf8.DecodeRuneInString(name)
	return unicode.IsUpper(r)
}

// meetMethods pairs the methods that the walk has found to be callable since the last call of meetMethods. A
// method is callable for one of three reasons: reachable code calls its signature through an
// interface, calls its name by reflection, or looks up methods by names that it computes, and then
// every exported one. The walk may
// find the two conditions of a method, its type in an interface and its call, in either order. So every method
// that is not paired yet is looked at again.
func (w *walk) meetMethods() error {
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
	return nil
}

// convertTarget converts the type that a mark of an interface names: the type itself, or the table of
// methods of a type and an interface, in which the compiler puts the interface first.
func (w *walk) convertTarget(to id) error {
	if !w.old.symbol(to).flag2("SymFlagItab") {
		w.convert(to)
		return nil
	}
	_, parts, _, _, err := w.old.list(to)
	if err != nil || len(parts) < 2 {
		return errors.Join(err, fmt.Errorf("%w: table %s", ErrFormat, w.old.describe(to)))
	}
	w.convert(parts[1]) // the interface, the type, then the methods
	return nil
}

// callByName notes a method that is called by reflection under a constant name.
func (w *walk) callByName(name string) {
	if !w.names[name] {
		w.names[name] = true
		w.logf(func() { delete(w.names, name) })
	}
}

// addMethod notes a method of a type. Its three relocations are its type and its code, for calls
// through interfaces and for direct calls. Its name is in the four bytes before them. Its code is
// kept and not met: it becomes reachable only if something calls the method.
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

// call notes a method that is called through an interface. off is where the method stands in the
// description of the interface: its name, then its type. The signature is read from the old side
// alone. The descriptions of the interface are a pair of their own, so the new side has an equal
// one.
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
