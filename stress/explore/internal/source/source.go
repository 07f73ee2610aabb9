// Package source finds the expressions behind the operations of a program: the text that the
// source has at a position.
//
//	var files source.Files
//	for _, e := range files.At("/dir/f.go", 12) {
//		fmt.Println(e.Object, e.Method) // mu Lock
//	}
//
// A report can then say mu.Lock() and not just Lock of object 7. The package reads syntax only:
// types would take the whole build of a program, and a report must not fail because something does
// not compile.
//
// # What this does not show
//
// A line may have several expressions that an operation can be. The caller has to choose.
package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
)

// Files reads source files, each once. Its zero value is ready to use, in one goroutine. A file
// that cannot be read is remembered, too, and not tried again.
type Files struct{ known map[string]*file }

type file struct {
	lines []string
	exprs []Expr
}

// An Expr is an expression or statement that may be an operation on something that goroutines
// share.
type Expr struct {
	Method string // of a call, such as Lock; or Send, Recv, Range or Select
	Object string // the receiver, the channel, or the variable that gets the result
	Text   string // the whole expression, with function bodies left out
	Args   int    // number of arguments of a call

	from, till int // lines that At finds it on
}

// The methods of expressions that are no calls.
const (
	Send   = "<- send"
	Recv   = "<- receive"
	Range  = "range"
	Select = "select"
)

// Line returns a line of a file, counted from 1, and whether there is one.
func (s *Files) Line(name string, line int) (text string, ok bool) {
	f := s.file(name)
	if line < 1 || line > len(f.lines) {
		return "", false
	}
	return f.lines[line-1], true
}

// At returns the expressions that begin on a line, have their operator there, or lie between.
// Several on one line are in the order of the syntax tree. The cost is the number of expressions of
// the file.
func (s *Files) At(name string, line int) (all []Expr) {
	for _, e := range s.file(name).exprs {
		if e.from <= line && line <= e.till {
			all = append(all, e)
		}
	}
	return all
}

// file returns a file, without lines or expressions if it cannot be read or parsed. That is no
// error: a report without the words of a file is better than no report.
func (s *Files) file(name string) *file {
	if f := s.known[name]; f != nil {
		return f
	}
	if s.known == nil {
		s.known = map[string]*file{}
	}
	f := &file{}
	s.known[name] = f
	text, err := os.ReadFile(name)
	if err != nil {
		return f
	}
	f.lines = strings.Split(string(text), "\n")
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return f
	}
	r := &reader{file: f, set: set, tree: tree, text: text}
	ast.Inspect(tree, r.visit)
	return f
}

// A reader finds the expressions of a file.
type reader struct {
	file *file
	set  *token.FileSet
	tree *ast.File
	text []byte
}

// visit adds the expressions of one node. Every call is added, since a report may name a wrapper, such as a method
// of the program, as the operation.
func (r *reader) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		r.call(n, "")
	case *ast.AssignStmt:
		if call, ok := n.Rhs[0].(*ast.CallExpr); ok && len(n.Rhs) == 1 && makes(call) {
			r.call(call, r.show(n.Lhs[0]))
		}
	case *ast.SendStmt:
		r.add(n, n.Arrow, Expr{Method: Send, Object: r.show(n.Chan)})
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			r.add(n, n.OpPos, Expr{Method: Recv, Object: r.show(n.X)})
		}
	case *ast.RangeStmt:
		text := "range " + r.show(n.X)
		r.file.exprs = append(r.file.exprs, Expr{Method: Range, Object: r.show(n.X), Text: text,
			from: r.line(n.For), till: r.line(n.X.End())})
	case *ast.SelectStmt:
		r.choice(n)
	}
	return true
}

// makes reports whether a call may return something that goroutines share, such as a context or a
// timer, by the name of the function. Such a function has no receiver that is shared, so the
// variable is the best name of the object.
func makes(n *ast.CallExpr) bool {
	f, ok := n.Fun.(*ast.SelectorExpr)
	return ok && (strings.HasPrefix(f.Sel.Name, "With") || strings.HasPrefix(f.Sel.Name, "New") ||
		strings.HasPrefix(f.Sel.Name, "After"))
}

// call adds a call. assigned is the variable that gets the result, "" if there is none.
func (r *reader) call(n *ast.CallExpr, assigned string) {
	e := Expr{Object: assigned, Args: len(n.Args)}
	at := n.Lparen
	switch f := ast.Unparen(n.Fun).(type) {
	case *ast.SelectorExpr:
		e.Method, at = f.Sel.Name, f.Sel.Pos()
		if assigned == "" {
			e.Object = r.subject(f, n.Args)
		}
	case *ast.Ident:
		e.Method = f.Name
		if assigned == "" && len(n.Args) > 0 {
			e.Object = r.show(n.Args[0])
		}
	default:
		return
	}
	r.add(n, at, e)
}

