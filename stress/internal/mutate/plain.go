package mutate

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// The operators of this file are those for all code.

// conditions changes what ifs and loops decide.
//
// It stands for the check that was inverted, forgotten, or made for its side effect. The condition
// stays in the text, so its calls still run and its variables are still used: the mutant differs by
// the decision alone, and compiles wherever the original does.
func (w *walker) conditions() {
	condition := func(x ast.Expr, isLoop bool) {
		if x == nil {
			return
		}
		text := w.source(x)
		w.emit("negate", x, w.replace(x, "!("+text+")"))
		if w.calls(x) { // otherwise drop makes the same
			w.emit("ignore", x, w.replace(x, "("+text+") && false"))
		}
		if !isLoop { // a loop that does not end tests the clock of the tests
			w.emit("ignore", x, w.replace(x, "("+text+") || true"))
		}
	}
	each(w.file, func(s *ast.IfStmt) { condition(s.Cond, false) })
	each(w.file, func(s *ast.ForStmt) { condition(s.Cond, true) })
	each(w.file, func(s *ast.SwitchStmt) {
		for _, c := range s.Body.List {
			for _, x := range c.(*ast.CaseClause).List {
				if s.Tag == nil {
					condition(x, false)
				}
			}
		}
	})
	each(w.file, func(x *ast.BinaryExpr) {
		switch x.Op {
		case token.LAND, token.LOR:
			other := map[token.Token]string{token.LAND: "||", token.LOR: "&&"}[x.Op]
			w.emit("part", x, w.replace(x, w.source(x.X)))
			w.emit("part", x, w.replace(x, w.source(x.Y)))
			at := w.offset(x.OpPos)
			w.emit("part", x, edit{at, at + 2, other})
		default:
			w.comparison(x)
		}
	})
}

// calls reports whether the evaluation of x may do more than look. A conversion looks like a call
// and is none. A receive counts, because it takes a value.
func (w *walker) calls(x ast.Expr) bool {
	found := false
	each(x, func(c *ast.CallExpr) { found = found || !w.info.Types[c.Fun].IsType() })
	each(x, func(u *ast.UnaryExpr) { found = found || u.Op == token.ARROW })
	return found
}

// comparison moves the boundary of a comparison by one, in both directions. One direction is another
// operator; the other one is another right side.
//
// It stands for the count that is off by one at its limit: a semaphore that grants one permit too
// many, or never its last one. Only integers are changed: sizes, counts and indices have limits.
func (w *walker) comparison(x *ast.BinaryExpr) {
	if integer, _ := w.isInteger(x.X); !integer {
		return
	}
	at := w.offset(x.OpPos)
	other := func(op string) { w.emit("boundary", x, edit{at, at + len(x.Op.String()), op}) }
	side := func(by string) {
		w.emit("off-by-one", x, w.replace(x.Y, "("+w.source(x.Y)+by+")"))
	}
	switch x.Op {
	case token.LSS:
		other("<=")
		side("-1")
	case token.LEQ:
		other("<")
		side("+1")
	case token.GTR:
		other(">=")
		side("+1")
	case token.GEQ:
		other(">")
		side("-1")
	case token.EQL, token.NEQ:
		side("-1")
		side("+1")
	}
}

// numbers changes arithmetic, constants and widths. They are together because each changes an
// amount: of permits, of waiters, of bits.
func (w *walker) numbers() {
	w.arithmetic()
	each(w.file, func(x *ast.BasicLit) {
		if x.Kind == token.INT {
			w.constant(x)
		}
	})
	each(w.file, func(x *ast.SelectorExpr) {
		if c, ok := w.info.Uses[x.Sel].(*types.Const); ok && c.Val().Kind() == constant.Int {
			w.constant(x)
		}
	})
	w.widths()
}

