package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// A writer makes the instrumented text of one file.
type writer struct {
	pkg     *checked
	file    *ast.File
	text    []byte
	base    token.Pos               // of the first byte
	edits   []edit                  // by position; one that contains another comes first
	uses    map[string]string       // aliases of the packages that the text needs
	pairs   map[*ast.UnaryExpr]bool // receives of which the second value is wanted
	hidden  map[ast.Node]bool       // rewritten by what contains it
	refusal error
}

// An edit replaces a range. Its text may contain what is in the range, with the edits there.
type edit struct {
	from, till token.Pos
	text       func() string
}

// engineName is what the engine is called in instrumented files.
const engineName = "explore__"

func (w *writer) replace(from, till token.Pos, text func() string) {
	w.edits = append(w.edits, edit{from, till, text})
}

func (w *writer) sort() {
	slices.SortStableFunc(w.edits, func(a, b edit) int {
		if a.from != b.from {
			return int(a.from - b.from)
		}
		return int(b.till - a.till)
	})
}

// source returns the text of a range with the edits inside it.
func (w *writer) source(from, till token.Pos) string {
	var b strings.Builder
	at := from
	for i := w.firstEdit(from); i < len(w.edits) && w.edits[i].from < till; i++ {
		e := w.edits[i]
		if e.from < at || e.till > till || e.till < e.from {
			continue // inside one that was made, around the range, or being made
		}
		b.Write(w.text[at-w.base : e.from-w.base])
		b.WriteString(w.made(e, i))
		at = e.till
	}
	b.Write(w.text[at-w.base : till-w.base])
	return b.String()
}

// made returns the text of an edit. If lines were moved or lost, it says which line is next.
func (w *writer) made(e edit, i int) string {
	saved := w.edits[i]
	w.edits[i].till = w.edits[i].from - 1 // so that the range itself is not edited again
	text := e.text()
	w.edits[i] = saved
	old := w.text[e.from-w.base : e.till-w.base]
	if strings.Count(text, "\n") != strings.Count(string(old), "\n") || strings.Contains(text, "/*line ") {
		text += w.line(e.till)
	}
	return text
}

// line is a comment that says where what follows is, as //line has it.
func (w *writer) line(at token.Pos) string {
	p := w.pkg.fset.Position(at)
	return fmt.Sprintf("/*line :%d:%d*/", p.Line, p.Column)
}

// moved is the text of a node that gets to the line of from, with a comment if it was on another.
func (w *writer) moved(n ast.Node, from token.Pos) string {
	if w.pkg.fset.Position(n.Pos()).Line == w.pkg.fset.Position(from).Line {
		return w.node(n)
	}
	return w.line(n.Pos()) + w.node(n)
}

func (w *writer) firstEdit(from token.Pos) int {
	i, _ := slices.BinarySearchFunc(w.edits, from, func(e edit, pos token.Pos) int { return int(e.from - pos) })
	for i > 0 && w.edits[i-1].from == from {
		i--
	}
	return i
}

func (w *writer) node(n ast.Node) string { return w.source(n.Pos(), n.End()) }

// engine returns the name of the engine in this file, which then imports it.
func (w *writer) engine() string {
	w.uses[engineName] = engine + "/schedrt"
	return engineName
}

// whole returns the instrumented file, or nil if there is nothing to do in it.
func (w *writer) whole() []byte {
	if len(w.edits) == 0 {
		return nil
	}
	w.sort()
	name := w.file.Name.End()
	end := w.base + token.Pos(len(w.text))
	body := w.source(name, end)
	var b strings.Builder
	b.Write(w.text[:name-w.base])
	for _, alias := range slices.Sorted(maps.Keys(w.uses)) {
		fmt.Fprintf(&b, "; import %s %q", alias, w.uses[alias])
	}
	b.WriteString(body)
	b.WriteString(w.keepImports())
	return []byte(b.String())
}
