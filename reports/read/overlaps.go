package read

import (
	"bytes"
	"fmt"
	"slices"
)

// overlaps finds rows that may belong to either of two packages. Two runs of go test that write to one text
// at once, as under make -j or xargs -P, mix their lines, and no row names its package.
//
// go test itself runs the packages of a benchmark one after the other, also with -p 2: the header of a
// package comes after the line ok or FAIL of the package before. A line ok of an earlier package behind the
// header of another one proves that both ran at once.
//
// A text without such lines proves nothing, and its rows are read: many people keep the rows alone.
type overlaps struct {
	open   []opened // the packages without a line ok or FAIL, in the order of their headers
	goarch bool     // the line before was goarch, so a pkg line now is a header of go test
	spans  []overlap
}

type opened struct {
	pkg  string
	line int // the line of its header
}

type overlap struct {
	span
	first, second string
}

// add takes the next line that is no row.
func (o *overlaps) add(line []byte, number int) {
	if pkg, ok := bytes.CutPrefix(line, []byte("pkg: ")); ok && o.goarch {
		o.open = append(o.open, opened{string(bytes.TrimSpace(pkg)), number})
	}
	o.goarch = bytes.HasPrefix(line, []byte("goarch: "))
	if !bytes.HasPrefix(line, []byte("ok  \t")) && !bytes.HasPrefix(line, []byte("FAIL\t")) {
		return
	}
	fields := bytes.Fields(line)
	if len(fields) < 2 {
		return
	}
	i := slices.IndexFunc(o.open, func(p opened) bool { return p.pkg == string(fields[1]) })
	if i < 0 {
		return
	}
	if i < len(o.open)-1 {
		next := o.open[i+1]
		o.spans = append(o.spans, overlap{span{next.line, number}, o.open[i].pkg, next.pkg})
	}
	o.open = slices.Delete(o.open, i, i+1)
}

// message returns why the row in line is in no result, or "" if one package alone may have printed it.
func (o *overlaps) message(line int) string {
	for _, s := range o.spans {
		if s.from < line && line < s.to {
			return fmt.Sprintf("a row of %s or of %s, which ran at once (lines %d to %d): nothing says of which; run "+
				"one after the other, or write a text for each", s.first, s.second, s.from, s.to)
		}
	}
	return ""
}