// subject returns the receiver of a method, or the variable whose address a function of a package
// gets.
func (r *reader) subject(f *ast.SelectorExpr, args []ast.Expr) string {
	id, ok := f.X.(*ast.Ident)
	if !ok || !r.imported(id.Name) {
		return r.show(f.X)
	}
	if len(args) > 0 {
		if u, ok := args[0].(*ast.UnaryExpr); ok && u.Op == token.AND {
			return r.show(u.X)
		}
	}
	return ""
}

// imported reports whether a name may be the name of an imported package. Without types the name is
// guessed from the path: the end of its last element, or of the element before a version. The guess
// must begin a word of the element. Otherwise the receiver of c.Lock() would count as package sync.
func (r *reader) imported(name string) bool {
	for _, i := range r.tree.Imports {
		if i.Name != nil {
			if i.Name.Name == name {
				return true
			}
			continue
		}
		path := version.ReplaceAllString(strings.Trim(i.Path.Value, `"`), "")
		before, ok := strings.CutSuffix(path, name)
		if ok && (before == "" || strings.HasSuffix(before, "/") ||
			strings.HasSuffix(before, "-") || strings.HasSuffix(before, ".")) {
			return true
		}
	}
	return false
}

// version matches the version at the end of an import path: math/rand/v2, gopkg.in/yaml.v3.
var version = regexp.MustCompile(`[/.]v[0-9]+$`)

// choice adds a select, once for each of its channels, or once without an object if it has none.
// The syntax has one statement, and each of its channels is an object that may need a name.
func (r *reader) choice(n *ast.SelectStmt) {
	var cases, channels []string
	for _, clause := range n.Body.List {
		way, channel := "default", ""
		switch c := clause.(*ast.CommClause).Comm.(type) {
		case *ast.SendStmt:
			way, channel = r.show(c.Chan)+" <-", r.show(c.Chan)
		case *ast.ExprStmt:
			way, channel = r.show(c.X), r.received(c.X)
		case *ast.AssignStmt:
			way, channel = r.show(c.Rhs[0]), r.received(c.Rhs[0])
		}
		cases = append(cases, way)
		if channel != "" {
			channels = append(channels, channel)
		}
	}
	if len(channels) == 0 {
		channels = []string{""}
	}
	line := r.line(n.Select)
	for _, channel := range channels {
		r.file.exprs = append(r.file.exprs, Expr{Method: Select, Object: channel, from: line, till: line,
			Text: shortened("select { " + strings.Join(cases, " | ") + " }")})
	}
}

// received returns the channel of a receive, "" if the expression is none.
func (r *reader) received(e ast.Expr) string {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok {
		return r.show(u.X)
	}
	return ""
}

// add adds an expression, from the line where it begins to the line of its operator at. The
// compiler gives a call over several lines the position of its operator.
func (r *reader) add(n ast.Node, at token.Pos, e Expr) {
	e.Text = r.show(n)
	e.from, e.till = r.line(at), r.line(at)
	if start := r.line(n.Pos()); start < e.from {
		e.from = start
	}
	r.file.exprs = append(r.file.exprs, e)
}

// line returns the line of a position in the text that was read.
func (r *reader) line(p token.Pos) int { return r.set.PositionFor(p, false).Line }

// show returns the text of a node in one line, without function bodies. Function bodies are left
// out because a go statement or a Once would otherwise be longer than the report.
func (r *reader) show(n ast.Node) string {
	var b strings.Builder
	from := n.Pos()
	ast.Inspect(n, func(inner ast.Node) bool {
		if f, ok := inner.(*ast.FuncLit); ok {
			b.Write(r.between(from, f.Pos()))
			b.WriteString("func…")
			from = f.End()
			return false
		}
		return true
	})
	b.Write(r.between(from, n.End()))
	return shortened(strings.Join(strings.Fields(b.String()), " "))
}

// between returns the text between two positions.
func (r *reader) between(from, till token.Pos) []byte {
	base := r.tree.FileStart
	return r.text[from-base : till-base]
}

// longest is how many characters of an expression fit into a column.
const longest = 40

// shortened cuts text off after longest characters.
func shortened(text string) string {
	runes := []rune(text)
	if len(runes) <= longest {
		return text
	}
	return string(runes[:longest-1]) + "…"
}
