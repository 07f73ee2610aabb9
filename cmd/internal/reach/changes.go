package reach

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
)

// A Change is a function, or a variable, of which a benchmark reaches another form on the new side.
type Change struct {
	Name     string // with the import path of its package
	Old, New int    // bytes; 0 if the benchmark does not reach it on that side
	Data     bool   // a variable, whose content differs
}

// Changes returns the functions that a benchmark can reach on either side and whose machine code differs,
// and the variables whose content differs, those first whose size changed most. It explains a difference
// and decides nothing.
//
// [Comparison.Difference] walks both sides as one and stops at the first difference, since what comes after
// it may have no counterpart. Changes walks each side alone, and pairs by name what both walks have met. So a
// closure that the compiler numbers anew is in the list although its code is the same, and so is a caller
// into which a function that changed was inlined.
func (c *Comparison) Changes(name string) (list []Change, err error) {
	defer recovered(&err)
	pair := c.benchmarks[name]
	if pair[0] == 0 || pair[1] == 0 {
		return nil, errors.New("one side lacks it")
	}
	var met [2]map[symbolName]id
	for i := range met {
		if met[i], err = c.metAlone(i, pair[i]); err != nil {
			return nil, err
		}
	}
	old, new := c.old.p, c.new.p
	for key, a := range met[0] {
		b, both := met[1][key]
		switch {
		case !both && isText(old.symbol(a)):
			list = append(list, Change{Name: plain(key.name), Old: int(old.symbol(a).size())})
		case both && !sameAlone(old, new, a, b, deepest):
			list = append(list, Change{plain(key.name), int(old.symbol(a).size()), int(new.symbol(b).size()),
				!isText(new.symbol(b))})
		}
	}
	for key, b := range met[1] {
		if _, both := met[0][key]; !both && isText(new.symbol(b)) {
			list = append(list, Change{Name: plain(key.name), New: int(new.symbol(b).size())})
		}
	}
	slices.SortFunc(list, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.grown(), a.grown()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Old, b.Old))
	})
	return list, nil
}

// grown returns by how many bytes the size changed.
func (c Change) grown() int { return max(c.New-c.Old, c.Old-c.New) }

// plain undoes the escapes of the compiler: objects write the dots in the last element of an import path as %2e.
func plain(name string) string { return strings.ReplaceAll(name, "%2e", ".") }

// metAlone returns the functions and variables outside of the standard library that a benchmark reaches on one
// side, by name. The two calling conventions of a function count as two. The standard library is the same on
// both sides. What every benchmark of the side reaches is walked once.
func (c *Comparison) metAlone(side int, benchmark id) (met map[symbolName]id, err error) {
	if c.alone[side] == nil {
		p := []*program{c.old.p, c.new.p}[side]
		w := newWalk(p, p)
		w.linked = [2]*walk{c.linked[side], c.linked[side]}
		w.cutLists()
		if err := c.start(w); err != nil {
			return nil, err
		}
		c.alone[side] = w
	}
	w := c.alone[side]
	defer w.undo(len(w.log))
	if err := w.meet(benchmark, benchmark); err != nil {
		return nil, err
	}
	if err := w.run(); err != nil {
		return nil, err
	}
	met = map[symbolName]id{}
	for i, other := range w.pair {
		n := id(i)
		if other == 0 || !w.old.defined(n) {
			continue
		}
		s := w.old.symbol(n)
		made := strings.HasPrefix(s.name(), "type:") // by the compiler, to compare or hash values
		if !s.o.std && s.o.pkg != "main" && !made && (isText(s) || isVariable(s)) {
			met[symbolName{s.name(), s.abi()}] = n
		}
	}
	return met, nil
}

// isVariable reports whether a symbol is a variable that the source names, with a content that the compiler
// wrote. The compiler's own data have names with two dots, a colon or no dot at all.
func isVariable(s symbol) bool {
	kind, n := int64(s.kind()), s.o.f.numbers
	if kind != n["SDATA"] && kind != n["SNOPTRDATA"] {
		return false
	}
	name := s.name()
	return strings.Contains(name, ".") && !strings.Contains(name, "..") && !strings.Contains(name, ":")
}

// deepest is how many references sameAlone follows through data without a name of its own, such as an interface
// value that points to the head of a string, which points to its bytes.
const deepest = 4

// sameAlone reports whether two symbols have the same content, and refer to symbols of the same names.
func sameAlone(old, new *program, a, b id, depth int) bool {
	sa, sb := old.symbol(a), new.symbol(b)
	if sa.o == sb.o && sa.i == sb.i {
		return true
	}
	if sa.kind() != sb.kind() || sa.size() != sb.size() || !bytes.Equal(sa.data(), sb.data()) || depth == 0 {
		return false
	}
	w := &walk{old: old}
	relocsA, toA, _, _, errA := old.list(a)
	relocsB, toB, _, _, errB := new.list(b)
	if errA != nil || errB != nil {
		return false
	}
	relocsA, toA = w.linkedOnly(relocsA, toA)
	relocsB, toB = w.linkedOnly(relocsB, toB)
	return slices.EqualFunc(relocsA, relocsB, func(r, other reloc) bool {
		return r.off == other.off && r.kind == other.kind && r.rest == other.rest
	}) && slices.EqualFunc(toA, toB, func(ta, tb id) bool { return sameTarget(old, new, ta, tb, depth) })
}

// sameTarget reports whether two references are to the same symbol as far as a name tells, or else to the same
// content. The compiler numbers its temporaries, and data that objects share have a hash for a name.
func sameTarget(old, new *program, a, b id, depth int) bool {
	if a == 0 || b == 0 {
		return a == b
	}
	sa, sb := old.symbol(a), new.symbol(b)
	name := sa.name()
	if name == sb.name() && name != "" && !strings.Contains(name, "..") {
		return true
	}
	return !isText(sa) && !isText(sb) && old.defined(a) && new.defined(b) && sameAlone(old, new, a, b, depth-1)
}
