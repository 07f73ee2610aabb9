package rewrite

import (
	"go/ast"
	"go/types"
)

// Files that a program reads what it writes: the output of an Example, which go test compares with a
// comment, and the ends of os.Pipe. Both are an *os.File that code of the standard library may use. That
// code is not rewritten, so the file is replaced where it goes there as an argument, and fmt.Print and the
// like get a look-alike. A program with neither is not touched: its output has no reader, and each file
// that is rewritten is compiled again.

// readsOutput reports whether a program has an Example with output, or makes a pipe.
func readsOutput(all []*checked) bool {
	for _, c := range all {
		for _, o := range c.info.Uses {
			if f, ok := o.(*types.Func); ok && f.Pkg() != nil && f.Pkg().Path() == "os" && f.Name() == "Pipe" {
				return true
			}
		}
		if c.suite != nil && c.suite.tested() && len(c.suite.examples) > 0 {
			return true
		}
	}
	return false
}

// passFiles replaces the arguments of a call of the standard library that may be such a file.
func (w *writer) passFiles(call *ast.CallExpr) {
	if !w.pkg.readsOutput || w.pkg.Standard || call.Ellipsis.IsValid() {
		return
	}
	f := w.callee(call)
	if f == nil || f.Pkg() == nil || !w.pkg.isStandard(f.Pkg().Path()) {
		return
	}
	params := f.Signature().Params()
	for i, arg := range call.Args {
		if params.Len() == 0 || len(call.Args) < params.Len()-1 {
			return // f(g()), where g has several results
		}
		p := params.At(min(i, params.Len()-1)).Type()
		if s, ok := p.(*types.Slice); ok && f.Signature().Variadic() && i >= params.Len()-1 {
			p = s.Elem()
		}
		if named, ok := types.Unalias(p).(*types.Named); !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != "io" {
			continue
		}
		function := "PassedAs"
		switch t := w.pkg.info.TypeOf(arg); {
		case t == nil:
			continue
		case isOSFile(t):
			function = "Passed"
		case !types.IsInterface(t):
			continue
		}
		alias := w.use(lookAlikes["os"])
		w.replace(arg.Pos(), arg.End(), func() string { return alias + "." + function + "(" + w.node(arg) + ")" })
	}
}

// callee returns the function or method that a call names, nil for a function value.
func (w *writer) callee(call *ast.CallExpr) *types.Func {
	fun := ast.Unparen(call.Fun)
	switch index := fun.(type) {
	case *ast.IndexExpr:
		fun = index.X
	case *ast.IndexListExpr:
		fun = index.X
	}
	var id *ast.Ident
	switch fun := fun.(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		id = fun.Sel
	}
	f, _ := w.pkg.info.Uses[id].(*types.Func)
	return f
}

func isOSFile(t types.Type) bool { return types.TypeString(types.Unalias(t), nil) == "*os.File" }
