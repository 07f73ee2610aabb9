package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A writer makes the rewritten text of one file. It collects edits while it goes through the syntax
// tree, and applies them in the end. Printing a changed tree would be simpler, but would move
// lines: go/printer has its own idea of where comments and breaks belong. The work has two phases.
// visit collects edits in the order of the tree, and nothing is written. whole then sorts the edits
// and makes the text from the outside in. An edit may therefore be added for a node inside a range
// that an earlier edit replaces.
type writer struct {
	pkg       *checked
	file      *ast.File
	index     int // of the file in the package
	text      []byte
	base      token.Pos               // position of the first byte
	edits     []edit                  // by position; an edit comes before those inside it
	uses      map[string]string       // import paths that the text needs, by alias
	pairs     map[*ast.UnaryExpr]bool // receives with two results
	hidden    map[ast.Node]bool       // nodes that the edit around them rewrites
	initsSeen int                     // init functions that were renamed
	changed   map[types.Object]bool   // local variables that may change; see changes
	refusal   error                   // the first construct that cannot be rewritten
}

// An edit replaces a range. Its text may contain parts of the range, with the edits inside them: a
// select in a case of a select is rewritten, too. So the text is made when all edits are known.
// Ranges may be nested or disjoint, and never overlap in part: each is the range of a syntax node
// or of a gap between two of its parts.
type edit struct {
	from, till token.Pos
	text       func() string
}

// engineName is the alias of package schedrt in rewritten files. All names of the rewriter have two
// underscores, which no name of a program is likely to have.
const engineName = "explore__"

// replace adds an edit.
func (w *writer) replace(from, till token.Pos, text func() string) {
	w.edits = append(w.edits, edit{from, till, text})
}

// sort puts the edits in order for source. Stable: of equal ranges the edit of the outer node was
// added first.
func (w *writer) sort() {
	slices.SortStableFunc(w.edits, func(a, b edit) int {
		if a.from != b.from {
			return int(a.from - b.from)
		}
		return int(b.till - a.till)
	})
}

// source returns the text of a range with the edits inside it. It calls itself through the texts of
// edits. It must be called only after sort, from the text function of an edit or from whole. Each
// call scans the edits of its range, so the time is the number of edits times their depth.
//
// An edit that is skipped is not lost: it lies inside another edit, whose text contains it.
func (w *writer) source(from, till token.Pos) string {
	var b strings.Builder
	at := from
	for i := w.firstEdit(from); i < len(w.edits) && w.edits[i].from < till; i++ {
		e := w.edits[i]
		if e.from < at || e.till > till || e.till < e.from {
			continue // it is inside an edit that was made, around the range, or being made
		}
		b.Write(w.text[at-w.base : e.from-w.base])
		b.WriteString(w.made(e, i))
		at = e.till
	}
	b.Write(w.text[at-w.base : till-w.base])
	return b.String()
}

// made returns the text of an edit. If the text has another number of lines than the range, a line
// directive behind it restores the position. The directive has the position of the byte behind the
// range. So one edit that adds lines does not move the rest of the file, and the text function may
// use as many lines as it likes.
func (w *writer) made(e edit, i int) string {
	saved := w.edits[i]
	w.edits[i].till = w.edits[i].from - 1 // keeps source from applying this edit inside its own text
	text := e.text()
	w.edits[i] = saved
	old := w.text[e.from-w.base : e.till-w.base]
	if strings.Count(text, "\n") != strings.Count(string(old), "\n") ||
		strings.Contains(text, "/*line ") {
		text += w.line(e.till)
	}
	return text
}

// line returns a comment that sets the position of the text behind it, in the form /*line :n:m*/.
func (w *writer) line(at token.Pos) string {
	p := w.pkg.fset.Position(at)
	return fmt.Sprintf("/*line :%d:%d*/", p.Line, p.Column)
}

// moved returns the text of a node that moves to the line of from, with a line directive if it
// was on another line. So a panic in an argument reports the line of that argument, though the
// rewritten call is on one line.
func (w *writer) moved(n ast.Node, from token.Pos) string {
	if w.pkg.fset.Position(n.Pos()).Line == w.pkg.fset.Position(from).Line {
		return w.node(n)
	}
	return w.line(n.Pos()) + w.node(n)
}

// firstEdit returns the index of the first edit at or behind a position.
func (w *writer) firstEdit(from token.Pos) int {
	i, _ := slices.BinarySearchFunc(w.edits, from, func(e edit, pos token.Pos) int {
		return int(e.from - pos)
	})
	for i > 0 && w.edits[i-1].from == from {
		i--
	}
	return i
}

// node returns the text of a node with its edits.
func (w *writer) node(n ast.Node) string { return w.source(n.Pos(), n.End()) }

// engine returns the alias of package schedrt, and has the file import it.
func (w *writer) engine() string {
	w.uses[engineName] = engine + "/schedrt"
	return engineName
}