// arithmetic exchanges an operator for its inverse or a similar operator: a counter that runs the
// wrong way, a permit that is taken where it should be given back. Sums of strings are left out of
// the expressions, and do not compile in the assignments.
func (w *walker) arithmetic() {
	swap := map[token.Token]string{
		token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*", token.SHL: ">>", token.SHR: "<<",
		token.AND: "|", token.OR: "&", token.XOR: "&", token.REM: "/",
		token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+=", token.INC: "--", token.DEC: "++",
	}
	at := func(n ast.Node, pos token.Pos, op token.Token) {
		if other := swap[op]; other != "" {
			from := w.offset(pos)
			w.emit("arithmetic", n, edit{from, from + len(op.String()), other})
		}
	}
	each(w.file, func(x *ast.BinaryExpr) {
		if integer, _ := w.isInteger(x); integer {
			at(x, x.OpPos, x.Op)
		}
	})
	each(w.file, func(s *ast.AssignStmt) {
		if len(s.Lhs) == 1 && s.Tok != token.ASSIGN && s.Tok != token.DEFINE {
			at(s, s.TokPos, s.Tok)
		}
	})
	each(w.file, func(s *ast.IncDecStmt) { at(s, s.TokPos, s.Tok) })
	each(w.file, func(x *ast.UnaryExpr) {
		if integer, _ := w.isInteger(x); integer && x.Op == token.SUB {
			w.emit("arithmetic", x, w.replace(x, w.source(x.X)))
		}
	})
}

// constant changes an integer constant. Twice zero and half of one are left out where they equal
// another change of it.
//
// Limits are tested at their value, one beside it, and far from it: a buffer of one more hides a
// lost wake-up that a buffer of half the size shows. A change that overflows the type of the
// constant, or divides by zero, does not compile.
func (w *walker) constant(x ast.Expr) {
	text := w.source(x)
	variants := []string{text + "*2", text + "/2", text + "+1", text + "-1"}
	switch text {
	case "0":
		// 0*2 and 0/2 are 0
		variants = variants[2:]
	case "1":
		// 1*2 is 1+1, and 1/2 is 1-1
		variants = []string{"2", "0"}
	case "2":
		// 2/2 is 2-1
		variants = []string{"4", "3", "1"}
	}
	for _, v := range variants {
		if len(v) > 1 && v != text {
			v = "(" + v + ")"
		}
		w.emit("constant", x, w.replace(x, v))
	}
}

// widths narrows what is assigned to integers: variables, fields of literals, and arguments of
// atomic stores.
//
// It stands for the count that is packed beside another one into a word, or kept in an int32
// because no test used more. All detectors that use small semaphores are blind for it, so the
// widths show which ones try large weights. A conversion to the narrow type and back keeps the type
// of the expression, and the mutant compiles. Constants are left out: the conversion of a constant
// that does not fit is an error of the compiler, and a constant that fits keeps its value.
func (w *walker) widths() {
	narrow := func(at ast.Node, target ast.Expr, edits func(wrap func(string) string) []edit) {
		_, wide := w.isInteger(target)
		if !wide {
			return
		}
		// "mutated" is the path under which compiler.check checks the package: its types need no
		// qualifier.
		name := types.TypeString(w.typeOf(target), func(p *types.Package) string {
			if p.Path() == "mutated" {
				return ""
			}
			return p.Name()
		})
		unsigned := ""
		if b := w.typeOf(target).Underlying().(*types.Basic); b.Info()&types.IsUnsigned != 0 {
			unsigned = "u"
		}
		for _, bits := range []int{32, 16, 8} {
			w.emit("width", at, edits(func(x string) string {
				return fmt.Sprintf("%s(%sint%d(%s))", name, unsigned, bits, x)
			})...)
		}
	}
	each(w.file, func(s *ast.AssignStmt) {
		for i, l := range s.Lhs {
			if len(s.Lhs) != len(s.Rhs) || w.isConstant(s.Rhs[i]) {
				continue
			}
			narrow(s, l, func(wrap func(string) string) []edit {
				if s.Tok == token.ASSIGN || s.Tok == token.DEFINE {
					return []edit{w.replace(s.Rhs[i], wrap(w.source(s.Rhs[i])))}
				}
				op := strings.TrimSuffix(s.Tok.String(), "=")
				return []edit{w.replace(s, w.source(l)+" = "+wrap(w.source(l)+op+"("+w.source(s.Rhs[i])+")"))}
			})
		}
	})
	each(w.file, func(s *ast.IncDecStmt) {
		narrow(s, s.X, func(wrap func(string) string) []edit {
			return []edit{w.replace(s, w.source(s.X)+" = "+wrap(w.source(s.X)+s.Tok.String()[:1]+"1"))}
		})
	})
	each(w.file, func(x *ast.KeyValueExpr) {
		if !w.isConstant(x.Value) {
			narrow(x, x.Value, func(wrap func(string) string) []edit {
				return []edit{w.replace(x.Value, wrap(w.source(x.Value)))}
			})
		}
	})
	each(w.file, func(x *ast.CallExpr) {
		recv, _, call := w.method(x)
		if call == nil || !strings.HasPrefix(recv, "sync/atomic.") || len(call.Args) == 0 {
			return
		}
		if last := call.Args[len(call.Args)-1]; !w.isConstant(last) {
			narrow(x, last, func(wrap func(string) string) []edit {
				return []edit{w.replace(last, wrap(w.source(last)))}
			})
		}
	})
}

