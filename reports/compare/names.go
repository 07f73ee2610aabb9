package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"golang.org/x/perf/benchproc"
)

// noValue stands for a key that has no value.
const noValue = "(none)"

// splitConfiguration divides the configuration of the tables into the facts that all share and
// the other facts of each table. A key that some tables lack belongs to the others.
//
// The names of files are a key like others, but never a fact that all share.
func splitConfiguration(by *benchproc.Projection, tables []benchproc.Key) ([]Fact, [][]Fact) {
	var shared []Fact
	own := make([][]Fact, len(tables))
	for _, field := range by.FlattenedFields() {
		key := strings.TrimPrefix(field.Name, ".")
		first := tables[0].Get(field)
		differs := func(t benchproc.Key) bool { return t.Get(field) != first }
		if slices.ContainsFunc(tables, differs) {
			for i, t := range tables {
				own[i] = append(
					own[i], Fact{escape.Printable(key), orNoValue(escape.Printable(t.Get(field)))},
				)
			}
			continue
		}
		// The name of a single file describes no machine, and Log.Files has it.
		if first != "" && field.Name != ".file" {
			shared = append(shared, Fact{escape.Printable(key), escape.Printable(first)})
		}
	}
	return shared, own
}

func orNoValue(s string) string {
	if s == "" {
		return noValue
	}
	return s
}

// shortenRowNames gives every row a short name. Parts of the name that all rows of a table share
// do not tell the rows apart, so they go to Table.Common. A table of one row has nothing to
// compare with: there the parts shared by all tables go, and the parts that repeat the
// configuration of the table.
//
// Short names are for people. Every lookup uses Row.Name.
func shortenRowNames(c *Comparison) {
	everywhere := commonParts(c.Tables...)
	for _, t := range c.Tables {
		drop := slices.Clone(everywhere)
		if len(t.Rows) > 1 {
			drop = commonParts(t)
		}
		for _, f := range t.Config {
			drop = append(drop, "/"+f.Key+"="+f.Value)
		}
		if !t.dropNameParts(drop) {
			t.dropNameParts(nil)
		}
	}
}

// dropNameParts removes parts from the names of the rows. It reports false, and leaves the table
// to be shortened again, if two names become equal or a name becomes empty.
//
// Two rows may differ only in a part that is dropped, for instance if one name has it twice. The
// caller then keeps all parts.
func (t *Table) dropNameParts(drop []string) bool {
	seen := make(map[string]bool)
	for i, row := range t.Rows {
		var kept, dropped []string
		for _, p := range nameParts(row.Name) {
			if slices.Contains(drop, p) {
				dropped = append(dropped, partText(p))
			} else {
				kept = append(kept, partText(p))
			}
		}
		shape := strings.Join(kept, " ")
		if shape == "" || seen[shape] && drop != nil {
			return false
		}
		seen[shape] = true
		t.Rows[i].Shape, t.Common = shape, strings.Join(dropped, " ")
	}
	return true
}

// commonParts returns the parts that the name of every row contains.
//
// The list only shrinks, so the loop ends early in a text whose names share nothing.
func commonParts(tables ...*Table) []string {
	common := nameParts(tables[0].Rows[0].Name)
	for _, t := range tables {
		for _, row := range t.Rows {
			if len(common) == 0 {
				return nil
			}
			have := nameParts(row.Name)
			common = slices.DeleteFunc(common,
				func(p string) bool { return !slices.Contains(have, p) })
		}
	}
	return common
}

// nameParts splits Encode/format=json-2 into Encode, /format=json and -2. benchfmt.Name.Parts
// does the same with copies; there may be many rows, and the parts here share the name.
//
// A hyphen with digits at the end is GOMAXPROCS only by convention. A name that ends so by
// itself is split in the same way in every row, which does no harm.
func nameParts(name string) []string {
	rest, procs := name, ""
	if i := strings.LastIndexByte(name, '-'); i >= 0 && i < len(name)-1 && digits(name[i+1:]) {
		rest, procs = name[:i], name[i:]
	}
	list := make([]string, 0, strings.Count(rest, "/")+2)
	start := 0
	for i := range len(rest) {
		if rest[i] == '/' {
			list, start = append(list, rest[start:i]), i
		}
	}
	list = append(list, rest[start:])
	if procs != "" {
		list = append(list, procs)
	}
	return list
}

// digits reports whether s consists of decimal digits only.
func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// partText returns a part without its separator; the suffix -2 becomes gomaxprocs=2.
func partText(part string) string {
	if procs, ok := strings.CutPrefix(part, "-"); ok {
		return "gomaxprocs=" + procs
	}
	return strings.TrimPrefix(part, "/")
}

// Heading names t by the configuration that sets it apart: "workload: cpu".
func (t *Table) Heading() string {
	var list []string
	for _, f := range t.Config {
		list = append(list, f.Key+": "+f.Value)
	}
	return strings.Join(list, ", ")
}

// ShortName names t by the values of that configuration only: "cpu".
func (t *Table) ShortName() string {
	var list []string
	for _, f := range t.Config {
		if f.Value != noValue {
			list = append(list, f.Value)
		}
	}
	return strings.Join(list, " ")
}

// andList joins names: "a", "a and b", "a, b and c".
func andList(names []string) string { return list(names, " and ") }

// orList joins names: "a", "a or b", "a, b or c".
func orList(names []string) string { return list(names, " or ") }

// list joins names by commas, and the last one by word.
func list(names []string, word string) string {
	if most := 6; len(names) > most+1 { // a sentence with more names is a table
		names = append(names[:most:most], fmt.Sprintf("%d more", len(names)-most))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + word + names[last]
}