// The checker has folded constant expressions, so 1<<20 is a constant as well as 7.
func (w *walker) isConstant(x ast.Expr) bool { return w.info.Types[x].Value != nil }

// mutatedError stands for an error that no code expects. A judge that only asks whether there is an
// error passes it; the contract names the error, so a judge has to compare.
const mutatedError = `
type mutatedError struct{}

func (mutatedError) Error() string { return "an error of the mutant" }
`

// returns changes the results of functions.
//
// It stands for the wrong answer after the right work: permits are taken and the caller is told
// otherwise, so they leak, or the caller is told that it has them. The errors of a context have two
// more wrong forms that tests often accept: a constant of package context in the place of the error
// of this context, and the cause in the place of the error.
func (w *walker) returns() {
	each(w.file, func(s *ast.ReturnStmt) {
		for _, x := range s.Results {
			text := w.source(x)
			switch {
			case text == "true":
				w.emit("return", x, w.replace(x, "false"))
			case text == "false":
				w.emit("return", x, w.replace(x, "true"))
			case isError(w.typeOf(x)):
				w.emit("return", x, w.replace(x, "error(nil)"))
				w.emit("return", x, w.replace(x, "error(mutatedError{})"), w.append(mutatedError))
				if w.imports("context") {
					w.emit("return", x, w.replace(x, "context.Canceled"))
				}
				if on, ok := strings.CutSuffix(text, ".Err()"); ok && w.imports("context") {
					w.emit("return", x, w.replace(x, "context.Cause("+on+")"))
				}
			// nil alone has no type: it may be an error, or a pointer, which cannot become an
			// error.
			case text == "nil" && w.returnsError(s, x):
				w.emit("return", x, w.replace(x, "mutatedError{}"), w.append(mutatedError))
			}
		}
	})
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// returnsError reports whether the result x of s has the type error in the enclosing function. The
// last function that the walk enters around s is the innermost one, so s returns its results.
func (w *walker) returnsError(s *ast.ReturnStmt, x ast.Expr) bool {
	index := slices.Index(s.Results, x)
	var results *ast.FieldList // of the innermost function around s
	ast.Inspect(w.file, func(n ast.Node) bool {
		if n == nil || s.Pos() < n.Pos() || s.End() > n.End() {
			return n != nil && n.Pos() == w.file.Pos()
		}
		switch n := n.(type) {
		case *ast.FuncDecl:
			results = n.Type.Results
		case *ast.FuncLit:
			results = n.Type.Results
		}
		return true
	})
	if results == nil {
		return false
	}
	var kinds []types.Type
	for _, f := range results.List {
		for range max(1, len(f.Names)) {
			kinds = append(kinds, w.typeOf(f.Type))
		}
	}
	return index < len(kinds) && isError(kinds[index])
}

// A renamed import does not count: the operators write the package's own name.
func (w *walker) imports(path string) bool {
	return slices.ContainsFunc(w.file.Imports, func(i *ast.ImportSpec) bool {
		return i.Name == nil && i.Path.Value == `"`+path+`"`
	})
}
